package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import org.postern.tunnel.flow.FlowSummary;
import org.postern.tunnel.message.ReasonCode;

/**
 * What an endpoint tells its owner. Called on the endpoint's event loop, after the endpoint's own
 * work is done: it may be called back into from here.
 */
public interface FlowListener {
  /** A flow has ended, in whatever way; its local end is closed. Exactly once per flow. */
  void onFlowClosed(FlowSummary summary);

  /**
   * Device only: the flow's lane is gone. Find another lane to the same connector and call {@link
   * FlowEndpoint#move}; otherwise the flow is reset after {@code FlowLimits.deadlines().resume()}.
   */
  default void onOrphaned(long flowId) {}

  /** The flow goes on, on another lane: a move or a resumption is complete. */
  default void onMoved(long flowId, ByteString laneId) {}

  /**
   * Device only: the flow moves much and shares its lane with others. Make a lane for it, attach it
   * and call {@link FlowEndpoint#move}. Asked again after a while if that does not happen.
   */
  default void onWantsOwnLane(long flowId) {}

  /** The lane is gone: closed by us, by the peer, by the network, or for a fault of the peer. */
  default void onLaneClosed(ByteString laneId, ReasonCode reason, String text) {}
}
