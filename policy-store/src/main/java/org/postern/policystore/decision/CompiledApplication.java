package org.postern.policystore.decision;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Application;
import org.postern.policystore.PortRange;
import org.postern.policystore.Transport;

/// An application, made ready for being asked: its ports in arrays, the bitmap of the rules that
/// name it, and the decision that each of these rules leads to.
final class CompiledApplication {
  private final @Nullable Application application;
  private final int[] tcp;
  private final int[] udp;
  private final int[] rules;
  private final Decision[] decisions;
  final long[] ruleBits;

  /// Prepares an application.
  ///
  /// @param application null for the application that does not exist, which costs as much to ask
  /// @param rules indices of the rules that name it, ascending
  /// @param decisions what each of them leads to
  CompiledApplication(
      @Nullable Application application, int[] rules, Decision[] decisions, int words) {
    this.application = application;
    this.tcp = bounds(application == null ? List.of() : application.tcp());
    this.udp = bounds(application == null ? List.of() : application.udp());
    this.rules = rules;
    this.decisions = decisions;
    this.ruleBits = new long[words];
    for (int rule : rules) {
      ruleBits[rule >>> 6] |= 1L << rule;
    }
  }

  private static int[] bounds(List<PortRange> ranges) {
    int[] bounds = new int[2 * ranges.size()];
    for (int i = 0; i < ranges.size(); i++) {
      bounds[2 * i] = ranges.get(i).low();
      bounds[2 * i + 1] = ranges.get(i).high();
    }
    return bounds;
  }

  @Nullable Application application() {
    return application;
  }

  boolean hasPort(int port, Transport transport) {
    int[] bounds = transport == Transport.TCP ? tcp : udp;
    boolean inside = false;
    for (int i = 0; i < bounds.length; i += 2) {
      inside |= bounds[i] <= port && port <= bounds[i + 1];
    }
    return inside;
  }

  /// Where the first rule stands that both this application and the subject have; -1 if none. Reads
  /// all words whatever it finds, so that "no" takes as long as "yes" and as "never heard of it".
  int firstRule(long[] subjectRules) {
    long[] own = ruleBits;
    int first = -1;
    for (int i = own.length - 1; i >= 0; i--) {
      long common = own[i] & subjectRules[i];
      if (common != 0) {
        first = (i << 6) + Long.numberOfTrailingZeros(common);
      }
    }
    return first;
  }

  /// What a rule that names this application leads to.
  Decision decision(int rule) {
    return decisions[Arrays.binarySearch(rules, rule)];
  }
}
