package org.postern.policystore.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.postern.policystore.AccessRule;
import org.postern.policystore.AddressRange;
import org.postern.policystore.Application;
import org.postern.policystore.Condition;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.HostPattern;
import org.postern.policystore.Operand;
import org.postern.policystore.Platform;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.Rule;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.RuleMode;
import org.postern.policystore.TestSeeds;
import org.postern.policystore.Transport;
import org.postern.policystore.Truth;
import org.postern.policystore.decision.Decision;
import org.postern.policystore.decision.Facts;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.decision.RandomPeople;
import org.postern.policystore.decision.RandomPolicy;
import org.postern.policystore.decision.RuleCounts;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.decision.SubjectView;

@ParameterizedClass
@MethodSource("seeds")
class LintTest {
  private final long seed;
  private final SplittableRandom random;

  LintTest(long seed) {
    this.seed = seed;
    this.random = new SplittableRandom(seed);
  }

  static LongStream seeds() {
    return TestSeeds.of(20260304);
  }

  /// Every person, on every application's own exact names, at many moments with many facts.
  @Test
  void ruleThatIsSaidToBeCoveredNeverDecides() {
    int covered = 0;
    for (int world = 0; world < 300; world++) {
      PolicyConfiguration configuration = new RandomPolicy(random).configuration();
      RandomPeople people = new RandomPeople(random);
      IdentityState identities = people.identities();
      Set<String> named = new HashSet<>();
      for (Finding finding : Lint.of(configuration, List.of(), Map.of())) {
        boolean shadow =
            finding.kind() == Finding.Kind.SHADOWED || finding.kind() == Finding.Kind.CONTRADICTING;
        if (shadow) {
          named.add(finding.subject());
        }
      }
      covered += named.size();
      Snapshot snapshot = Snapshot.build(1, configuration, identities);
      for (int i = 0; i < 20; i++) {
        for (int person = 0; person < RandomPeople.COUNT; person++) {
          String device = "d" + person;
          long now = people.moment().toEpochMilli();
          SubjectView view = snapshot.subject("u" + person, device, people.facts());
          for (Application application : configuration.applications()) {
            for (HostPattern host : application.hosts()) {
              for (PortRange range : application.tcp()) {
                Decision decision =
                    snapshot.decide(view, name(host), range.low(), Transport.TCP, now);
                if (decision.rule() != null) {
                  assertThat(named)
                      .as("seed %s world %s", seed, world)
                      .doesNotContain(decision.rule().name());
                }
              }
            }
          }
        }
      }
    }
    System.out.println("seed " + seed + ": " + covered + " covered rules never decided");
    assertThat(covered).isGreaterThan(50);
  }

  private static Set<String> subjects(List<Finding> findings, Finding.Kind kind) {
    Set<String> subjects = new TreeSet<>();
    findings.stream().filter(each -> each.kind() == kind).forEach(f -> subjects.add(f.subject()));
    return subjects;
  }

  /// Whatever was asked, the rules that did nothing are exactly those that are said to be never
  /// hit.
  @Test
  void ruleIsSaidToBeNeverHitExactlyWhenItDecidedNothing() {
    for (int world = 0; world < 100; world++) {
      PolicyConfiguration configuration = new RandomPolicy(random).configuration();
      RandomPeople people = new RandomPeople(random);
      Snapshot snapshot = Snapshot.build(1, configuration, people.identities());
      Set<String> decided = new HashSet<>();
      for (int i = 0; i < 200; i++) {
        int person = random.nextInt(RandomPeople.COUNT);
        Decision decision =
            snapshot.decideAndCount(
                snapshot.subject("u" + person, "d" + person, people.facts()),
                random.nextBoolean() ? "a.x" : "10.0.0.1",
                random.nextInt(1, 5),
                Transport.TCP,
                people.moment().toEpochMilli());
        if (decision.rule() != null) {
          decided.add(decision.rule().name());
        }
      }
      Map<String, RuleCounts> counts = snapshot.takeCounts();
      Set<String> idle = new TreeSet<>();
      List<Rule> every = new ArrayList<>(configuration.rules());
      every.addAll(configuration.sessionRules());
      every.addAll(configuration.forwardingRules());
      for (Rule rule : every) {
        RuleCounts count = counts.get(rule.name());
        boolean reported = count != null && count.reports() > 0;
        if (!(rule instanceof AccessRule) && count != null && count.hits() > 0) {
          decided.add(rule.name());
        }
        if (!(rule.mode() instanceof RuleMode.Off) && !decided.contains(rule.name()) && !reported) {
          idle.add(rule.name());
        }
      }
      assertThat(subjects(Lint.of(configuration, List.of(), counts), Finding.Kind.NEVER_HIT))
          .as("seed %s world %s", seed, world)
          .isEqualTo(idle);
    }
  }

