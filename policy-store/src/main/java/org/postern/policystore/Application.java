package org.postern.policystore;

import java.util.List;

/// Names or addresses, with ports, that policy speaks of as one thing. Its name is its id.
///
/// @param tcp sorted, without overlaps
/// @param udp sorted, without overlaps
/// @param connectorGroups the groups whose connectors reach it, at least one
public record Application(
    String name,
    List<HostPattern> hosts,
    List<PortRange> tcp,
    List<PortRange> udp,
    List<String> connectorGroups,
    Obligations obligations,
    ApplicationTraits traits) {

  /// Copies the lists.
  public Application {
    hosts = List.copyOf(hosts);
    tcp = List.copyOf(tcp);
    udp = List.copyOf(udp);
    connectorGroups = List.copyOf(connectorGroups);
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

  /// The ports of one transport.
  public List<PortRange> ports(Transport transport) {
    return switch (transport) {
      case TCP -> tcp;
      case UDP -> udp;
    };
  }
}
