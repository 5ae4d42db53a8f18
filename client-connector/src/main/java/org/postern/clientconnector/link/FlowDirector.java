package org.postern.clientconnector.link;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.postern.clientconnector.local.EarlyInbound;
import org.postern.tunnel.flow.EarlyData;
import org.postern.tunnel.flow.FlowLimits;
import org.postern.tunnel.flow.FlowRole;
import org.postern.tunnel.flow.FlowSummary;
import org.postern.tunnel.flow.FlowTimes;
import org.postern.tunnel.flow.MemoryBudget;
import org.postern.tunnel.lane.FlowEndpoint;
import org.postern.tunnel.lane.FlowListener;
import org.postern.tunnel.lane.Lane;
import org.postern.tunnel.message.Cut;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.FlowClosed;
import org.postern.tunnel.message.Opened;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Refused;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides which lane each flow takes, from its opening to its end. Confined to the client's loop.
 *
 * <p>A flow goes onto a shared lane to a connector that may serve it. The first one to a connector
 * travels inside the lane's own request. A bulk flow is moved to a lane of its own; a flow whose
 * lane died is resumed on another lane to the same connector.
 */
final class FlowDirector {
  private static final Logger LOG = LoggerFactory.getLogger(FlowDirector.class);

  private final EventLoop loop;
  private final EventLoopGroup bulkLoops;
  private final LinkLimits limits;
  private final FlowLimits flowLimits;
  private final MemoryBudget memory;
  private final LongSupplier nanoTime;
  private final Consumer<Envelope> link;
  private final FlowEnds ends;
  private final Map<Long, OutFlow> flows = new HashMap<>();
  private final Routes routes;
  private final LaneQueue queue;
  private final FlowRecovery recovery;
  private long nextFlowId;

  FlowDirector(FlowMeans means, Consumer<Envelope> link, FlowEnds ends) {
    this.loop = means.loop();
    this.limits = means.limits();
    this.flowLimits = means.flowLimits();
    this.memory = means.memory();
    this.nanoTime = means.nanoTime();
    this.bulkLoops = means.bulkLoops();
    this.link = link;
    this.ends = ends;
    this.routes = new Routes(means.limits().targetsRememberedMax());
    this.queue = new LaneQueue(means.lanes(), this);
    this.recovery = new FlowRecovery(means, this, link);
  }

  FlowEndpoint newEndpoint(String peerId, FlowListener listener) {
    return new FlowEndpoint(
        new FlowEndpoint.Config(
            loop, bulkLoops, peerId, FlowRole.DEVICE, flowLimits, memory, nanoTime),
        listener);
  }

  long newFlowId() {
    return ++nextFlowId;
  }

  List<OutFlow> liveFlows() {
    return List.copyOf(flows.values());
  }

  int laneCount() {
    return routes.all().stream().mapToInt(ConnectorOnDevice::laneCount).sum();
  }

  // -- opening

  /** Opens a flow to a target that these groups may serve. */
  void open(OutFlow flow, Set<String> groups, boolean ownLane) {
    flows.put(flow.id, flow);
    flow.groups = groups;
    flow.ownLane = ownLane;
    flow.deadline =
        loop.schedule(() -> giveUp(flow), limits.openTimeout().toMillis(), TimeUnit.MILLISECONDS);
    route(flow);
  }

  private void giveUp(OutFlow flow) {
    if (flow.state == OutFlow.State.ASKED || flow.state == OutFlow.State.ON_LANE) {
      refuse(flow, ReasonCode.ANSWER_TIMEOUT, "nobody answered in time");
    }
  }

  /** Onto a lane that is there, else onto one that is made. */
  void route(OutFlow flow) {
    Routes.Seat seat = flow.ownLane ? null : routes.seat(flow);
    if (seat != null) {
      openOn(flow, seat.connector(), seat.lane());
    } else {
      queue.enter(flow, routes.preferred(flow.target));
    }
  }

  void openOn(OutFlow flow, ConnectorOnDevice connector, ByteString laneId) {
    link.accept(Envelope.newBuilder().setOpen(flow.openMessage(laneId)).build());
    place(flow, connector, laneId);
  }

  /** A lane is there. */
  ConnectorOnDevice attach(Lane lane, ConnectorOnDevice.Purpose purpose) {
    ConnectorOnDevice connector = routes.at(lane, this);
    connector.attach(lane, purpose, nanoTime.getAsLong());
    return connector;
  }

