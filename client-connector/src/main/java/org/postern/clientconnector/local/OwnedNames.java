package org.postern.clientconnector.local;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which names and addresses are the broker's to answer on this device. Immutable; a new one
 * replaces the old one whole. Made from the wire's NamePlan.
 *
 * @param domains suffixes without a leading dot: every name below (and the name itself) is ours
 * @param names single names outside these domains
 * @param patterns names with {@code *} (any characters, or none) and {@code ?} (one that is no
 *     dot), outside these domains or narrower than what is bypassed
 * @param bypassed names and patterns that are not ours although a domain or pattern says so; the
 *     narrower pattern has its way
 * @param searchDomains tried in this order for short names, at most 50
 * @param ranges permitted address ranges, for programs that dial addresses
 * @param policyVersion the policy that says so
 */
public record OwnedNames(
    Set<String> domains,
    Set<String> names,
    Set<String> patterns,
    Set<String> bypassed,
    List<String> searchDomains,
    List<IpRange> ranges,
    long policyVersion) {

  /** Nothing is ours: the state before the first plan and after sign-out. */
  public static final OwnedNames NONE = new OwnedNames(Set.of(), Set.of(), List.of(), List.of(), 0);

  /** Without patterns. */
  public OwnedNames(
      Set<String> domains,
      Set<String> names,
      List<String> searchDomains,
      List<IpRange> ranges,
      long policyVersion) {
    this(domains, names, Set.of(), Set.of(), searchDomains, ranges, policyVersion);
  }

  public OwnedNames {
    domains = lowerCase(domains);
    names = lowerCase(names);
    patterns = lowerCase(patterns);
    bypassed = lowerCase(bypassed);
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
    if (names.contains(host)) {
      return true;
    }
    if (bypassed.contains(host)) {
      return false;
    }
    Optional<String> ours = NamePattern.narrowest(patterns, host);
    Optional<String> others = NamePattern.narrowest(bypassed, host);
    if (ours.isPresent() || others.isPresent()) {
      return others.isEmpty()
          || (ours.isPresent()
              && NamePattern.NARROWEST_FIRST.compare(ours.get(), others.get()) < 0);
    }
    return isBelowDomains(host);
  }

  /** Whether the broker has said that a name is to be left alone. */
  public boolean bypasses(String host) {
    return !owns(host)
        && (bypassed.contains(host) || NamePattern.narrowest(bypassed, host).isPresent());
  }

  private boolean isBelowDomains(String host) {
    if (domains.contains(host)) {
      return true;
    }
    for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      if (domains.contains(host.substring(dot + 1))) {
        return true;
      }
    }
    return false;
  }

  /** The domains, and those over the patterns: questions below them have to come to us. */
  public Set<String> routedDomains() {
    Set<String> routed = new TreeSet<>(domains);
    for (String pattern : patterns) {
      String suffix = NamePattern.suffix(pattern);
      if (!suffix.isEmpty()) {
        routed.add(suffix);
      }
    }
    return routed;
  }

  /** Whether a program may dial this address by itself. */
  public boolean ownsAddress(IpAddress address) {
    return ranges.stream().anyMatch(range -> range.holds(address));
  }

  private static Set<String> lowerCase(Set<String> names) {
    Set<String> lower = new TreeSet<>();
    for (String name : names) {
      lower.add(name.toLowerCase(Locale.ROOT));
    }
    return Set.copyOf(lower);
  }
}
