package org.postern.appconnector.link;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.message.Cut;
import org.postern.tunnel.message.CutDone;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.FlowClosed;
import org.postern.tunnel.message.Grant;
import org.postern.tunnel.message.Opened;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Refused;

/**
 * What goes to the broker about flows. Answers are of no use once the link they were asked on is
 * gone, and are dropped; the ends of flows are kept ({@value #KEPT_MAX} at most, the oldest go
 * first) and told on the next link, because somebody may be counting. Any thread.
 */
final class Outbox {
  static final int KEPT_MAX = 10_000;

  private final Deque<Envelope> kept = new ArrayDeque<>();
  private @Nullable ControlLink link;

  synchronized void up(ControlLink current) {
    link = current;
    kept.forEach(current::send);
    kept.clear();
  }

  synchronized void down() {
    link = null;
  }

  void opened(Opened opened) {
    answer(Envelope.newBuilder().setOpened(opened).build());
  }

  void refused(Grant grant, ReasonCode reason, String text) {
    refused(grant, reason, text, false);
  }

  /** The flow might do well on another lane. */
  void refusedLane(Grant grant, ReasonCode reason, String text) {
    refused(grant, reason, text, true);
  }

  private void refused(Grant grant, ReasonCode reason, String text, boolean retryWithLane) {
    answer(
        Envelope.newBuilder()
            .setRefused(
                Refused.newBuilder()
                    .setFlowId(grant.getFlowId())
                    .setDeviceSpiffeId(grant.getDeviceSpiffeId())
                    .setDecisionId(grant.getDecisionId())
                    .setReason(reason)
                    .setText(text)
                    .setRetryWithLane(retryWithLane))
            .build());
  }

  void cutDone(Cut cut) {
    answer(
        Envelope.newBuilder()
            .setCutDone(
                CutDone.newBuilder()
                    .setFlowId(cut.getFlowId())
                    .setDeviceSpiffeId(cut.getDeviceSpiffeId()))
            .build());
  }

  synchronized void closed(FlowClosed closed) {
    Envelope message = Envelope.newBuilder().setFlowClosed(closed).build();
    if (link != null) {
      link.send(message);
      return;
    }
    if (kept.size() == KEPT_MAX) {
      kept.removeFirst();
    }
    kept.addLast(message);
  }

  synchronized void answer(Envelope message) {
    if (link != null) {
      link.send(message);
    }
  }
}
