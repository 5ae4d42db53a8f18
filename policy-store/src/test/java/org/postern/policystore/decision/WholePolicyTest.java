package org.postern.policystore.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.ClientType;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.HostPattern;
import org.postern.policystore.Platform;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.RiskLevel;
import org.postern.policystore.SessionRule;
import org.postern.policystore.TestSeeds;
import org.postern.policystore.Transport;
import org.postern.policystore.Truth;
import org.postern.policystore.analysis.CarveOut;
import org.postern.policystore.analysis.Effects;
import org.postern.policystore.analysis.Population;
import org.postern.policystore.analysis.Reach;

/// Reach, effects of a change and carve-outs against the plain model, which is asked about one name
/// or address of every pattern, every port and everybody.
@ParameterizedClass
@MethodSource("seeds")
class WholePolicyTest {
  private static final int PORTS = 6;

  /// For each pattern a name or address that has no narrower one.
  private static final Map<String, String> SAMPLES =
      Map.ofEntries(
          Map.entry("a.x", "a.x"),
          Map.entry("b.x", "b.x"),
          Map.entry("*.x", "qq.x"),
          Map.entry("*.b.x", "qq.b.x"),
          Map.entry("*.a.b.x", "qq.a.b.x"),
          Map.entry("a.y", "a.y"),
          Map.entry("*.y", "qq.y"),
          Map.entry("x", "x"),
          Map.entry("*.z.y", "qq.z.y"),
          Map.entry("10.0.0.0/8", "10.77.0.1"),
          Map.entry("10.0.0.0/16", "10.0.77.1"),
          Map.entry("10.0.0.0/24", "10.0.0.77"),
          Map.entry("10.0.0.1", "10.0.0.1"),
          Map.entry("0.0.0.0/0", "99.0.0.1"),
          Map.entry("fd00::/8", "fd77::1"),
          Map.entry("fd00::1", "fd00::1"),
          Map.entry("::/0", "2001::1"));

  private final long seed;
  private final SplittableRandom random;

  WholePolicyTest(long seed) {
    this.seed = seed;
    this.random = new SplittableRandom(seed);
  }

  static LongStream seeds() {
    return TestSeeds.of(20260306, 18609261279884L);
  }

  private static String sample(HostPattern pattern) {
    String text = pattern.text();
    String found = SAMPLES.get(text.replaceAll("/(32|128)$", ""));
    if (found == null) {
      throw new AssertionError("no sample of " + text);
    }
    return found;
  }

  /// Patterns that cross others have no names that speak for all of them.
  private PolicyConfiguration configuration() {
    PolicyConfiguration whole = new RandomPolicy(random).configuration();
    List<Application> applications = new ArrayList<>();
    for (Application each : whole.applications()) {
      List<HostPattern> hosts =
          each.hosts().stream().filter(host -> !(host instanceof HostPattern.Glob)).toList();
      applications.add(
          new Application(
              each.name(),
              hosts.isEmpty() ? List.of(new HostPattern.ExactName("a.x")) : hosts,
              each.tcp(),
              each.udp(),
              each.connectorGroups(),
              each.obligations(),
              each.traits()));
    }
    return whole.withApplications(applications);
  }

  private static Access access(Decision decision) {
    return switch (decision) {
      case Decision.Allow allow -> Access.ALLOWED;
      case Decision.StepUp stepUp -> Access.STEP_UP;
      case Decision.RequireApproval approval -> Access.APPROVAL;
      case Decision.Deny deny -> Access.NONE;
    };
  }

  private static Access hard(Access access) {
    return access == Access.POSSIBLE ? Access.NONE : access;
  }

  private static Decision ask(
      NaiveModel model,
      Population.Member who,
      Facts facts,
      String host,
      int port,
      Transport t,
      long now) {
    return model.decide(
        new NaiveModel.Question(who.userId(), who.deviceId(), facts, host, port, t, now));
  }

  private static Access best(
      NaiveModel model, Application application, Population.Member who, Facts facts, long now) {
    Access best = Access.NONE;
    for (HostPattern host : application.hosts()) {
      for (Transport transport : Transport.values()) {
        for (int port = 1; port <= PORTS; port++) {
          int asked = port;
          boolean own =
              application.ports(transport).stream().anyMatch(range -> range.contains(asked));
          Access access =
              own
                  ? access(ask(model, who, facts, sample(host), port, transport, now))
                  : Access.NONE;
          best = access.compareTo(best) > 0 ? access : best;
        }
      }
    }
    return best;
  }

