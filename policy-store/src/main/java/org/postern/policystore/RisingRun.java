package org.postern.policystore;

import java.util.Arrays;

/// Which of some things can stay where they are if the others move, as few as can be: a longest run
/// of rising places, with gaps.
public final class RisingRun {
  private RisingRun() {}

  /// Which elements are in the run; n log n.
  ///
  /// @param places all different; what has a place below 0 is in no run
  public static boolean[] of(long[] places) {
    // For each length of a run the end that leaves most room.
    int[] ends = new int[places.length];
    int[] previous = new int[places.length];
    int length = 0;
    Arrays.fill(previous, -1);
    for (int i = 0; i < places.length; i++) {
      if (places[i] < 0) {
        continue;
      }
      int low = 0;
      int high = length;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (places[ends[middle]] < places[i]) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      previous[i] = low == 0 ? -1 : ends[low - 1];
      ends[low] = i;
      length = Math.max(length, low + 1);
    }
    boolean[] run = new boolean[places.length];
    for (int i = length == 0 ? -1 : ends[length - 1]; i >= 0; i = previous[i]) {
      run[i] = true;
    }
    return run;
  }
}
