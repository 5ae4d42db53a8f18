package org.postern.policystore.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.postern.policystore.AccessRule;
import org.postern.policystore.AddressRange;
import org.postern.policystore.Application;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.Group;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.Obligations;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.Transport;
import org.postern.policystore.UserRecord;

/// The engine and the plain model agree, on small worlds where everything collides.
class SnapshotModelTest {
  private static final List<String> NAMES =
      List.of(
          "a.x",
          "b.x",
          "a.b.x",
          "c.a.b.x",
          "x",
          "b",
          "a.y",
          "A.B.x",
          "a.x.",
          "a..x",
          "",
          ".x",
          "aa.x",
          "10.0.0.1",
          "10.0.1.1",
          "10.1.2.3",
          "10.0.0.1.",
          "fd00::1",
          "FD00:0::0:1",
          "::ffff:10.0.0.1",
          "fd00:1::2",
          "010.0.0.1",
          "10.1",
          "é.x",
          "z.z.z.y");
  private static final List<String> PATTERNS =
      List.of(
          "a.x",
          "b.x",
          "*.x",
          "*.b.x",
          "*.a.b.x",
          "a.y",
          "*.y",
          "x",
          "*.z.y",
          "10.0.0.0/8",
          "10.0.0.0/16",
          "10.0.0.0/24",
          "10.0.0.1",
          "0.0.0.0/0",
          "fd00::/8",
          "fd00::1",
          "::/0");
  private static final List<String> GROUPS = List.of("g0", "g1", "g2", "g3");

  private final long seed = Long.getLong("postern.test.seed", 20260301);
  private final SplittableRandom random = new SplittableRandom(seed);

  @Test
  void engineAndModelAgree() {
    int allowed = 0;
    for (int world = 0; world < 400; world++) {
      PolicyConfiguration configuration = configuration();
      IdentityState identities = identities();
      NaiveModel model = new NaiveModel(configuration, identities);
      Snapshot snapshot = Snapshot.build(world, configuration, identities);
      Snapshot other = Snapshot.build(world, PolicyConfiguration.EMPTY, identities);
      for (int i = 0; i < 150; i++) {
        int user = random.nextInt(6);
        NaiveModel.Question q =
            new NaiveModel.Question(
                "u" + user,
                "d" + (random.nextInt(10) == 0 ? random.nextInt(6) : user),
                pick(NAMES),
                random.nextInt(1, random.nextInt(4) == 0 ? 8 : 4),
                random.nextInt(3) == 0 ? Transport.UDP : Transport.TCP,
                random.nextInt(0, random.nextInt(4) == 0 ? 25 : 4));
        Snapshot viewed = random.nextInt(10) == 0 ? other : snapshot;
        SubjectView view = viewed.subject(q.userId(), q.deviceId());
        Decision expected = model.decide(q);
        Decision actual = snapshot.decide(view, q.host(), q.port(), q.transport(), q.nowMillis());
        assertThat(actual)
            .as("seed %s world %s question %s in %s", seed, world, q, configuration)
            .isEqualTo(expected);
        assertThat(snapshot.match(q.host(), q.port(), q.transport()))
            .isEqualTo(model.match(q.host(), q.port(), q.transport()));
        checkResolved(snapshot.resolve(view, q.host(), q.nowMillis()), q, expected);
        allowed += expected instanceof Decision.Allow ? 1 : 0;
      }
      checkPlans(snapshot, model);
    }
    assertThat(allowed).isGreaterThan(1_000);
  }

  private static void checkResolved(
      Optional<ResolvedName> resolved, NaiveModel.Question q, Decision decision) {
    boolean open =
        resolved.stream()
            .flatMap(name -> (q.transport() == Transport.TCP ? name.tcp() : name.udp()).stream())
            .anyMatch(range -> range.contains(q.port()));
    assertThat(open).as(q.toString()).isEqualTo(decision instanceof Decision.Allow);
  }

  /// A plan shows the hosts of the applications that the rules allow, except below our domains, and
  /// nothing else.
  private void checkPlans(Snapshot snapshot, NaiveModel model) {
    for (int i = 0; i < 6; i++) {
      String user = "u" + i;
      NamePlan plan = snapshot.namePlan(snapshot.subject(user, "d" + i), 5);
      Set<String> expected = new HashSet<>();
      boolean good =
          model.refusal(new NaiveModel.Question(user, "d" + i, "", 1, Transport.TCP, 5)).isEmpty();
      for (Application application : snapshot.configuration().applications()) {
        if (good && model.decide(user, application) instanceof Decision.Allow) {
          application.hosts().forEach(host -> expected.add(host.text()));
        }
      }
      expected.removeIf(name -> name.endsWith(".y"));
      Set<String> shown = new HashSet<>(plan.names());
      shown.addAll(plan.cidrs());
      assertThat(shown).as("seed %s", seed).isEqualTo(expected);
      assertThat(plan.domains()).containsExactly("y");
    }
  }

