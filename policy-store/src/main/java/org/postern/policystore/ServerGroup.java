package org.postern.policystore;

import java.util.List;

/// Where applications are served from. Its name is its id.
///
/// @param dynamic the name that is asked for is looked up where the connector stands; then no
///   server is listed
/// @param servers sorted; at least one and at most [Server#PER_GROUP_MAX], unless dynamic
/// @param connectorGroups the groups whose connectors reach it, at least one
public record ServerGroup(
    String name, boolean dynamic, List<Server> servers, List<String> connectorGroups) {
  /// As many as one application names.
  public static final int PER_APPLICATION_MAX = 8;

  /// Copies the lists.
  public ServerGroup {
    servers = List.copyOf(servers);
    connectorGroups = List.copyOf(connectorGroups);
  }
}
