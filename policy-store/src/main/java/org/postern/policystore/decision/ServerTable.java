package org.postern.policystore.decision;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.postern.policystore.Application;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.Server;
import org.postern.policystore.ServerGroup;

/// Which connector groups reach an application, and what they dial for it.
final class ServerTable {
  private final Map<String, ServerGroup> groups = new HashMap<>();
  private final Map<String, Map<String, DialTargets>> targets = new HashMap<>();

  ServerTable(PolicyConfiguration configuration) {
    configuration.serverGroups().forEach(each -> groups.put(each.name(), each));
  }

  /// The application with the connector groups that it has in the end.
  Application complete(Application written) {
    if (written.serverGroups().isEmpty()) {
      return written;
    }
    List<ServerGroup> named =
        written.serverGroups().stream().filter(groups::containsKey).map(groups::get).toList();
    boolean own = !written.connectorGroups().isEmpty();
    Set<String> connectorGroups = new TreeSet<>(written.connectorGroups());
    if (!own) {
      named.forEach(each -> connectorGroups.addAll(each.connectorGroups()));
    }
    Map<String, DialTargets> byConnectorGroup = new HashMap<>();
    for (String connectorGroup : connectorGroups) {
      byConnectorGroup.put(
          connectorGroup,
          of(
              named.stream()
                  .filter(each -> own || each.connectorGroups().contains(connectorGroup))
                  .toList()));
    }
    targets.put(written.name(), Map.copyOf(byConnectorGroup));
    return written.withConnectorGroups(List.copyOf(connectorGroups));
  }

  private static DialTargets of(List<ServerGroup> groups) {
    Set<Server> servers = new LinkedHashSet<>();
    groups.forEach(each -> servers.addAll(each.servers()));
    return new DialTargets(groups.stream().anyMatch(ServerGroup::dynamic), List.copyOf(servers));
  }

  /// By connector group; empty for an application without server groups.
  Map<String, DialTargets> targets(String application) {
    return targets.getOrDefault(application, Map.of());
  }
}