  /// Each platform that a rule is about, each of its posture conditions alone, every result that
  /// profiles can come to: a rule is named exactly when one of them can never hold somewhere.
  @Test
  void ruleIsSaidToLeaveAPlatformUncoveredExactlyWhenNoReportCouldMeetIt() {
    int found = 0;
    for (int world = 0; world < 300; world++) {
      PolicyConfiguration configuration = new RandomPolicy(random).configuration();
      Set<String> uncovered =
          subjects(Lint.of(configuration, List.of(), Map.of()), Finding.Kind.UNCOVERED_PLATFORM);
      for (AccessRule rule : configuration.rules()) {
        if (rule.match().conditions().stream().anyMatch(LintTest::wantsUnknown)) {
          continue;
        }
        boolean brute = false;
        for (Platform platform : Platform.values()) {
          boolean asked = true;
          boolean answerable = true;
          for (Condition condition : rule.match().conditions()) {
            if (condition.operand() instanceof Operand.Platforms) {
              asked &= canAllow(configuration, condition, platform);
            } else if (condition.operand() instanceof Operand.Posture) {
              answerable &= canAllow(configuration, condition, platform);
            }
          }
          brute |= asked && !answerable;
        }
        found += brute ? 1 : 0;
        assertThat(uncovered.contains(rule.name()))
            .as("seed %s world %s %s", seed, world, rule)
            .isEqualTo(brute);
      }
    }
    assertThat(found).isGreaterThan(20);
  }

  private static boolean wantsUnknown(Condition condition) {
    return condition.operand() instanceof Operand.Posture(var results)
        && (results.stream().anyMatch(each -> each.result() == Truth.UNKNOWN)
            || (condition.negated() && deniesBoth(results)));
  }

  /// Neither true nor false: unknown, in other words. It can be known and cannot hold.
  private static boolean deniesBoth(List<Operand.PostureResult> results) {
    Set<String> either = new HashSet<>();
    results.stream().filter(r -> r.result() == Truth.TRUE).forEach(r -> either.add(r.profile()));
    return results.stream()
        .anyMatch(r -> r.result() == Truth.FALSE && either.contains(r.profile()));
  }

  /// Found by chance: `not: true, posture: [edr, edr=false]` in a rule that denies.
  @Test
  void denialOfWhoeverReportsNothingLeavesNoPlatformOut() {
    List<Operand.PostureResult> either =
        List.of(
            new Operand.PostureResult("edr", Truth.TRUE),
            new Operand.PostureResult("edr", Truth.FALSE));
    AccessRule rule =
        new AccessRule(
            "report-first",
            AccessRule.Action.DENY,
            new RuleMatch(
                RuleMatch.Targets.ANY,
                RuleMatch.Subjects.ANYONE,
                List.of(new Condition(true, new Operand.Posture(either)))),
            RuleMode.ENFORCE,
            AccessRule.Terms.NONE);
    PolicyConfiguration configuration = new RandomPolicy(random).configuration();
    assertThat(
            subjects(
                Lint.of(configuration.withRules(List.of(rule)), List.of(), Map.of()),
                Finding.Kind.UNCOVERED_PLATFORM))
        .doesNotContain("report-first");
  }

