package org.postern.policystore.decision;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
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
import org.postern.policystore.UserRecord;

/// A large policy out of a seed: the sizes of a big company, for measuring.
public final class SyntheticPolicy {
  /// How much of everything.
  public record Size(
      int applications, int rules, int groups, int groupsPerUser, int users, int namesPerRule) {
    /// What the product promises its speed for.
    public static final Size LARGE = new Size(10_000, 2_000, 1_000, 50, 200, 20);
  }

  private SyntheticPolicy() {}

  /// Applications with a name, one in ten with a wildcard, one in twenty with a range of addresses;
  /// rules for three groups each, one in ten denies.
  public static PolicyConfiguration configuration(Size size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Application> applications = new ArrayList<>();
    for (int i = 0; i < size.applications(); i++) {
      List<HostPattern> hosts = new ArrayList<>();
      hosts.add(new HostPattern.ExactName(host(i)));
      if (i % 10 == 0) {
        hosts.add(new HostPattern.WildcardName("zone" + i + ".corp.internal"));
      }
      if (i % 20 == 0) {
        hosts.add(
            new HostPattern.Addresses(
                AddressRange.parse("10." + (i / 20 / 256) + "." + (i / 20 % 256) + ".0/24")
                    .orElseThrow()));
      }
      applications.add(
          new Application(
              "app" + i,
              hosts,
              List.of(new PortRange(443, 443), new PortRange(8000, 8100)),
              List.of(new PortRange(53, 53)),
              List.of("vpc"),
              Obligations.NONE));
    }
    List<Group> groups = new ArrayList<>();
    for (int i = 0; i < size.groups(); i++) {
      groups.add(new Group("group" + i, List.of()));
    }
    List<AccessRule> rules = new ArrayList<>();
    for (int i = 0; i < size.rules(); i++) {
      TreeSet<String> names = new TreeSet<>();
      for (int j = 0; j < size.namesPerRule(); j++) {
        names.add("app" + random.nextInt(size.applications()));
      }
      TreeSet<String> who = new TreeSet<>();
      for (int j = 0; j < 3; j++) {
        who.add("group" + random.nextInt(size.groups()));
      }
      rules.add(
          new AccessRule(
              "rule" + i,
              i % 10 == 9 ? AccessRule.Action.DENY : AccessRule.Action.ALLOW,
              List.copyOf(names),
              new RuleMatch.Subjects(false, List.copyOf(who), List.of())));
    }
    return new PolicyConfiguration(
        List.of("corp.internal"),
        List.of(new ConnectorGroup("vpc")),
        applications,
        groups,
        rules,
        List.of(
            new IdentityProvider(
                "corp", "https://x", "c", new ClientSecret.None(), "groups", List.of(), false)));
  }

  /// Users `u0`, `u1`, ... each with a device `d0`, ... and a session that never ends.
  public static IdentityState identities(Size size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, UserRecord> users = new HashMap<>();
    Map<String, DeviceRecord> devices = new HashMap<>();
    Map<String, SessionRecord> sessions = new HashMap<>();
    for (int i = 0; i < size.users(); i++) {
      TreeSet<String> groups = new TreeSet<>();
      while (groups.size() < size.groupsPerUser()) {
        groups.add("group" + random.nextInt(size.groups()));
      }
      String user = "u" + i;
      String device = "d" + i;
      users.put(
          user,
          new UserRecord(user, "corp", user, user + "@x.y", user, false, List.copyOf(groups)));
      devices.put(
          device,
          new DeviceRecord(device, user, "laptop", "linux", device, DeviceRecord.State.REGISTERED));
      sessions.put(
          device,
          new SessionRecord(
              "s" + i,
              user,
              device,
              "corp",
              Instant.EPOCH,
              Instant.parse("2999-01-01T00:00:00Z"),
              false));
    }
    return new IdentityState(users, devices, sessions, Map.of());
  }

  /// The name of an application.
  public static String host(int application) {
    return "host" + application + ".team" + application % 97 + ".corp.internal";
  }
}
