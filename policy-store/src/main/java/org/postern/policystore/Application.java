package org.postern.policystore;

import java.util.List;

/// Names or addresses, with ports, that policy speaks of as one thing. Its name is its id.
///
/// @param tcp sorted, without overlaps
/// @param udp sorted, without overlaps
/// @param connectorGroups the groups whose connectors reach it; empty: those of its server groups
/// @param serverGroups where it is served from; empty: the name that is asked for is looked up
public record Application(
    String name,
    List<HostPattern> hosts,
    List<PortRange> tcp,
    List<PortRange> udp,
    List<String> connectorGroups,
    Obligations obligations,
    ApplicationTraits traits,
    List<String> serverGroups) {

  /// Copies the lists.
  public Application {
    hosts = List.copyOf(hosts);
    tcp = List.copyOf(tcp);
    udp = List.copyOf(udp);
    connectorGroups = List.copyOf(connectorGroups);
    serverGroups = List.copyOf(serverGroups);
  }

  /// An application without server groups.
  public Application(
      String name,
      List<HostPattern> hosts,
      List<PortRange> tcp,
      List<PortRange> udp,
      List<String> connectorGroups,
      Obligations obligations,
      ApplicationTraits traits) {
    this(name, hosts, tcp, udp, connectorGroups, obligations, traits, List.of());
  }

  /// An application of which only the necessary is said.
  public Application(
      String name,
      List<HostPattern> hosts,
      List<PortRange> tcp,
      List<PortRange> udp,
      List<String> connectorGroups,
      Obligations obligations) {
    this(name, hosts, tcp, udp, connectorGroups, obligations, ApplicationTraits.DEFAULT);
  }

  /// The same, reached by the connectors of other groups.
  public Application withConnectorGroups(List<String> changed) {
    return new Application(name, hosts, tcp, udp, changed, obligations, traits, serverGroups);
  }

  /// The same, served from other server groups.
  public Application withServerGroups(List<String> changed) {
    return new Application(name, hosts, tcp, udp, connectorGroups, obligations, traits, changed);
  }

  /// The ports of one transport.
  public List<PortRange> ports(Transport transport) {
    return switch (transport) {
      case TCP -> tcp;
      case UDP -> udp;
    };
  }
}