  /// Whether the condition alone lets somebody in on this platform, for any posture.
  private static boolean canAllow(
      PolicyConfiguration configuration, Condition condition, Platform platform) {
    PolicyConfiguration alone =
        configuration
            .withApplications(
                List.of(
                    new Application(
                        "all",
                        List.of(new HostPattern.ExactName("a.x")),
                        List.of(new PortRange(1, 1)),
                        List.of(),
                        List.of("vpc-a"),
                        org.postern.policystore.Obligations.NONE)))
            .withSessionRules(List.of())
            .withRules(
                List.of(
                    new AccessRule(
                        "alone",
                        AccessRule.Action.ALLOW,
                        new RuleMatch(
                            RuleMatch.Targets.ANY,
                            new RuleMatch.Subjects(false, List.of(), List.of(), List.of("builder")),
                            List.of(condition)),
                        RuleMode.ENFORCE,
                        AccessRule.Terms.NONE)));
    Snapshot snapshot = Snapshot.build(1, alone, IdentityState.EMPTY);
    for (Truth disk : Truth.values()) {
      for (Truth edr : Truth.values()) {
        Facts facts =
            new Facts(null, platform, Map.of("disk", disk, "edr", edr), null, null, null, null);
        if (snapshot.decide(snapshot.workload("builder", facts), "a.x", 1, Transport.TCP, 1)
            instanceof Decision.Allow) {
          return true;
        }
      }
    }
    return false;
  }

  /// Every name below the suffix is tried, as far as a hundred random ones are every name; of
  /// addresses the first and the last of the sixteen bits.
  @Test
  void applicationIsSaidToBeWideExactlyWhenItCoversAllOfADomainOrNetwork() {
    for (int world = 0; world < 100; world++) {
      PolicyConfiguration configuration = new RandomPolicy(random).configuration();
      Set<String> wide = subjects(Lint.of(configuration, List.of(), Map.of()), Finding.Kind.WIDE);
      for (Application application : configuration.applications()) {
        boolean brute = false;
        boolean globs = false;
        for (HostPattern host : application.hosts()) {
          brute |=
              switch (host) {
                case HostPattern.ExactName exact -> false;
                case HostPattern.WildcardName(String suffix) -> suffix.indexOf('.') < 0;
                case HostPattern.Glob glob -> false;
                case HostPattern.Addresses(var range) ->
                    range.ipv6()
                        ? List.of("::/0", "fd00::/8").contains(range.toString())
                        : holdsSixteenBits(range);
              };
          globs |= host instanceof HostPattern.Glob;
        }
        if (!globs) {
          assertThat(wide.contains(application.name()))
              .as("seed %s %s", seed, application)
              .isEqualTo(brute);
        }
      }
    }
  }

  private static boolean holdsSixteenBits(AddressRange range) {
    return range.contains(AddressRange.parse("10.0.0.0").orElseThrow())
        && range.contains(AddressRange.parse("10.0.255.255").orElseThrow());
  }

  /// One connector after the other is taken away.
  @Test
  void groupIsSaidToHaveOneConnectorExactlyWhenLosingOneLosesItsApplications() {
    for (int world = 0; world < 100; world++) {
      PolicyConfiguration configuration = new RandomPolicy(random).configuration();
      List<ConnectorRecord> connectors = new ArrayList<>();
      for (int i = 0; i < random.nextInt(4); i++) {
        connectors.add(
            new ConnectorRecord(
                "c" + i,
                random.nextBoolean() ? "vpc-a" : "vpc-b",
                "",
                "",
                random.nextInt(3) == 0
                    ? ConnectorRecord.State.REVOKED
                    : ConnectorRecord.State.ENROLLED));
      }
      Set<String> expected = new TreeSet<>();
      for (ConnectorGroup group : configuration.connectorGroups()) {
        boolean serves =
            configuration.applications().stream()
                .anyMatch(each -> each.connectorGroups().contains(group.name()));
        boolean lost = connectors.isEmpty();
        for (int gone = 0; gone < connectors.size(); gone++) {
          List<ConnectorRecord> left = new ArrayList<>(connectors);
          left.remove(gone);
          lost |=
              left.stream()
                  .noneMatch(each ->
                      each.group().equals(group.name())
                          && each.state() == ConnectorRecord.State.ENROLLED);
        }
        if (serves && lost) {
          expected.add(group.name());
        }
      }
      assertThat(
              subjects(Lint.of(configuration, connectors, Map.of()), Finding.Kind.SINGLE_CONNECTOR))
          .as("seed %s %s", seed, connectors)
          .isEqualTo(expected);
    }
  }

  private static String name(HostPattern host) {
    return host.text().replace("*", "q").replace("?", "q").replaceAll("/.*", "");
  }
}
