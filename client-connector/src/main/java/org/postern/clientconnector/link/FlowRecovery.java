package org.postern.clientconnector.link;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.lane.Flow;
import org.postern.tunnel.lane.Lane;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Refused;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings flows onto other lanes: bulk flows onto one of their own, orphans onto any that is left.
 * The broker asks policy again for each. Confined to the client's loop.
 */
final class FlowRecovery {
  private static final Logger LOG = LoggerFactory.getLogger(FlowRecovery.class);
  private static final long RETRY_MILLIS = 200;

  private final EventLoop loop;
  private final LinkLimits limits;
  private final LongSupplier nanoTime;
  private final LaneMaker lanes;
  private final FlowDirector director;
  private final Consumer<Envelope> link;
  private final Map<String, List<OutFlow>> orphans = new HashMap<>();

  FlowRecovery(FlowMeans means, FlowDirector director, Consumer<Envelope> link) {
    this.loop = means.loop();
    this.limits = means.limits();
    this.nanoTime = means.nanoTime();
    this.lanes = means.lanes();
    this.director = director;
    this.link = link;
  }

  /** A bulk flow blocks its lane: it gets one of its own, if one is left. */
  void flowWantsOwnLane(ConnectorOnDevice connector, OutFlow flow) {
    if (connector.reserveBulkLane(limits.bulkLanesMax())) {
      moveToNewLane(
          connector, flow, ConnectorOnDevice.Purpose.OWN, true, connector::bulkLaneMadeOrNot);
    }
  }

  /** A flow's lane died: another one to the same connector, or a new one that all orphans share. */
  void flowOrphaned(ConnectorOnDevice connector, OutFlow flow) {
    if (!director.isLive(flow) || !isOrphan(connector, flow)) {
      return;
    }
    ByteString shared = flow.ownLane ? null : connector.sharedLane();
    if (shared != null) {
      resumeOn(flow, connector, shared);
    } else {
      rescue(connector, flow);
    }
  }

  /** Onto a new lane that all orphans share. */
  private void rescue(ConnectorOnDevice connector, OutFlow flow) {
    if (!director.isLive(flow) || !isOrphan(connector, flow)) {
      return;
    }
    if (flow.ownLane) {
      moveToNewLane(connector, flow, ConnectorOnDevice.Purpose.OWN, false, () -> {});
      return;
    }
    String peer = connector.endpoint().peerId();
    List<OutFlow> waiting = orphans.get(peer);
    if (waiting != null) {
      waiting.add(flow);
      return;
    }
    List<OutFlow> companions = new ArrayList<>();
    orphans.put(peer, companions);
    moveToNewLane(
        connector,
        flow,
        ConnectorOnDevice.Purpose.SHARED,
        false,
        () -> {
          orphans.remove(peer);
          companions.forEach(each -> flowOrphaned(connector, each));
        });
  }

  /**
   * A flow that is open may not go where it was to go. It ends if that is final. Otherwise it stays
   * on the lane that it has, or is tried once more on another one.
   */
  void refused(OutFlow flow, Refused refused) {
    ConnectorOnDevice connector = flow.connector;
    if (connector == null) {
      return;
    }
    if (Reasons.isFinal(refused.getReason())) {
      flow.decisionId = refused.getDecisionId();
      director.lost(connector, flow, refused.getReason());
      return;
    }
    connector.endpoint().abandonMove(flow.id);
    if (refused.getRetryWithLane()) {
      rescue(connector, flow);
    } else {
      tryAgainLater(connector, flow);
    }
  }

  private static boolean isOrphan(ConnectorOnDevice connector, OutFlow flow) {
    Flow live = connector.endpoint().flow(flow.id);
    return live != null && live.laneId() == null;
  }

  private void tryAgainLater(ConnectorOnDevice connector, OutFlow flow) {
    loop.schedule(
        () -> {
          flowOrphaned(connector, flow);
        },
        RETRY_MILLIS,
        TimeUnit.MILLISECONDS);
  }

  private void resumeOn(OutFlow flow, ConnectorOnDevice connector, ByteString laneId) {
    link.accept(
        Envelope.newBuilder().setOpen(flow.resumeMessage(laneId, connector.connectorId())).build());
    connector.endpoint().move(flow.id, laneId, false);
  }

  private void moveToNewLane(
      ConnectorOnDevice connector,
      OutFlow flow,
      ConnectorOnDevice.Purpose purpose,
      boolean bulk,
      Runnable afterwards) {
    LaneRequest request =
        LaneRequest.newBuilder()
            .setLaneId(lanes.newLaneId())
            .setOpen(flow.moveMessage(connector.connectorId(), bulk))
            .setConnectorId(connector.connectorId())
            .build();
    lanes
        .make(request, Set.of(connector.group()))
        .addListener((Future<Lane> made) -> {
          if (!made.isSuccess()) {
            moveFailed(connector, flow, made.cause());
          } else if (!made.getNow().peerId().equals(connector.endpoint().peerId())) {
            made.getNow().close();
            moveFailed(
                connector,
                flow,
                new TunnelException(
                    ReasonCode.LANE_WRONG_CONNECTOR,
                    "another connector of the group answered (expected: the one that has the"
                        + " flow)"));
          } else {
            connector.attach(made.getNow(), purpose, nanoTime.getAsLong());
            connector.endpoint().move(flow.id, made.getNow().id(), bulk);
          }
          afterwards.run();
        });
  }

  /** A bulk flow stays where it is; an orphan is tried again until the endpoint gives it up. */
  private void moveFailed(ConnectorOnDevice connector, OutFlow flow, Throwable cause) {
    ReasonCode reason = LaneMaker.reasonOf(cause);
    LOG.debug("flow {} could not be moved: {}", flow.id, cause.getMessage());
    if (!isOrphan(connector, flow)) {
      return;
    }
    if (Reasons.isFinal(reason)) {
      director.lost(connector, flow, reason);
    } else {
      tryAgainLater(connector, flow);
    }
  }
}
