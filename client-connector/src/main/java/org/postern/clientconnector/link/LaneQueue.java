package org.postern.clientconnector.link;

import com.google.protobuf.ByteString;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.lane.Lane;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.ReasonCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lanes that are being made, and the flows that wait for them. The flow that a lane is made for
 * travels inside its request; those that come meanwhile follow when the lane is there. Confined to
 * the client's loop.
 */
final class LaneQueue {
  private static final Logger LOG = LoggerFactory.getLogger(LaneQueue.class);

  private final LaneMaker lanes;
  private final FlowDirector director;
  private final Map<String, Waiting> byGroup = new HashMap<>();
  private final Map<String, Waiting> byConnector = new HashMap<>();

  /** Flows that wait for one lane. */
  private static final class Waiting {
    final List<OutFlow> flows = new ArrayList<>();
  }

  LaneQueue(LaneMaker lanes, FlowDirector director) {
    this.lanes = lanes;
    this.director = director;
  }

  /**
   * Lets the flow wait for a lane that is being made, or makes one with it.
   *
   * @param wanted connector that the broker prefers; null: any of the flow's groups
   */
  void enter(OutFlow flow, @Nullable String wanted) {
    Waiting waiting = flow.ownLane ? null : waitingFor(flow, wanted);
    if (waiting == null) {
      make(flow, wanted);
    } else {
      waiting.flows.add(flow);
    }
  }

  private @Nullable Waiting waitingFor(OutFlow flow, @Nullable String wanted) {
    Waiting there = wanted == null ? null : byConnector.get(wanted);
    if (there != null) {
      return there;
    }
    if (wanted != null && flow.attempts > 1) {
      return null; // a lane to whoever comes is what it had
    }
    for (String group : flow.groups) {
      Waiting any = byGroup.get(group);
      if (any != null) {
        return any;
      }
    }
    return null;
  }

  private void make(OutFlow flow, @Nullable String wanted) {
    Waiting waiting = new Waiting();
    if (!flow.ownLane) {
      flow.groups.forEach(group -> byGroup.putIfAbsent(group, waiting));
      if (wanted != null) {
        byConnector.put(wanted, waiting);
      }
    }
    long flowId = flow.id;
    ByteString laneId = lanes.newLaneId();
    flow.lane = laneId;
    LaneRequest request =
        LaneRequest.newBuilder()
            .setLaneId(laneId)
            .setOpen(flow.openMessage(ByteString.EMPTY))
            .build();
    lanes
        .make(request, flow.groups)
        .addListener((Future<Lane> made) -> {
          over(waiting);
          if (made.isSuccess()) {
            made(flow, flowId, made.getNow(), waiting);
          } else {
            notMade(flow, flowId, waiting, made.cause());
          }
        });
  }

  private void over(Waiting waiting) {
    byGroup.values().removeIf(each -> each.equals(waiting));
    byConnector.values().removeIf(each -> each.equals(waiting));
  }

  private void made(OutFlow flow, long flowId, Lane lane, Waiting waiting) {
    ConnectorOnDevice connector =
        director.attach(
            lane, flow.ownLane ? ConnectorOnDevice.Purpose.OWN : ConnectorOnDevice.Purpose.SHARED);
    if (flow.id == flowId && flow.state == OutFlow.State.ASKED) {
      director.placeFirst(flow, connector, lane.id());
    }
    admit(waiting, connector, lane.id());
  }

  /** A lane to one of two groups may be of no use to a flow that only the other one serves. */
  private void admit(Waiting waiting, ConnectorOnDevice connector, ByteString laneId) {
    for (OutFlow each : waiting.flows) {
      if (each.state == OutFlow.State.ASKED) {
        if (each.groups.contains(connector.group())) {
          director.openOn(each, connector, laneId);
        } else {
          director.route(each);
        }
      }
    }
  }

  /**
   * The reason is about this one flow perhaps, such as a forbidden port: those that waited ask for
   * themselves, unless they want the very same.
   */
  private void notMade(OutFlow flow, long flowId, Waiting waiting, Throwable cause) {
    ReasonCode reason = LaneMaker.reasonOf(cause);
    LOG.debug("no lane for {}: {}", flow.target, cause.getMessage());
    if (flow.id == flowId) {
      waiting.flows.addFirst(flow);
    }
    for (OutFlow each : waiting.flows) {
      if (each.state != OutFlow.State.ASKED) {
        continue;
      }
      if (each.target.equals(flow.target) && each.transport() == flow.transport()) {
        director.refuse(each, reason, Reasons.sentence(reason));
      } else {
        director.route(each);
      }
    }
  }

  /** Makes a lane to a group before anybody wants one. */
  void warm(String group) {
    if (byGroup.containsKey(group)) {
      return;
    }
    Waiting waiting = new Waiting();
    byGroup.put(group, waiting);
    LaneRequest request =
        LaneRequest.newBuilder().setLaneId(lanes.newLaneId()).setConnectorGroup(group).build();
    lanes
        .make(request, Set.of(group))
        .addListener((Future<Lane> made) -> {
          over(waiting);
          if (made.isSuccess()) {
            Lane lane = made.getNow();
            admit(waiting, director.attach(lane, ConnectorOnDevice.Purpose.SHARED), lane.id());
          } else {
            // The first of them asks for a lane itself, and hears why there is none.
            waiting.flows.stream()
                .filter(each -> each.state == OutFlow.State.ASKED)
                .forEach(director::route);
          }
        });
  }
}
