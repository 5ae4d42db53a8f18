package org.postern.policystore.decision;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.ClientType;
import org.postern.policystore.PortRange;
import org.postern.policystore.Transport;

/// The applications that take part in the names or addresses of one pattern, nearly always one:
/// those that list the pattern itself, and, as long as all narrower ones are inclusive, the
/// inclusive ones of the wider patterns over it. The narrowest first, then by name.
final class HostEntry {
  /// No more take part; wider ones are left out.
  static final int APPLICATIONS_MAX = 64;

  /// For names that are nobody's.
  static final HostEntry NOWHERE = new HostEntry(new CompiledApplication[0]);

  final CompiledApplication[] applications;

  private HostEntry(CompiledApplication[] applications) {
    this.applications = applications;
  }

  /// Puts the levels of patterns together.
  ///
  /// @param levels the applications that list each pattern, the narrowest pattern first
  static HostEntry of(List<List<CompiledApplication>> levels) {
    List<CompiledApplication> chosen = new ArrayList<>(1);
    boolean open = true;
    for (int i = 0; i < levels.size() && open; i++) {
      List<CompiledApplication> level = new ArrayList<>(levels.get(i));
      level.sort(Comparator.comparing(each -> each.application.name()));
      for (CompiledApplication each : level) {
        boolean takesPart = (i == 0 || each.isInclusive()) && !chosen.contains(each);
        if (takesPart && chosen.size() < APPLICATIONS_MAX) {
          chosen.add(each);
        }
        open &= each.isInclusive();
      }
    }
    return chosen.isEmpty() ? NOWHERE : new HostEntry(chosen.toArray(CompiledApplication[]::new));
  }

  /// Exactly one application.
  static HostEntry of(CompiledApplication application) {
    return new HostEntry(new CompiledApplication[] {application});
  }

  /// All applications, as bits.
  long all() {
    return applications.length == 0 ? 0 : -1L >>> -applications.length;
  }

  /// The ports, cut where the set of applications may change.
  List<PortRange> pieces(Transport transport) {
    if (applications.length == 1) {
      return applications[0].application.ports(transport);
    }
    TreeSet<Integer> starts = new TreeSet<>();
    for (CompiledApplication each : applications) {
      for (PortRange range : each.application.ports(transport)) {
        starts.add(range.low());
        starts.add(range.high() + 1);
      }
    }
    List<PortRange> pieces = new ArrayList<>();
    for (Integer start : starts) {
      Integer end = starts.higher(start);
      if (end != null) {
        pieces.add(new PortRange(start, end - 1));
      }
    }
    return pieces;
  }

  /// Which of the applications have the port and exist for the client, as bits. None, if for one of
  /// them that is not known: it might be the one that a rule denies.
  long matching(int port, Transport transport, @Nullable ClientType client) {
    long bits = 0;
    boolean known = true;
    for (int i = 0; i < applications.length; i++) {
      if (applications[i].hasPort(port, transport)) {
        known &= client != null || applications[i].existsForAll();
        bits |= applications[i].existsFor(client) ? 1L << i : 0;
      }
    }
    return known ? bits : 0;
  }
}