  /** The flow that asked for the lane: the answer to it may be here already. */
  void placeFirst(OutFlow flow, ConnectorOnDevice connector, ByteString laneId) {
    place(flow, connector, laneId);
    Opened early = flow.opened;
    if (early != null) {
      opened(early);
    }
  }

  /** Hands the local end to the endpoint: its bytes may leave before the answer is here. */
  private void place(OutFlow flow, ConnectorOnDevice connector, ByteString laneId) {
    flow.connector = connector;
    flow.lane = laneId;
    flow.state = OutFlow.State.ON_LANE;
    Object placed =
        switch (flow.local) {
          case OutFlow.Local.Tcp tcp ->
              connector.endpoint().openTcp(flow.id, laneId, tcp.channel());
          case OutFlow.Local.Udp udp -> connector.endpoint().openUdp(flow.id, laneId, udp.end());
        };
    if (placed != null && flow.local instanceof OutFlow.Local.Udp(WaitingAssociation waiting)) {
      waiting.placed();
    }
    if (placed == null) {
      flow.connector = null;
      refuse(flow, ReasonCode.TOO_MANY_FLOWS, Reasons.sentence(ReasonCode.TOO_MANY_FLOWS));
    }
  }

  /** Makes a lane to a group before anybody wants one. */
  void warm(String group) {
    if (!routes.hasSharedLane(group)) {
      queue.warm(group);
    }
  }

  // -- what the broker says

  void opened(Opened opened) {
    OutFlow flow = flows.get(opened.getFlowId());
    if (flow == null) {
      return;
    }
    flow.decisionId = opened.getDecisionId();
    ConnectorOnDevice connector = flow.connector;
    if (connector == null) {
      flow.opened = opened;
      return;
    }
    if (!opened.getConnectorId().equals(connector.connectorId())) {
      return;
    }
    // The device keeps to the idle limit as the connector does; the age is the connector's affair.
    FlowTimes times =
        new FlowTimes(Duration.ofSeconds(opened.getIdleTimeoutSeconds()), Duration.ZERO);
    if (flow.state == OutFlow.State.OPEN) {
      // Said again: it was resumed, or has other limits now.
      connector.endpoint().setTimes(flow.id, times);
      return;
    }
    if (flow.state != OutFlow.State.ON_LANE) {
      return;
    }
    flow.opened();
    if (flow.local instanceof OutFlow.Local.Tcp tcp) {
      tcp.listener().onOpened();
    }
    connector.endpoint().onOpened(flow.id, times);
  }

  void refused(Refused refused) {
    OutFlow flow = flows.get(refused.getFlowId());
    if (flow == null) {
      return;
    }
    if (flow.state == OutFlow.State.OPEN) {
      recovery.refused(flow, refused);
      return;
    }
    if (refused.getRetryWithLane() && retry(flow, refused)) {
      return;
    }
    flow.decisionId = refused.getDecisionId();
    String text =
        refused.getText().isEmpty() ? Reasons.sentence(refused.getReason()) : refused.getText();
    refuse(flow, refused.getReason(), text);
  }

  /**
   * Tries a flow on another lane, with all that its program sent already. False when it was tried
   * often enough, or when the connector has acted on it: then it would be opened twice.
   */
  private boolean retry(OutFlow flow, Refused refused) {
    if (flow.attempts >= limits.openAttemptsMax()) {
      return false;
    }
    flows.remove(flow.id);
    ConnectorOnDevice connector = flow.connector;
    if (connector != null && !takeBack(flow, connector)) {
      flows.put(flow.id, flow);
      return false;
    }
    LOG.debug("flow {} to {} goes to another lane", flow.id, flow.target);
    flow.again(newFlowId());
    flows.put(flow.id, flow);
    routes.prefer(flow.target, refused.getConnectorId());
    route(flow);
    return true;
  }

  private static boolean takeBack(OutFlow flow, ConnectorOnDevice connector) {
    return switch (flow.local) {
      case OutFlow.Local.Tcp tcp -> {
        EarlyData early = connector.endpoint().withdraw(flow.id);
        if (early != null) {
          EarlyInbound.hold(tcp.channel(), early);
        }
        yield early != null;
      }
      case OutFlow.Local.Udp udp -> {
        udp.end().withdraw();
        boolean done = connector.endpoint().withdraw(flow.id) != null;
        udp.end().withdrawn(done);
        yield done;
      }
    };
  }

