package org.postern.policystore.jdbc;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
    int[] tails = new int[order.size()];
    int[] previous = new int[order.size()];
    int length = 0;
    List<Long> tailPositions = new ArrayList<>();
    Arrays.fill(previous, -1);
    for (int i = 0; i < order.size(); i++) {
      Long position = known.get(order.get(i));
      if (position == null || position <= 0) {
        continue;
      }
      int at = java.util.Collections.binarySearch(tailPositions, position);
      at = at < 0 ? -at - 1 : at;
      previous[i] = at == 0 ? -1 : tails[at - 1];
      tails[at] = i;
      if (at == length) {
        tailPositions.add(position);
        length++;
      } else {
        tailPositions.set(at, position);
      }
    }
    boolean[] stays = new boolean[order.size()];
    for (int i = length == 0 ? -1 : tails[length - 1]; i >= 0; i = previous[i]) {
      stays[i] = true;
    }
    return stays;
  }
}
