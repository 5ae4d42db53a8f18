package org.postern.tunnel.flow;

import org.postern.tunnel.message.ReasonCode;

/**
 * What the mux tells its owner about flows and lanes. None of these may call back into the mux
 * before the call into the mux that caused it has returned.
 */
public interface MuxEvents {
  /** A flow has ended. Exactly once per flow that was opened or granted. */
  void onFlowClosed(FlowSummary summary);

  /** Connector: the peer has reset a flow that another mux has at present. */
  void onResetAway(long flowId, ReasonCode reason);

  /** A flow has lost its lane. */
  void onOrphaned(long flowId);

  /** A flow goes on, on this lane. */
  void onMoved(long flowId, LanePort lane);

  /** A flow moves much and shares its lane. Device only. */
  void onWantsOwnLane(long flowId);

  /** The mux has given a lane up; close it. */
  void onLaneClosed(LanePort lane, ReasonCode reason, String text);
}
