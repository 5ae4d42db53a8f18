package org.postern.policystore.decision;

import java.util.List;

/// Which names are ours to answer on one device. It is made from what the subject may reach, and
/// our domains; a forbidden name never appears in it unless a forwarding rule says so.
///
/// @param domains our suffixes, without a leading dot: all names below are asked at the broker
/// @param names permitted names outside these domains; a wildcard is `*.suffix`
/// @param cidrs permitted address ranges
/// @param connectorGroups groups that serve something the subject may reach, sorted, each once: the
///   device makes a lane to them before the first flow wants one
/// @param bypassed host patterns that the device is to leave alone, wherever they lie
public record NamePlan(
    List<String> domains,
    List<String> names,
    List<String> cidrs,
    List<String> connectorGroups,
    List<String> bypassed) {
  /// Copies the lists.
  public NamePlan {
    domains = List.copyOf(domains);
    names = List.copyOf(names);
    cidrs = List.copyOf(cidrs);
    connectorGroups = List.copyOf(connectorGroups);
    bypassed = List.copyOf(bypassed);
  }
}
