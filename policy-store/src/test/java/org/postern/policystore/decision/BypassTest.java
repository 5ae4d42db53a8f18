package org.postern.policystore.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.postern.policystore.AddressRange;
import org.postern.policystore.ClientType;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;
import org.postern.policystore.yaml.PolicyParser;

/// What a device is to leave alone, and what is ours all the same.
class BypassTest {
  /// A Friday, 11:59:59 in Berlin.
  private static final Instant NOW = Instant.parse("2026-03-27T10:59:59Z");

  private static final IdentityState PEOPLE =
      new IdentityState(
          Map.of("u1", new UserRecord("u1", "corp", "s", "a@example.com", "A", false, List.of())),
          Map.of(
              "d1",
              new DeviceRecord("d1", "u1", "laptop", "linux", "00", DeviceRecord.State.REGISTERED)),
          Map.of(
              "d1",
              new SessionRecord("x1", "u1", "d1", "corp", NOW, NOW.plusSeconds(86_400), false)),
          Map.of());

  private static Snapshot snapshot(String applications, String rules) {
    String text =
        """
        version: 1
        domains: [corp.internal]
        connectorGroups: [{name: vpc}]
        trustedNetworks: [{name: office, sources: [192.0.2.0/24]}]
        applications:
        %s
        rules:
          - {name: all, action: allow, applications: [open], anyone: true}
        %s
        identityProviders:
          - {name: corp, issuer: "https://idp.example", clientId: postern}
        """
            .formatted(applications.indent(2), rules);
    PolicyParser.Result read = new PolicyParser(PolicyLimits.DEFAULT).parse(text);
    assertThat(read).isInstanceOf(PolicyParser.Result.Parsed.class);
    PolicyConfiguration configuration =
        ((PolicyParser.Result.Parsed) read).document().over(PolicyConfiguration.EMPTY);
    return Snapshot.build(1, configuration, PEOPLE);
  }

  private static SubjectView from(Snapshot snapshot, String source) {
    Facts facts =
        new Facts(
            ClientType.CLIENT,
            null,
            Map.of(),
            AddressRange.parse(source).orElse(null),
            null,
            null,
            null);
    return snapshot.subject("u1", "d1", facts);
  }

  private static SubjectView view(Snapshot snapshot) {
    return from(snapshot, "198.51.100.1");
  }

  private static boolean bypassed(Snapshot snapshot, String host) {
    return snapshot.isBypassed(view(snapshot), host, NOW.toEpochMilli());
  }

  private static NamePlan plan(Snapshot snapshot) {
    return snapshot.namePlan(view(snapshot), NOW.toEpochMilli());
  }

  @Test
  void narrowestApplicationSpeaksForAName() {
    Snapshot snapshot =
        snapshot(
            """
            - {name: open, hosts: ["*.corp.internal", deep.print.corp.internal], tcp: [443],
               connectorGroups: [vpc]}
            - {name: printers, hosts: ["*.print.corp.internal"], tcp: [443],
               connectorGroups: [vpc], bypass: always}
            """,
            "");
    assertThat(bypassed(snapshot, "one.print.corp.internal")).isTrue();
    assertThat(bypassed(snapshot, "deep.print.corp.internal")).isFalse();
    assertThat(bypassed(snapshot, "wiki.corp.internal")).isFalse();
    assertThat(snapshot.resolve(view(snapshot), "one.print.corp.internal", NOW.toEpochMilli()))
        .isEmpty();
    assertThat(plan(snapshot).bypassed()).containsExactly("*.print.corp.internal");
    assertThat(plan(snapshot).names())
        .as("what would be taken away by the bypass is told, nothing else below our domain is")
        .containsExactly("deep.print.corp.internal");
  }

  @Test
  void trustedNetworkIsJudgedByTheAddressThatTheBrokerSees() {
    Snapshot snapshot =
        snapshot(
            """
            - {name: open, hosts: [wiki.corp.internal], tcp: [443], connectorGroups: [vpc],
               bypass: on-trusted-network}
            """,
            "");
    assertThat(
            snapshot.isBypassed(
                from(snapshot, "192.0.2.7"), "wiki.corp.internal", NOW.toEpochMilli()))
        .isTrue();
    assertThat(bypassed(snapshot, "wiki.corp.internal")).isFalse();
  }

  @Test
  void interceptingOnlyWhatIsAllowedLeavesTheRestAlone() {
    Snapshot snapshot =
        snapshot(
            """
            - {name: open, hosts: [wiki.corp.internal], tcp: [443], connectorGroups: [vpc]}
            - {name: shut, hosts: [hr.corp.internal], tcp: [443], connectorGroups: [vpc]}
            - {name: other, hosts: [pay.corp.internal], tcp: [443], connectorGroups: [vpc]}
            """,
            """
            forwardingRules:
              - {name: polite, forwarding: intercept-allowed, applications: [open, shut],
                 anyone: true}
            """);
    assertThat(bypassed(snapshot, "hr.corp.internal")).isTrue();
    assertThat(bypassed(snapshot, "wiki.corp.internal")).isFalse();
    assertThat(bypassed(snapshot, "pay.corp.internal")).as("no rule says so").isFalse();
    assertThat(plan(snapshot).bypassed()).containsExactly("hr.corp.internal");
  }

  @Test
  void bypassedRangeIsCutOutOfAWiderOneThatIsOurs() {
    Snapshot snapshot =
        snapshot(
            """
            - {name: open, hosts: [10.0.0.0/8], tcp: [443], connectorGroups: [vpc]}
            - {name: printers, hosts: [10.128.0.0/9, 10.3.0.0/16], tcp: [443],
               connectorGroups: [vpc], bypass: always}
            """,
            "");
    Set<String> cidrs = Set.copyOf(plan(snapshot).cidrs());
    assertThat(cidrs)
        .containsExactlyInAnyOrder(
            "10.0.0.0/15",
            "10.2.0.0/16",
            "10.4.0.0/14",
            "10.8.0.0/13",
            "10.16.0.0/12",
            "10.32.0.0/11",
            "10.64.0.0/10");
  }

  @Test
  void planIsMadeAnewAtTheInstantAtWhichATimeWindowOpens() {
    Snapshot snapshot =
        snapshot(
            """
            - {name: open, hosts: [wiki.corp.internal], tcp: [443], connectorGroups: [vpc]}
            """,
            """
            forwardingRules:
              - name: lunch
                forwarding: bypass
                applications: [open]
                anyone: true
                when: [{times: ["fri 12:00-13:00 Europe/Berlin"]}]
            """);
    SubjectView view = view(snapshot);
    long next = snapshot.reconsiderPlanAt(view, NOW.toEpochMilli());
    assertThat(Instant.ofEpochMilli(next)).isEqualTo(NOW.plusSeconds(1));
    assertThat(snapshot.isBypassed(view, "wiki.corp.internal", next - 1)).isFalse();
    assertThat(snapshot.isBypassed(view, "wiki.corp.internal", next)).isTrue();
    assertThat(snapshot.namePlan(view, next).bypassed()).containsExactly("wiki.corp.internal");
    assertThat(Instant.ofEpochMilli(snapshot.reconsiderPlanAt(view, next)))
        .isEqualTo(NOW.plusSeconds(3_601));
  }
}
