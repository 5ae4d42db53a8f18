package org.postern.policystore.decision;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.postern.policystore.AddressRange;
import org.postern.policystore.HostPattern;

/// Puts a name plan together, pattern by pattern.
final class PlanMaker {
  private final CompiledPolicy policy;
  private final Set<String> names = new TreeSet<>();

  /// Ours as well, but asked at the broker in any case: a domain of ours lies over them.
  private final Set<String> below = new TreeSet<>();

  private final Set<AddressRange> ranges = new java.util.LinkedHashSet<>();
  private final Set<String> connectorGroups = new TreeSet<>();
  private final Set<String> bypassed = new TreeSet<>();
  private final Set<AddressRange> bypassedRanges = new java.util.LinkedHashSet<>();

  /// What becomes of a pattern.
  enum Fate {
    /// The plan says nothing of it.
    NOTHING,
    /// It is ours to answer.
    OURS,
    /// It is to be left alone.
    BYPASSED
  }

  PlanMaker(CompiledPolicy policy) {
    this.policy = policy;
  }

  void connectorGroups(Collection<String> groups) {
    connectorGroups.addAll(groups);
  }

  void add(HostPattern host, Fate fate) {
    if (fate == Fate.NOTHING) {
      return;
    }
    boolean ours = fate == Fate.OURS;
    switch (host) {
      case HostPattern.Addresses(AddressRange range) -> (ours ? ranges : bypassedRanges).add(range);
      case HostPattern.ExactName name -> addName(host.text(), ours);
      case HostPattern.WildcardName wildcard -> addName(host.text(), ours);
      case HostPattern.Glob glob -> addName(host.text(), ours);
    }
  }

  private void addName(String text, boolean ours) {
    if (!ours) {
      bypassed.add(text);
    } else if (policy.isBelowOurDomains(text)) {
      below.add(text);
    } else {
      names.add(text);
    }
  }

  NamePlan make() {
    // What is narrower than a pattern that is left alone has to be told, or it would be too.
    for (String text : below) {
      if (isUnderBypassed(text)) {
        names.add(text);
      }
    }
    Set<String> cidrs = new TreeSet<>();
    for (AddressRange range : ranges) {
      for (AddressRange piece : without(range, bypassedRanges)) {
        cidrs.add(piece.toString());
      }
    }
    return new NamePlan(
        policy.configuration.domains(),
        List.copyOf(names),
        List.copyOf(cidrs),
        List.copyOf(connectorGroups),
        List.copyOf(bypassed));
  }

  private boolean isUnderBypassed(String text) {
    String sample = text.replace('*', 'q').replace('?', 'q');
    for (String pattern : bypassed) {
      if (pattern.indexOf('*') >= 0 || pattern.indexOf('?') >= 0) {
        if (new GlobPattern(pattern).matches(sample)) {
          return true;
        }
      }
    }
    return false;
  }

  /// A range without the ranges strictly inside it that are left alone; programs dial them as if
  /// Postern were not there.
  private static List<AddressRange> without(AddressRange range, Set<AddressRange> holes) {
    List<AddressRange> pieces = List.of(range);
    for (AddressRange hole : holes) {
      if (!hole.equals(range) && range.contains(hole)) {
        pieces = pieces.stream().flatMap(piece -> piece.without(hole).stream()).toList();
      }
    }
    return pieces;
  }
}
