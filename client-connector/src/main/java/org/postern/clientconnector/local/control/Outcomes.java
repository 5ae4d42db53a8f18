package org.postern.clientconnector.local.control;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How the flows of {@code postern connect} ended that did not end by themselves: a Unix socket can
 * only say that it is over. Forgets the oldest. Confined to the event loop.
 */
final class Outcomes {
  private final Map<Long, String> broken;
  private long last;

  Outcomes(int max) {
    broken =
        new LinkedHashMap<>() {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Long, String> eldest) {
            return size() > max;
          }
        };
  }

  /** A number for a new flow. */
  long next() {
    return ++last;
  }

  /** A flow was cut, reset or lost: a reason code's name, a space, a sentence. */
  void broke(long flow, String why) {
    broken.put(flow, why);
  }

  /** Why it broke, told once; empty when it did not. */
  String take(String flow) {
    try {
      String why = broken.remove(Long.parseLong(flow));
      return why == null ? "" : why;
    } catch (NumberFormatException e) {
      return "PROTOCOL_ERROR no number of a flow (expected: outcome NUMBER)";
    }
  }
}
