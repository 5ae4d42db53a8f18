package org.postern.policystore.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.Transport;
import org.postern.policystore.UserRecord;
import org.postern.policystore.analysis.Finding;
import org.postern.policystore.analysis.Lint;
import org.postern.policystore.yaml.PolicyParser;

/** Session and forwarding rules count what they did, and lint looks them over as well. */
class RuleCountsTest {
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");

  private static PolicyConfiguration configuration(String rules) {
    String document =
        """
        version: 1
        domains: [corp.internal]
        connectorGroups: [{name: vpc-a}]
        applications:
          - {name: wiki, hosts: [wiki.corp.internal], tcp: [80], connectorGroups: [vpc-a]}
          - {name: shop, hosts: [shop.corp.internal], tcp: [80], connectorGroups: [vpc-a]}
        identityProviders: [{name: corp, issuer: "https://idp.example", clientId: x}]
        rules: [{name: all, action: allow, anyApplication: true, anyone: true}]
        """
            + rules;
    return switch (new PolicyParser(PolicyLimits.DEFAULT).parse(document)) {
      case PolicyParser.Result.Parsed(var parsed) -> parsed.over(PolicyConfiguration.EMPTY);
      case PolicyParser.Result.Failed(var errors) -> throw new AssertionError(errors.toString());
    };
  }

  private static Snapshot snapshot(String rules) {
    return Snapshot.build(
        1,
        configuration(rules),
        new IdentityState(
            Map.of("u", new UserRecord("u", "corp", "s", "a@example.com", "A", false, List.of())),
            Map.of("d", new DeviceRecord("d", "u", "", "linux", "", DeviceRecord.State.REGISTERED)),
            Map.of(
                "d", new SessionRecord("x", "u", "d", "corp", NOW, NOW.plusSeconds(9_999), false)),
            Map.of()));
  }

  private static void ask(Snapshot snapshot, String host) {
    snapshot.decideAndCount(
        snapshot.subject("u", "d"), host, 80, Transport.TCP, NOW.toEpochMilli());
  }

  @Test
  void sessionRuleCountsWhenItSetsTheTimesAndWhatItWouldHaveSet() {
    Snapshot snapshot =
        snapshot(
            """
            sessionRules:
              - {name: trial, applications: [wiki], anyone: true, maxAge: 5m, mode: report-only}
              - {name: idle, applications: [wiki], anyone: true, idleTimeout: 5m}
              - {name: late, applications: [wiki], anyone: true, maxAge: 1m}
              - {name: same, applications: [shop], anyone: true, maxAge: 1h, mode: report-only}
              - {name: hour, applications: [shop], anyone: true, maxAge: 1h}
            """);
    ask(snapshot, "wiki.corp.internal");
    ask(snapshot, "wiki.corp.internal");
    ask(snapshot, "shop.corp.internal");
    ask(snapshot, "nobody.corp.internal");
    long at = NOW.toEpochMilli();
    assertThat(snapshot.takeCounts())
        .containsOnly(
            Map.entry("all", new RuleCounts(3, 0, 0, at)),
            Map.entry("trial", new RuleCounts(0, 2, 2, at)),
            Map.entry("idle", new RuleCounts(2, 0, 0, at)),
            Map.entry("same", new RuleCounts(0, 1, 0, at)),
            Map.entry("hour", new RuleCounts(1, 0, 0, at)));
  }

  @Test
  void forwardingRuleCountsOnceForEachPlanThatItShapes() {
    Snapshot snapshot =
        snapshot(
            """
            forwardingRules:
              - {name: trial, applications: [wiki], anyone: true, forwarding: bypass,
                 mode: report-only}
              - {name: ours, anyApplication: true, anyone: true, forwarding: intercept}
              - {name: never, applications: [shop], anyone: true, forwarding: bypass}
            """);
    SubjectView view = snapshot.subject("u", "d");
    snapshot.namePlan(view, NOW.toEpochMilli());
    assertThat(snapshot.takeCounts()).isEmpty();
    snapshot.namePlanAndCount(view, NOW.toEpochMilli());
    long at = NOW.toEpochMilli();
    assertThat(snapshot.takeCounts())
        .containsOnly(
            Map.entry("trial", new RuleCounts(0, 1, 1, at)),
            Map.entry("ours", new RuleCounts(1, 0, 0, at)));
  }

  @Test
  void lintFindsSessionAndForwardingRulesThatNeverDecide() {
    PolicyConfiguration configuration =
        configuration(
            """
            sessionRules:
              - {name: s1, anyApplication: true, anyone: true, maxAge: 1h}
              - {name: s2, applications: [wiki], anyone: true, maxAge: 1m}
            forwardingRules:
              - {name: f1, applications: [wiki], anyone: true, forwarding: intercept}
              - {name: f2, applications: [wiki], anyone: true, forwarding: intercept}
            """);
    List<Finding> findings =
        Lint.of(configuration, List.of(), Map.of("all", new RuleCounts(1, 0, 0, 1)));
    assertThat(findings)
        .extracting(each -> each.kind() + " " + each.subject())
        .contains(
            "CONTRADICTING s2",
            "SHADOWED f2",
            "NEVER_HIT s1",
            "NEVER_HIT s2",
            "NEVER_HIT f1",
            "NEVER_HIT f2")
        .doesNotContain("NEVER_HIT all", "SHADOWED s1", "SHADOWED f1");
  }
}