  /// What was unknown comes out somehow.
  private Facts completed(Facts facts) {
    Map<String, Truth> posture = new HashMap<>(facts.posture());
    for (String profile : RandomPolicy.PROFILES) {
      if (posture.getOrDefault(profile, Truth.UNKNOWN) == Truth.UNKNOWN) {
        posture.put(profile, random.nextBoolean() ? Truth.TRUE : Truth.FALSE);
      }
    }
    return new Facts(
        facts.clientType() == null ? pick(List.of(ClientType.values())) : facts.clientType(),
        facts.platform() == null ? pick(List.of(Platform.values())) : facts.platform(),
        posture,
        facts.source() == null
            ? RandomPolicy.range(pick(List.of("192.0.2.7", "198.51.100.1")))
            : facts.source(),
        facts.trustedNetworks() == null
            ? random.nextBoolean() ? Set.of() : Set.of("lab")
            : facts.trustedNetworks(),
        facts.country() == null ? pick(RandomPolicy.COUNTRIES) : facts.country(),
        facts.risk() == null ? pick(List.of(RiskLevel.values())) : facts.risk());
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  private static Population population(
      RandomPeople people, PolicyConfiguration before, PolicyConfiguration after, long now) {
    IdentityState real = people.identities();
    Map<String, Facts> facts = new HashMap<>();
    for (DeviceRecord device : real.devices().values()) {
      facts.put(device.id(), people.facts());
    }
    return Population.of(
        real,
        before,
        after,
        device -> facts.getOrDefault(device.id(), Facts.NONE),
        people.facts(),
        java.time.Instant.ofEpochMilli(now));
  }

  @Test
  void reachIsWhatTheModelAnswersAndNobodyIsSaidToReachNothingWhoMight() {
    int possible = 0;
    for (int world = 0; world < 150; world++) {
      PolicyConfiguration configuration = configuration();
      RandomPeople people = new RandomPeople(random);
      long now = people.moment().toEpochMilli();
      Population population = population(people, configuration, configuration, now);
      NaiveModel model = new NaiveModel(configuration, population.after());
      Snapshot snapshot = Snapshot.build(1, configuration, population.after());
      Map<String, Map<String, Access>> byApplication = new HashMap<>();
      for (Population.Member who : population.members()) {
        SubjectView view = snapshot.subject(who.userId(), who.deviceId(), who.facts());
        for (Reach.Reached each : Reach.of(snapshot, view, Access.NONE, now)) {
          String what = "seed %s world %s %s %s".formatted(seed, world, who, each);
          assertThat(hard(each.access()))
              .as(what)
              .isEqualTo(best(model, each.application(), who, who.facts(), now));
          byApplication
              .computeIfAbsent(each.application().name(), _ -> new TreeMap<>())
              .merge(who.userId(), each.access(), (a, b) -> a.compareTo(b) > 0 ? a : b);
          possible += each.access() == Access.POSSIBLE ? 1 : 0;
          for (int i = 0; i < 3 && each.access() == Access.NONE; i++) {
            assertThat(best(model, each.application(), who, completed(who.facts()), now))
                .as(what)
                .isEqualTo(Access.NONE);
          }
        }
      }
      for (Application application : configuration.applications()) {
        Map<String, Access> reachers = new TreeMap<>();
        Reach.to(snapshot, population, application, Access.NONE, now)
            .forEach(each -> reachers.put(each.member().userId(), each.access()));
        assertThat(reachers)
            .as("seed %s world %s", seed, world)
            .isEqualTo(byApplication.getOrDefault(application.name(), Map.of()));
      }
    }
    assertThat(possible).isGreaterThan(500);
  }

  /// Some kinds of the one, some of another, and the rules in another order.
  private PolicyConfiguration changed(PolicyConfiguration from) {
    PolicyConfiguration other = configuration();
    PolicyConfiguration to = from;
    if (random.nextInt(3) == 0) {
      to = to.withApplications(other.applications());
    }
    if (random.nextInt(3) == 0) {
      to = to.withGroups(other.groups()).withApplicationGroups(other.applicationGroups());
    }
    if (random.nextInt(4) == 0) {
      to = to.withPostureProfiles(List.of()).withTrustedNetworks(other.trustedNetworks());
    }
    if (random.nextInt(4) == 0) {
      to = to.withSessionRules(other.sessionRules());
    }
    if (random.nextInt(6) == 0) {
      to = to.withIdentityProviders(other.identityProviders());
    }
    List<AccessRule> rules = new ArrayList<>(from.rules());
    rules.remove(random.nextInt(rules.size()));
    if (random.nextInt(3) == 0) {
      rules.set(random.nextInt(rules.size()), other.rules().getFirst());
    } else {
      RandomOrder.change(random, rules);
    }
    if (random.nextInt(4) == 0) {
      List<SessionRule> sessions = new ArrayList<>(to.sessionRules());
      RandomOrder.change(random, sessions);
      to = to.withSessionRules(sessions);
    }
    Map<String, AccessRule> named = new LinkedHashMap<>();
    rules.forEach(rule -> named.putIfAbsent(rule.name(), rule));
    return random.nextInt(8) == 0 ? to : to.withRules(List.copyOf(named.values()));
  }

  @Test
  void effectsAreExactlyWhatAskingEverybodyAboutEverythingFinds() {
    int losses = 0;
    int gains = 0;
    for (int world = 0; world < 250; world++) {
      PolicyConfiguration old = configuration();
      PolicyConfiguration now = changed(old);
      RandomPeople people = new RandomPeople(random);
      long at = people.moment().toEpochMilli();
      Population population = population(people, old, now, at);
      Snapshot before = Snapshot.build(1, old, population.before());
      Snapshot after = Snapshot.build(2, now, population.after());
      Effects effects = Effects.between(before, after, population, at, Long.MAX_VALUE);
      assertThat(effects.complete()).isTrue();
      Set<String> said = new TreeSet<>();
      for (Effects.Effect effect : effects.effects()) {
        for (Effects.Who who : effect.who()) {
          said.add(effect.kind() + " " + effect.application() + " " + who.kind() + " " + who.id());
        }
        losses += effect.kind() == Effects.Kind.LOSES ? effect.who().size() : 0;
        gains += effect.kind() == Effects.Kind.GAINS ? effect.who().size() : 0;
      }
      assertThat(said)
          .as("seed %s world %s", seed, world)
          .isEqualTo(brute(before, after, population, at));
    }
    System.out.println("seed " + seed + ": " + losses + " losses and " + gains + " gains agree");
    assertThat(losses).isGreaterThan(500);
    assertThat(gains).isGreaterThan(200);
  }

  private Set<String> brute(Snapshot before, Snapshot after, Population population, long at) {
    NaiveModel old = new NaiveModel(before.configuration(), population.before());
    NaiveModel now = new NaiveModel(after.configuration(), population.after());
    Map<String, HostPattern> patterns = new TreeMap<>();
    for (Snapshot each : List.of(before, after)) {
      each.configuration()
          .applications()
          .forEach(a -> a.hosts().forEach(host -> patterns.put(host.text(), host)));
    }
    Set<String> found = new TreeSet<>();
    for (HostPattern pattern : patterns.values()) {
      String host = sample(pattern);
      Spot oldSpot = before.spot(pattern);
      Spot newSpot = after.spot(pattern);
      for (Population.Member who : population.members()) {
        SubjectView oldView = before.subject(who.userId(), who.deviceId(), who.facts());
        SubjectView newView = after.subject(who.userId(), who.deviceId(), who.facts());
        for (Transport transport : Transport.values()) {
          for (int port = 1; port <= PORTS; port++) {
            Access was = oldSpot.access(oldView, port, transport, at);
            Access is = newSpot.access(newView, port, transport, at);
            assertThat(hard(was))
                .as("seed %s %s %s", seed, host, who)
                .isEqualTo(access(ask(old, who, who.facts(), host, port, transport, at)));
            assertThat(hard(is))
                .as("seed %s %s %s", seed, host, who)
                .isEqualTo(access(ask(now, who, who.facts(), host, port, transport, at)));
            if (was != is) {
              NaiveModel owning = was.compareTo(is) > 0 ? old : now;
              found.add(
                  (was.compareTo(is) > 0 ? "LOSES " : "GAINS ")
                      + owning.matches(host, port, transport).getFirst().name()
                      + " "
                      + who.kind()
                      + " "
                      + who.id());
            }
          }
        }
      }
    }
    return found;
  }

  @Test
  void carveOutsAreExactlyTheHostsThatAnApplicationStillCoversAndNoLongerHas() {
    int count = 0;
    for (int world = 0; world < 1_000; world++) {
      PolicyConfiguration old = configuration();
      PolicyConfiguration now = old.withApplications(configuration().applications());
      Set<String> said = new TreeSet<>();
      for (CarveOut each :
          CarveOut.between(
              Snapshot.build(1, old, IdentityState.EMPTY),
              Snapshot.build(2, now, IdentityState.EMPTY))) {
        said.add(each.host() + " " + each.from());
        assertThat(each.text()).contains(each.host(), each.from());
        assertThat(each.takers()).isNotEmpty().doesNotContain(each.from());
      }
      Set<String> brute = new TreeSet<>();
      NaiveModel before = new NaiveModel(old, IdentityState.EMPTY);
      NaiveModel after = new NaiveModel(now, IdentityState.EMPTY);
      for (Application taker : now.applications()) {
        for (HostPattern host : taker.hosts()) {
          String name = sample(host);
          for (Application from : now.applications()) {
            if (takesPart(before, from.name(), name)
                && !takesPart(after, from.name(), name)
                && isAlone(now, from, name)) {
              brute.add(host.text() + " " + from.name());
            }
          }
        }
      }
      count += brute.size();
      assertThat(said).as("seed %s world %s", seed, world).isEqualTo(brute);
    }
    assertThat(count).isGreaterThan(50);
  }

  private static boolean takesPart(NaiveModel model, String name, String host) {
    Set<String> there = new HashSet<>();
    for (Transport transport : Transport.values()) {
      for (int port = 1; port <= PORTS; port++) {
        model.matches(host, port, transport).forEach(a -> there.add(a.name()));
      }
    }
    return there.contains(name);
  }

  /// Whether it would have the host if there were no other application.
  private static boolean isAlone(
      PolicyConfiguration configuration, Application application, String host) {
    NaiveModel alone =
        new NaiveModel(configuration.withApplications(List.of(application)), IdentityState.EMPTY);
    return takesPart(alone, application.name(), host);
  }
}
