package org.postern.acceptance.path;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.postern.policystore.AccessRule;
import org.postern.policystore.AddressRange;
import org.postern.policystore.Application;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.Obligations;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.decision.Snapshot;

/**
 * One user, one device, two connector groups, an application that is allowed and one that is not.
 */
final class Policies {
  private static final HostPattern ECHO = new HostPattern.ExactName("echo.corp.internal");

  private Policies() {}

  static Snapshot allowing(long version, int port) {
    return build(version, port, AccessRule.Action.ALLOW, false);
  }

  /** The allowed application has these addresses too. */
  static Snapshot allowing(long version, int port, String addresses) {
    List<HostPattern> hosts =
        List.of(ECHO, new HostPattern.Addresses(AddressRange.parse(addresses).orElseThrow()));
    return build(version, port, AccessRule.Action.ALLOW, false, hosts);
  }

  static Snapshot denying(long version, int port) {
    return build(version, port, AccessRule.Action.DENY, false);
  }

  static Snapshot revoked(long version, int port) {
    return build(version, port, AccessRule.Action.ALLOW, true);
  }

  private static Snapshot build(long version, int port, AccessRule.Action action, boolean revoked) {
    return build(version, port, action, revoked, List.of(ECHO));
  }

  private static Snapshot build(
      long version, int port, AccessRule.Action action, boolean revoked, List<HostPattern> hosts) {
    Obligations loopback = new Obligations(Duration.ZERO, Duration.ZERO, true, false, false);
    List<PortRange> ports = List.of(new PortRange(port, port));
    PolicyConfiguration configuration =
        new PolicyConfiguration(
            List.of("corp.internal"),
            List.of(new ConnectorGroup("vpc-a"), new ConnectorGroup("vpc-b")),
            List.of(
                new Application("echo", hosts, ports, ports, List.of("vpc-a"), loopback),
                new Application(
                    "secret",
                    List.of(new HostPattern.ExactName("secret.corp.internal")),
                    ports,
                    List.of(),
                    List.of("vpc-b"),
                    loopback)),
            List.of(),
            List.of(
                new AccessRule(
                    "everybody",
                    action,
                    List.of("echo"),
                    new RuleMatch.Subjects(true, List.of(), List.of()))),
            List.of(
                new IdentityProvider(
                    "idp",
                    "https://idp.example",
                    "postern",
                    new ClientSecret.None(),
                    "groups",
                    List.of(),
                    false)));
    return Snapshot.build(version, configuration, people(revoked));
  }

  private static IdentityState people(boolean revoked) {
    Instant now = Instant.now();
    return new IdentityState(
        Map.of(
            "u1",
            new UserRecord("u1", "idp", "s1", "alice@example.com", "Alice", false, List.of())),
        Map.of(
            "d1",
            new DeviceRecord("d1", "u1", "laptop", "linux", "00", DeviceRecord.State.REGISTERED),
            "d2",
            new DeviceRecord("d2", "u1", "tablet", "linux", "00", DeviceRecord.State.REGISTERED)),
        Map.of(
            "d1",
            new SessionRecord("x1", "u1", "d1", "idp", now, now.plusSeconds(3600), revoked),
            "d2",
            new SessionRecord("x2", "u1", "d2", "idp", now, now.plusSeconds(3600), revoked)),
        Map.of(
            "c1",
            new ConnectorRecord("c1", "vpc-a", "one", "00", ConnectorRecord.State.ENROLLED),
            "c2",
            new ConnectorRecord("c2", "vpc-b", "two", "00", ConnectorRecord.State.ENROLLED),
            "c3",
            new ConnectorRecord("c3", "vpc-a", "three", "00", ConnectorRecord.State.ENROLLED)));
  }
}
