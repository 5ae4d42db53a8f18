package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.flow.FlowState;
import org.postern.tunnel.flow.FlowSummary;
import org.postern.tunnel.message.ReasonCode;

/**
 * The flows of one endpoint that move much and are worked on elsewhere, so that the endpoint's own
 * loop, and with it every small flow, never waits for them. A flow goes when it has been moved to a
 * lane that was made for it alone. On the endpoint's loop only.
 */
final class BulkFlows implements MuxDriver.Listener {
  private final FlowEndpoint.Config config;
  private final MuxDriver home;
  private final FlowListener owner;
  private final Set<ByteString> expected = new HashSet<>();
  private final Map<Long, BulkFlow> away = new HashMap<>();
  private final Map<ByteString, BulkFlow> lanes = new HashMap<>();

  BulkFlows(FlowEndpoint.Config config, FlowListener owner) {
    this.config = config;
    this.owner = owner;
    this.home = new MuxDriver(config, this);
  }

  /** Drives all other flows of the endpoint. */
  MuxDriver home() {
    return home;
  }

  /** A flow that moves much is about to be moved to this lane, and has it alone. */
  void expect(ByteString laneId) {
    expected.add(laneId);
  }

  /** A flow has arrived on a lane: if it has that alone, it goes on elsewhere. */
  @Override
  public void onMoved(long flowId, ByteString laneId) {
    owner.onMoved(flowId, laneId);
    FlowState flow = home.mux().flow(flowId);
    LaneHandler lane = home.lanes().get(laneId);
    EventLoop loop = config.bulkLoops().next();
    if (expected.remove(laneId)
        && !loop.equals(config.loop())
        && flow != null
        && lane != null
        && flow.local() instanceof LocalEnd end
        && home.mux().handover().mayLeave(flow)) {
      new BulkFlow(config, home, this, flow, lane, end, loop).start();
    }
  }

  int flows() {
    return away.size();
  }

  @Nullable BulkFlow flow(long flowId) {
    return away.get(flowId);
  }

  @Nullable Flow handle(long flowId) {
    BulkFlow flow = away.get(flowId);
    return flow == null ? null : new BulkHandle(flow);
  }

  /** Has a flow come home, if it is away, and does something then; false: it is not away. */
  boolean callBack(long flowId, Runnable then) {
    BulkFlow flow = away.get(flowId);
    if (flow != null) {
      flow.whenBack(then);
      flow.closeLane(ReasonCode.LANE_LOST, "its flow goes on elsewhere");
    }
    return flow != null;
  }

  boolean hasLane(ByteString laneId) {
    return lanes.containsKey(laneId);
  }

  int flowsOn(ByteString laneId) {
    BulkFlow flow = lanes.get(laneId);
    return flow != null && away.containsKey(flow.flowId()) ? 1 : 0;
  }

  void closeLane(ByteString laneId, ReasonCode reason) {
    BulkFlow flow = lanes.get(laneId);
    if (flow != null) {
      flow.closeLane(reason, "closed by the owner");
    }
  }

  @Override
  public void onFlowClosed(FlowSummary summary) {
    owner.onFlowClosed(summary);
  }

  @Override
  public void onOrphaned(long flowId) {
    owner.onOrphaned(flowId);
  }

  @Override
  public void onWantsOwnLane(long flowId) {
    owner.onWantsOwnLane(flowId);
  }

  @Override
  public void onLaneClosed(ByteString laneId, ReasonCode reason, String text) {
    expected.remove(laneId);
    owner.onLaneClosed(laneId, reason, text);
  }

  @Override
  public void onResetAway(long flowId, ReasonCode reason) {
    BulkFlow flow = away.get(flowId);
    if (flow != null) {
      flow.resetByPeer(reason);
    }
  }

  void close(ReasonCode reason) {
    for (BulkFlow flow : List.copyOf(lanes.values())) {
      flow.reset(reason, () -> {});
      flow.closeLane(reason, "endpoint closed");
    }
  }

  // Told by the flows.

  void left(BulkFlow flow) {
    away.put(flow.flowId(), flow);
    lanes.put(flow.laneId(), flow);
  }

  void ended(BulkFlow flow, FlowSummary summary) {
    away.remove(flow.flowId());
    home.mux().handover().endedAway(flow.flowId(), summary.reason());
    owner.onFlowClosed(summary);
  }

  void cameBack(BulkFlow flow) {
    away.remove(flow.flowId());
  }

  void orphaned(BulkFlow flow) {
    owner.onOrphaned(flow.flowId());
  }

  void laneClosed(BulkFlow flow, ReasonCode reason, String text) {
    lanes.remove(flow.laneId());
    owner.onLaneClosed(flow.laneId(), reason, text);
  }
}
