package org.postern.tunnel.flow;

import java.util.List;
import org.postern.tunnel.flow.FlowState.Phase;
import org.postern.tunnel.flow.FlowSummary.EndedBy;
import org.postern.tunnel.message.ReasonCode;

/**
 * Everything that happens because time passes. Flows have no timers: acknowledgements that wait are
 * in one queue, and all else is looked at now and then.
 */
final class Sweep {
  private final MuxCore core;
  private final FlowLimits.Deadlines deadlines;
  private final long resumeNanos;
  private final long grantNanos;
  private final long acknowledgeNanos;
  private final long sweepNanos;
  private long sweepAtNanos;
  private boolean started;

  Sweep(MuxCore core) {
    this.core = core;
    deadlines = core.limits.deadlines();
    resumeNanos = deadlines.resume().toNanos();
    grantNanos = deadlines.grant().toNanos();
    acknowledgeNanos = deadlines.acknowledge().toNanos();
    sweepNanos = deadlines.sweep().toNanos();
  }

  /** A small amount was consumed: it is acknowledged with the next data, or a little later. */
  void acknowledgeLater(FlowState flow) {
    if (!flow.ackWaiting) {
      flow.ackWaiting = true;
      flow.ackAtNanos = core.now + acknowledgeNanos;
      core.ackWaiting.add(flow);
    }
  }

  /** Nanoseconds until {@link #tick} has something to do; negative: nothing to wait for. */
  long delayNanos() {
    if (core.flows.isEmpty() && core.ackWaiting.isEmpty()) {
      started = false;
      return -1;
    }
    if (!started) {
      started = true;
      sweepAtNanos = core.now + sweepNanos;
    }
    long delay = sweepAtNanos - core.now;
    FlowState first = core.ackWaiting.peek();
    if (first != null) {
      delay = Math.min(delay, first.ackAtNanos - core.now);
    }
    return Math.max(0, delay);
  }

  void tick() {
    FlowState first = core.ackWaiting.peek();
    while (first != null && first.ackAtNanos - core.now <= 0) {
      core.ackWaiting.remove();
      first.ackWaiting = false;
      if (first.isLive() && first.in.ackPending()) {
        first.ackDue = true;
        core.schedule(first);
      }
      first = core.ackWaiting.peek();
    }
    if (started && sweepAtNanos - core.now <= 0) {
      sweepAtNanos = core.now + sweepNanos;
      List.copyOf(core.flows.values()).forEach(this::flow);
      List.copyOf(core.lanes).forEach(this::lane);
    }
  }

  private void flow(FlowState flow) {
    flow.recentBytes /= 2;
    if (flow.phase == Phase.HELD) {
      if (core.now - flow.openedNanos >= grantNanos) {
        core.reset(flow, ReasonCode.FLOW_NOT_GRANTED, EndedBy.ENDPOINT);
      }
    } else if (flow.lane == null && core.now - flow.lanelessSince >= resumeNanos) {
      if (flow.out.finQueued() && flow.out.keptBytes() == 0 && flow.in.finConsumed()) {
        // Both directions were closed; only the last acknowledgement got lost with the lane.
        core.end(flow, ReasonCode.REASON_UNSPECIFIED, EndedBy.BOTH);
      } else {
        core.end(flow, ReasonCode.LANE_LOST, EndedBy.ENDPOINT);
      }
    } else if (flow.idleNanos > 0 && core.now - flow.activeNanos >= flow.idleNanos) {
      core.reset(flow, ReasonCode.IDLE_TIMEOUT, EndedBy.ENDPOINT);
    } else if (flow.ageNanos > 0 && core.now - flow.openedNanos >= flow.ageNanos) {
      core.reset(flow, ReasonCode.AGE_EXPIRED, EndedBy.ENDPOINT);
    } else {
      moving(flow);
    }
  }

  /** A move that the other end does not take part in is no move. */
  private void moving(FlowState flow) {
    if (flow.awaitsResume && core.now - flow.moveNanos >= 2 * resumeNanos) {
      core.reset(flow, ReasonCode.RESUME_FAILED, EndedBy.ENDPOINT);
    }
  }

  private void lane(LanePort lane) {
    lane.resumesAsked
        .entrySet()
        .removeIf(asked -> {
          boolean late = core.now - asked.getValue().sinceNanos() >= grantNanos;
          if (late) {
            Frames.reset(lane.control(), asked.getKey().id, ReasonCode.RESUME_NOT_YOURS_VALUE);
          }
          return late;
        });
    if (lane.flows.isEmpty()) {
      return;
    }
    long ping = deadlines.ping().toNanos();
    if (lane.isSilent(deadlines.silence().toNanos() - ping, core.now)) {
      core.closeLane(
          lane,
          ReasonCode.PEER_SILENT,
          "nothing heard for " + deadlines.silence().toSeconds() + " s");
    } else if (core.now - lane.heardNanos >= ping) {
      lane.ping(core.now);
    }
  }
}
