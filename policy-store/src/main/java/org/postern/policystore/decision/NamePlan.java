package org.postern.policystore.decision;

import java.util.List;

/// Which names are ours to answer on one device. It is made from what the subject may reach, and
/// our domains; a forbidden name never appears in it.
///
/// @param domains our suffixes, without a leading dot: all names below are asked at the broker
/// @param names permitted names outside these domains; a wildcard is `*.suffix`
/// @param cidrs permitted address ranges
public record NamePlan(List<String> domains, List<String> names, List<String> cidrs) {
  /// Copies the lists.
  public NamePlan {
    domains = List.copyOf(domains);
    names = List.copyOf(names);
    cidrs = List.copyOf(cidrs);
  }
}