  private PolicyConfiguration configuration() {
    List<Application> applications = new ArrayList<>();
    Map<String, Integer> portsTaken = new HashMap<>();
    for (int i = 0; i < random.nextInt(1, 7); i++) {
      Set<String> patterns = new HashSet<>();
      for (int j = 0; j < random.nextInt(1, 4); j++) {
        patterns.add(pick(PATTERNS));
      }
      // Every claim of a host has ports of its own, as the document door demands.
      int low =
          1 + 2 * patterns.stream().mapToInt(p -> portsTaken.getOrDefault(p, 0)).max().orElse(0);
      patterns.forEach(p -> portsTaken.put(p, low / 2 + 1));
      List<PortRange> ports = List.of(new PortRange(low, low + 1));
      applications.add(
          new Application(
              "app" + i,
              patterns.stream().map(SnapshotModelTest::pattern).toList(),
              ports,
              random.nextBoolean() ? ports : List.of(),
              List.of("vpc"),
              Obligations.NONE));
    }
    List<AccessRule> rules = new ArrayList<>();
    int count = random.nextInt(10) == 0 ? 70 : random.nextInt(2, 12);
    for (int i = 0; i < count; i++) {
      Set<String> names = new HashSet<>();
      for (int j = 0; j < random.nextInt(1, 4); j++) {
        names.add(applications.get(random.nextInt(applications.size())).name());
      }
      RuleMatch.Subjects subjects =
          switch (random.nextInt(4)) {
            case 0 -> new RuleMatch.Subjects(true, List.of(), List.of());
            case 1 -> new RuleMatch.Subjects(false, List.of(), List.of(email(random.nextInt(6))));
            default -> new RuleMatch.Subjects(false, List.of(pick(GROUPS)), List.of());
          };
      rules.add(
          new AccessRule(
              "rule" + i,
              random.nextInt(3) == 0 ? AccessRule.Action.DENY : AccessRule.Action.ALLOW,
              List.copyOf(names),
              subjects));
    }
    List<Group> groups =
        List.of(
            new Group("g0", List.of(email(0), email(1))),
            new Group("g1", List.of()),
            new Group("g2", List.of(email(2))));
    return new PolicyConfiguration(
        List.of("y"), List.of(new ConnectorGroup("vpc")), applications, groups, rules, providers());
  }

  private List<IdentityProvider> providers() {
    List<IdentityProvider> providers = new ArrayList<>();
    providers.add(provider("p0", random.nextBoolean() ? List.of() : List.of("even.test")));
    if (random.nextBoolean()) {
      providers.add(provider("p1", random.nextBoolean() ? List.of() : List.of("odd.test")));
    }
    return providers;
  }

  private static IdentityProvider provider(String name, List<String> domains) {
    return new IdentityProvider(
        name, "https://x", "c", new ClientSecret.None(), "groups", domains, false);
  }

  private static String email(int user) {
    return "u" + user + (user % 2 == 0 ? "@even.test" : "@odd.test");
  }

  private IdentityState identities() {
    Map<String, UserRecord> users = new HashMap<>();
    Map<String, DeviceRecord> devices = new HashMap<>();
    Map<String, SessionRecord> sessions = new HashMap<>();
    for (int i = 0; i < 6; i++) {
      String user = "u" + i;
      String provider = "p" + random.nextInt(2);
      if (random.nextInt(20) != 0) {
        users.put(
            user,
            new UserRecord(
                user,
                provider,
                user,
                email(i),
                user,
                random.nextInt(12) == 0,
                random.nextBoolean() ? List.of(pick(GROUPS)) : List.of()));
      }
      devices.put(
          "d" + i,
          new DeviceRecord(
              "d" + i,
              user,
              "x",
              "y",
              "k" + i,
              random.nextInt(12) == 0
                  ? DeviceRecord.State.QUARANTINED
                  : DeviceRecord.State.REGISTERED));
      if (random.nextInt(12) != 0) {
        sessions.put(
            "d" + i,
            new SessionRecord(
                "s" + i,
                user,
                "d" + i,
                provider,
                Instant.EPOCH,
                Instant.ofEpochMilli(random.nextInt(3, 20)),
                random.nextInt(12) == 0));
      }
    }
    return new IdentityState(users, devices, sessions, Map.of());
  }

  private static HostPattern pattern(String text) {
    if (text.startsWith("*.")) {
      return new HostPattern.WildcardName(text.substring(2));
    }
    return AddressRange.parse(text)
        .<HostPattern>map(HostPattern.Addresses::new)
        .orElseGet(() -> new HostPattern.ExactName(text));
  }

  private String pick(List<String> from) {
    return from.get(random.nextInt(from.size()));
  }
}