  void cut(Cut cut) {
    OutFlow flow = flows.get(cut.getFlowId());
    if (flow == null) {
      ends.explained(cut);
      return;
    }
    flow.decisionId = cut.getDecisionId();
    String text = cut.getText().isEmpty() ? Reasons.sentence(cut.getReason()) : cut.getText();
    ConnectorOnDevice connector = flow.connector;
    if (connector == null || flow.state == OutFlow.State.ASKED) {
      refuse(flow, cut.getReason(), text);
      return;
    }
    finish(flow, cut.getReason(), text);
    connector.endpoint().reset(flow.id, cut.getReason());
  }

  /**
   * This device is not admitted any more: every flow ends, for that reason. The broker says so of
   * each, but its words are lost when the link breaks on the way.
   */
  void notAdmitted(ReasonCode reason) {
    for (OutFlow flow : liveFlows()) {
      refuse(flow, reason, Reasons.sentence(reason));
    }
  }

  void refuse(OutFlow flow, ReasonCode reason, String text) {
    OutFlow.State before = flow.state;
    finish(flow, reason, text);
    ConnectorOnDevice connector = flow.connector;
    if (connector != null && before != OutFlow.State.ASKED) {
      connector.endpoint().reset(flow.id, reason);
    }
    if (before != OutFlow.State.OPEN) {
      flow.refuse(reason, text);
    }
  }

  private void finish(OutFlow flow, ReasonCode reason, String text) {
    if (flow.state == OutFlow.State.OPEN) {
      flow.broken(reason, text);
    }
    flow.ended();
    flows.remove(flow.id);
    ends.ended(flow, reason, text);
  }

  /** The program has no more use for it. */
  void closeByProgram(OutFlow flow) {
    ConnectorOnDevice connector = flow.connector;
    if (connector != null) {
      connector.endpoint().reset(flow.id, ReasonCode.LOCAL_RESET);
    } else if (flow.state != OutFlow.State.ENDED) {
      flows.remove(flow.id);
      flow.refuse(ReasonCode.LOCAL_RESET, "closed by the program");
    }
  }

  // -- what lanes and flows do

  void flowEnded(ConnectorOnDevice connector, FlowSummary summary) {
    OutFlow flow = flows.remove(summary.flowId());
    link.accept(
        Envelope.newBuilder()
            .setFlowClosed(
                FlowClosed.newBuilder()
                    .setFlowId(summary.flowId())
                    .setBytesToApplication(summary.bytesToPeer())
                    .setBytesFromApplication(summary.bytesFromPeer())
                    .setReason(summary.reason()))
            .build());
    if (flow != null) {
      boolean neverOpened = flow.state == OutFlow.State.ON_LANE;
      flow.ended();
      if (neverOpened) {
        flow.refuse(summary.reason(), Reasons.sentence(summary.reason()));
      }
      if (!summary.clean() && summary.endedBy() != FlowSummary.EndedBy.LOCAL) {
        if (!neverOpened) {
          flow.broken(summary.reason(), Reasons.sentence(summary.reason()));
        }
        ends.ended(flow, summary.reason(), Reasons.sentence(summary.reason()));
      }
    }
    routes.forgetThoseThatAreOver();
  }

  void flowWantsOwnLane(ConnectorOnDevice connector, long flowId) {
    OutFlow flow = flows.get(flowId);
    if (flow != null) {
      recovery.flowWantsOwnLane(connector, flow);
    }
  }

  void flowOrphaned(ConnectorOnDevice connector, long flowId) {
    OutFlow flow = flows.get(flowId);
    if (flow != null) {
      recovery.flowOrphaned(connector, flow);
    }
  }

  /** A flow that cannot be resumed: the far end is gone for good. */
  void lost(ConnectorOnDevice connector, OutFlow flow, ReasonCode reason) {
    finish(flow, reason, Reasons.sentence(reason));
    connector.endpoint().reset(flow.id, reason);
  }

  void laneClosed(ConnectorOnDevice connector, ReasonCode reason, String text) {
    LOG.debug("lane to {} closed: {} {}", connector.connectorId(), reason, text);
    routes.forgetThoseThatAreOver();
  }

  /** Closes lanes that are of no more use. */
  void tidy() {
    for (ConnectorOnDevice connector : routes.all()) {
      connector.closeUnused(nanoTime.getAsLong(), limits.laneIdle().toNanos());
    }
  }

  /** Ends everything. */
  void close(ReasonCode reason) {
    for (ConnectorOnDevice connector : routes.all()) {
      connector.endpoint().close(reason);
    }
    for (OutFlow flow : liveFlows()) {
      refuse(flow, reason, Reasons.sentence(reason));
    }
  }

  boolean isLive(OutFlow flow) {
    return flows.get(flow.id) == flow;
  }
}
