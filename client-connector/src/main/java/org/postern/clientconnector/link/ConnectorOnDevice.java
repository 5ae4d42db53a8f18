package org.postern.clientconnector.link;

import com.google.protobuf.ByteString;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import org.postern.identity.SpiffeId;
import org.postern.tunnel.flow.FlowSummary;
import org.postern.tunnel.lane.FlowEndpoint;
import org.postern.tunnel.lane.FlowListener;
import org.postern.tunnel.lane.Lane;
import org.postern.tunnel.message.ReasonCode;

/**
 * One app connector that this device has, or had a moment ago, lanes to. Confined to the client's
 * loop.
 */
final class ConnectorOnDevice implements FlowListener {
  private final SpiffeId.ConnectorId id;
  private final FlowDirector director;
  private final FlowEndpoint endpoint;
  private final SequencedMap<ByteString, LaneUse> lanes = new LinkedHashMap<>();
  private int bulkLanesUnderWay;

  /** What a lane is for. */
  enum Purpose {
    SHARED,
    OWN
  }

  private static final class LaneUse {
    final Purpose purpose;
    long unusedSinceNanos;

    LaneUse(Purpose purpose, long nowNanos) {
      this.purpose = purpose;
      this.unusedSinceNanos = nowNanos;
    }
  }

  ConnectorOnDevice(SpiffeId.ConnectorId id, FlowDirector director) {
    this.id = id;
    this.director = director;
    this.endpoint = director.newEndpoint(id.toString(), this);
  }

  String connectorId() {
    return id.id();
  }

  String group() {
    return id.group();
  }

  FlowEndpoint endpoint() {
    return endpoint;
  }

  void attach(Lane lane, Purpose purpose, long nowNanos) {
    endpoint.attachLane(lane.id(), lane.peerId(), lane.channel());
    lane.start();
    if (purpose == Purpose.OWN) {
      endpoint.reserveLane(lane.id());
    }
    lanes.put(lane.id(), new LaneUse(purpose, nowNanos));
  }

  /** The newest lane that any flow may use, or null. */
  @Nullable ByteString sharedLane() {
    return sharedLane(null);
  }

  /** The same, but not this one. */
  @Nullable ByteString sharedLane(@Nullable ByteString except) {
    for (Map.Entry<ByteString, LaneUse> lane : lanes.sequencedEntrySet().reversed()) {
      if (lane.getValue().purpose == Purpose.SHARED
          && endpoint.hasLane(lane.getKey())
          && !lane.getKey().equals(except)) {
        return lane.getKey();
      }
    }
    return null;
  }

  int laneCount() {
    return lanes.size();
  }

  /**
   * Reserves one of the few lanes for bulk flows; give it back when the lane was not made. Lanes
   * whose flow is over do not count: they are about to be closed, and as many may be there again.
   */
  boolean reserveBulkLane(int max) {
    long own = lanes.values().stream().filter(use -> use.purpose == Purpose.OWN).count();
    long used =
        lanes.entrySet().stream()
            .filter(each -> each.getValue().purpose == Purpose.OWN)
            .filter(each -> endpoint.flowsOn(each.getKey()) > 0)
            .count();
    if (used + bulkLanesUnderWay >= max || own + bulkLanesUnderWay >= 2L * max) {
      return false;
    }
    bulkLanesUnderWay++;
    return true;
  }

  void bulkLaneMadeOrNot() {
    bulkLanesUnderWay--;
  }

  /** Closes lanes that nobody has used for a while; lanes of a bulk flow as soon as it is over. */
  void closeUnused(long nowNanos, long idleNanos) {
    for (Map.Entry<ByteString, LaneUse> lane : Map.copyOf(lanes).entrySet()) {
      LaneUse use = lane.getValue();
      if (endpoint.flowsOn(lane.getKey()) > 0) {
        use.unusedSinceNanos = nowNanos;
      } else {
        long patience = use.purpose == Purpose.OWN ? idleNanos / 100 : idleNanos;
        if (nowNanos - use.unusedSinceNanos >= patience) {
          endpoint.closeLane(lane.getKey(), ReasonCode.REASON_UNSPECIFIED);
        }
      }
    }
  }

  boolean isOver() {
    return lanes.isEmpty() && endpoint.flows() == 0;
  }

  @Override
  public void onFlowClosed(FlowSummary summary) {
    director.flowEnded(this, summary);
  }

  @Override
  public void onOrphaned(long flowId) {
    director.flowOrphaned(this, flowId);
  }

  @Override
  public void onWantsOwnLane(long flowId) {
    director.flowWantsOwnLane(this, flowId);
  }

  @Override
  public void onLaneClosed(ByteString laneId, ReasonCode reason, String text) {
    lanes.remove(laneId);
    director.laneClosed(this, reason, text);
  }
}
