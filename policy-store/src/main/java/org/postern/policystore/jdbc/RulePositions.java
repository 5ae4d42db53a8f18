package org.postern.policystore.jdbc;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.postern.policystore.RisingRun;

/// Gives rules positions with gaps between them, and moves as few as it can: those that are in the
/// wanted order already stay where they are.
final class RulePositions {
  private static final long GAP = 1L << 20;

  private RulePositions() {}

  /// The positions that have to be written for the rules to be in order.
  ///
  /// @param known positions of rules that are there
  static Map<String, Long> toWrite(List<String> order, Map<String, Long> known) {
    long[] positions = new long[order.size()];
    boolean[] stays = stay(order, known);
    Map<String, Long> changed = new LinkedHashMap<>();
    long before = 0;
    for (int i = 0; i < positions.length; ) {
      if (stays[i]) {
        before = known.getOrDefault(order.get(i), 0L);
        i++;
        continue;
      }
      int end = i;
      while (end < positions.length && !stays[end]) {
        end++;
      }
      int count = end - i;
      long after =
          end < positions.length
              ? known.getOrDefault(order.get(end), 0L)
              : before + GAP * (count + 1);
      long step = (after - before) / (count + 1);
      if (step == 0) {
        return anew(order);
      }
      for (; i < end; i++) {
        before += step;
        changed.put(order.get(i), before);
      }
    }
    return changed;
  }

  private static Map<String, Long> anew(List<String> order) {
    Map<String, Long> all = new LinkedHashMap<>();
    for (int i = 0; i < order.size(); i++) {
      all.put(order.get(i), (i + 1) * GAP);
    }
    return all;
  }

  /// The longest run of rules whose positions rise.
  private static boolean[] stay(List<String> order, Map<String, Long> known) {
    long[] positions = new long[order.size()];
    for (int i = 0; i < positions.length; i++) {
      long position = known.getOrDefault(order.get(i), 0L);
      positions[i] = position > 0 ? position : -1;
    }
    return RisingRun.of(positions);
  }
}
