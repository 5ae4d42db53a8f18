package org.postern.policystore.decision;

import java.util.List;

/// Which names are ours to answer on one device. It is made from what the subject may reach, and
/// our domains; a forbidden name never appears in it.
///
/// @param domains our suffixes, without a leading dot: all names below are asked at the broker
/// @param names permitted names outside these domains; a wildcard is `*.suffix`
/// @param cidrs permitted address ranges
/// @param connectorGroups groups that serve something the subject may reach, sorted, each once: the
///   device makes a lane to them before the first flow wants one
public record NamePlan(
    List<String> domains, List<String> names, List<String> cidrs, List<String> connectorGroups) {
  /// Copies the lists.
  public NamePlan {
    domains = List.copyOf(domains);
    names = List.copyOf(names);
    cidrs = List.copyOf(cidrs);
    connectorGroups = List.copyOf(connectorGroups);
  }
}
