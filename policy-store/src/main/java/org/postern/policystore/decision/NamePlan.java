package org.postern.policystore.decision;

import java.util.List;

/// Which names are ours to answer on one device. It is made from what the subject may reach, and
/// our domains; a forbidden name never appears in it unless a forwarding rule says so.
///
/// @param domains our suffixes, without a leading dot: all names below are asked at the broker
/// @param names permitted names and patterns outside these domains, and those that are narrower
///   than a bypassed pattern; a wildcard is `*.suffix`
/// @param cidrs permitted address ranges, without what is bypassed inside them
/// @param connectorGroups groups that serve something the subject may reach, sorted, each once: the
///   device makes a lane to them before the first flow wants one
/// @param bypassed names and patterns that the device is to leave alone, wherever they lie, unless
///   a narrower one is in names. A rule that intercepts only what is allowed puts what is not
///   allowed here: it has the device leave it alone, so it cannot be kept from it
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
