package org.postern.policystore.decision;

import java.util.List;
import org.postern.policystore.PortRange;

/// What a subject may reach behind one name or address: at least one port.
///
/// @param connectorGroups groups that may serve it; the device refuses lanes from any other
/// @param lanePerFlow each flow to it has a lane of its own
public record ResolvedName(
    List<PortRange> tcp, List<PortRange> udp, List<String> connectorGroups, boolean lanePerFlow) {
  /// Copies the lists.
  public ResolvedName {
    tcp = List.copyOf(tcp);
    udp = List.copyOf(udp);
    connectorGroups = List.copyOf(connectorGroups);
  }
}
