package org.postern.clientconnector.link;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.postern.tunnel.message.ReasonCode;

/** The last flows that did not end by themselves, for {@code status}. Confined to the loop. */
final class RecentEnds {
  private final int max;
  private final Deque<End> ends = new ArrayDeque<>();

  /**
   * One refused, cut or broken flow.
   *
   * @param target host and port
   * @param reason why
   * @param text for a person; may be empty
   * @param decisionId what the administrator can look up; may be empty
   * @param atMillis when, since the epoch
   */
  record End(String target, ReasonCode reason, String text, String decisionId, long atMillis) {}

  RecentEnds(int max) {
    this.max = max;
  }

  void add(End end) {
    if (ends.size() == max) {
      ends.removeLast();
    }
    ends.addFirst(end);
  }

  /** Newest first. */
  List<End> list() {
    return List.copyOf(ends);
  }
}
