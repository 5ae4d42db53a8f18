package org.postern.tunnel.flow;

import org.postern.tunnel.flow.FlowState.Phase;
import org.postern.tunnel.flow.FlowSummary.EndedBy;
import org.postern.tunnel.message.ReasonCode;

/**
 * Takes a flow, with the lane that it has alone, from one mux to another, and back without a lane:
 * so that a flow that moves much can be worked on by another thread. The mux that it came from
 * remembers it: what still arrives there for it is dropped, and its id is not given away.
 *
 * <p>Between {@code leave} and {@code arrive} (or {@code leaveBare} and {@code comeBack}) flow and
 * lane belong to no mux; whoever carries them sees to it that the second mux's thread sees all that
 * the first one's did.
 */
public final class Handover {
  private final MuxCore core;

  Handover(MuxCore core) {
    this.core = core;
  }

  /**
   * True when the flow could go now: TCP, attached, open both ways, alone on an open lane, and
   * neither being moved nor asked for on another lane.
   */
  public boolean mayLeave(FlowState flow) {
    LanePort lane = flow.lane;
    return flow.phase == Phase.LIVE
        && flow.kind == FlowKind.TCP
        && flow.local != null
        && lane != null
        && !lane.closed
        && lane.flows.size() == 1
        && lane.resumesAsked.isEmpty()
        && core.lanes.stream().noneMatch(port -> port.resumesAsked.containsKey(flow))
        && flow.resumeKey == null
        && !flow.awaitsResume
        && !flow.resumeDue
        && !flow.out.finQueued()
        && !flow.in.finReceived();
  }

  /** Takes flow and lane out. Only when {@link #mayLeave}. */
  public LanePort leave(FlowState flow) {
    LanePort lane = flow.lane;
    if (lane == null || !mayLeave(flow)) {
      throw new IllegalStateException("flow %d cannot leave".formatted(flow.id));
    }
    core.lanes.remove(lane);
    take(flow);
    core.away.put(flow.id, flow);
    return lane;
  }

  /** Takes flow and lane in; this mux has no others, and lets no other flow in. */
  public void arrive(FlowState flow, LanePort lane, long now) {
    core.now = now;
    core.exclusive = true;
    lane.incoming.belongTo(core);
    core.lanes.add(lane);
    core.flows.put(flow.id, flow);
    if (flow.ackDue) {
      lane.schedule(flow);
    }
  }

  /** Takes out a live flow that has lost its lane. */
  public void leaveBare(FlowState flow) {
    if (flow.phase == Phase.ENDED || flow.lane != null) {
      throw new IllegalStateException("flow %d has not lost its lane".formatted(flow.id));
    }
    take(flow);
  }

  /** Takes back a flow without a lane. */
  public void comeBack(FlowState flow, long now) {
    core.now = now;
    core.away.remove(flow.id);
    core.flows.put(flow.id, flow);
    flow.lanelessSince = now;
  }

  /** A flow that left has ended elsewhere. */
  public void endedAway(long flowId, ReasonCode reason) {
    FlowState flow = core.away.remove(flowId);
    if (flow != null) {
      core.lanes.forEach(lane -> lane.resumesAsked.remove(flow));
      core.closed.add(flowId, reason.getNumber());
    }
  }

  /** The peer has reset a flow, on another lane than its own. */
  public void resetByPeer(FlowState flow, ReasonCode reason, long now) {
    core.now = now;
    core.end(flow, reason, EndedBy.PEER);
  }

  private void take(FlowState flow) {
    core.flows.remove(flow.id);
    if (flow.ackWaiting) {
      core.ackWaiting.remove(flow);
      flow.ackWaiting = false;
      flow.ackDue = true;
    }
  }
}
