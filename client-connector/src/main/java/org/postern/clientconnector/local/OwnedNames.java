package org.postern.clientconnector.local;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which names and addresses are the broker's to answer on this device. Immutable; a new one
 * replaces the old one whole. Made from the wire's NamePlan.
 *
 * @param domains suffixes without a leading dot: every name below (and the name itself) is ours
 * @param names single names outside these domains
 * @param searchDomains tried in this order for short names, at most 50
 * @param ranges permitted address ranges, for programs that dial addresses
 * @param policyVersion the policy that says so; another version empties the caches
 */
public record OwnedNames(
    Set<String> domains,
    Set<String> names,
    List<String> searchDomains,
    List<Ipv4Range> ranges,
    long policyVersion) {

  /** Nothing is ours: the state before the first plan and after sign-out. */
  public static final OwnedNames NONE = new OwnedNames(Set.of(), Set.of(), List.of(), List.of(), 0);

  public OwnedNames {
    domains = lowerCase(domains);
    names = lowerCase(names);
    searchDomains =
        searchDomains.stream().map(name -> name.toLowerCase(Locale.ROOT)).distinct().toList();
    ranges = List.copyOf(ranges);
  }

  /**
   * Whether a question for this name is ours.
   *
   * @param host lower case, without a trailing dot
   */
  public boolean owns(String host) {
    if (names.contains(host) || domains.contains(host)) {
      return true;
    }
    for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      if (domains.contains(host.substring(dot + 1))) {
        return true;
      }
    }
    return false;
  }

  /** Whether a program may dial this address by itself. */
  public boolean ownsAddress(int address) {
    return ranges.stream().anyMatch(range -> range.contains(address));
  }

  private static Set<String> lowerCase(Set<String> names) {
    Set<String> lower = new TreeSet<>();
    for (String name : names) {
      lower.add(name.toLowerCase(Locale.ROOT));
    }
    return Set.copyOf(lower);
  }
}
