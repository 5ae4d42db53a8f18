package org.postern.clientconnector.link;

import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.postern.tunnel.message.Cut;
import org.postern.tunnel.message.ReasonCode;

/** The last flows that did not end by themselves, for {@code status}. Confined to the loop. */
final class RecentEnds implements FlowEnds {
  private final int max;
  private final InstantSource clock;
  private final Deque<Flow> ends = new ArrayDeque<>();

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

  private record Flow(long id, End end) {}

  RecentEnds(int max, InstantSource clock) {
    this.max = max;
    this.clock = clock;
  }

  @Override
  public void ended(OutFlow flow, ReasonCode reason, String text) {
    if (ends.size() == max) {
      ends.removeLast();
    }
    ends.addFirst(
        new Flow(
            flow.id,
            new End(flow.target.toString(), reason, text, flow.decisionId, clock.millis())));
  }

  @Override
  public void explained(Cut cut) {
    List<Flow> all = new ArrayList<>(ends);
    all.replaceAll(each ->
        each.id == cut.getFlowId() && each.end.reason() == cut.getReason()
            ? new Flow(each.id, explained(each.end, cut))
            : each);
    ends.clear();
    ends.addAll(all);
  }

  private static End explained(End end, Cut cut) {
    String text = cut.getText().isEmpty() ? end.text() : cut.getText();
    return new End(end.target(), end.reason(), text, cut.getDecisionId(), end.atMillis());
  }

  /** Newest first. */
  List<End> list() {
    return ends.stream().map(Flow::end).toList();
  }
}
