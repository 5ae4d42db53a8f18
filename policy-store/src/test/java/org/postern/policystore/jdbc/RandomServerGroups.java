package org.postern.policystore.jdbc;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.postern.policystore.Application;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.Server;
import org.postern.policystore.ServerGroup;

/// Gives a random configuration server groups, and applications that are served from them.
final class RandomServerGroups {
  private static final List<String> SERVERS =
      List.of("10.9.0.1", "10.9.0.2:8443", "[2001:db8::1]:443", "db1.vpc.local");

  private final SplittableRandom random;

  RandomServerGroups(SplittableRandom random) {
    this.random = random;
  }

  PolicyConfiguration over(PolicyConfiguration plain) {
    List<ServerGroup> groups = new ArrayList<>();
    int count = random.nextInt(0, 4);
    for (int i = 0; i < count; i++) {
      List<Server> servers =
          SERVERS.stream()
              .filter(text -> random.nextBoolean())
              .map(text -> Server.parse(text).orElseThrow())
              .toList();
      String connectorGroup = random.nextBoolean() ? "vpc-a" : "vpc-b";
      groups.add(
          new ServerGroup("servers" + i, servers.isEmpty(), servers, List.of(connectorGroup)));
    }
    return plain
        .withServerGroups(groups)
        .withApplications(
            plain.applications().stream().map(each -> perhapsServed(each, groups)).toList());
  }

  private Application perhapsServed(Application plain, List<ServerGroup> groups) {
    if (groups.isEmpty() || random.nextBoolean()) {
      return plain;
    }
    Application served =
        plain.withServerGroups(List.of(groups.get(random.nextInt(groups.size())).name()));
    return random.nextBoolean() ? served : served.withConnectorGroups(List.of());
  }
}
