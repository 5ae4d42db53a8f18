package org.postern.appconnector.link;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.postern.appconnector.health.HealthTarget;
import org.postern.appconnector.upstream.DialOutcome;
import org.postern.appconnector.upstream.UdpAssociation;
import org.postern.appconnector.upstream.Upstream;
import org.postern.tunnel.flow.FlowKind;
import org.postern.tunnel.flow.FlowRole;
import org.postern.tunnel.flow.FlowSummary;
import org.postern.tunnel.flow.FlowTimes;
import org.postern.tunnel.flow.GrantOutcome;
import org.postern.tunnel.lane.Flow;
import org.postern.tunnel.lane.FlowEndpoint;
import org.postern.tunnel.lane.FlowListener;
import org.postern.tunnel.lane.Lane;
import org.postern.tunnel.message.Cut;
import org.postern.tunnel.message.FlowClosed;
import org.postern.tunnel.message.FlowTerms;
import org.postern.tunnel.message.Grant;
import org.postern.tunnel.message.Obligations;
import org.postern.tunnel.message.Opened;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Transport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One device as this connector sees it: its lanes, and the flows that grants let in on them. Lives
 * from its first lane until it has neither lanes nor flows. Confined to its event loop.
 */
final class DeviceOnConnector implements FlowListener {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceOnConnector.class);

  private final String deviceId;
  private final EventLoop loop;
  private final Upstream upstream;
  private final Serving serving;
  private final Consumer<DeviceOnConnector> onIdle;
  private final FlowEndpoint endpoint;
  private final Set<ByteString> lanes = new HashSet<>();
  private final Map<Long, GrantedFlow> flows = new HashMap<>();

  /** Flows that demand a lane of their own, by their lane. */
  private final Map<ByteString, Long> ownLanes = new HashMap<>();

  /** Reasons to stay that are on their way; owned by {@link Devices}, changed under its lock. */
  int claims;

  /**
   * @param upstream of the loop that will own this
   * @param onIdle told whenever neither lanes nor flows are left
   */
  DeviceOnConnector(
      String deviceId, Upstream upstream, Serving serving, Consumer<DeviceOnConnector> onIdle) {
    this.deviceId = deviceId;
    this.loop = upstream.eventLoop();
    this.upstream = upstream;
    this.serving = serving;
    this.onIdle = onIdle;
    this.endpoint =
        new FlowEndpoint(
            new FlowEndpoint.Config(
                loop,
                serving.bulkLoops(),
                deviceId,
                FlowRole.CONNECTOR,
                serving.limits().flow(),
                serving.memory(),
                serving.nanoTime()),
            this);
  }

  /** SPIFFE id. */
  String id() {
    return deviceId;
  }

  EventLoop eventLoop() {
    return loop;
  }

  boolean isBusy() {
    return !lanes.isEmpty() || !flows.isEmpty();
  }

  /**
   * A lane proved to be this device's.
   *
   * @return the grants that waited for it, to be looked at again; empty if it was refused
   */
  List<Grant> onLane(Lane lane) {
    List<Grant> waited = serving.lanes().attach(lane.id(), this);
    if (waited == null) {
      LOG.info("lane of {} closed: a lane of the same id is here already", deviceId);
      lane.close();
      return List.of();
    }
    if (lanes.size() >= serving.limits().connector().link().lanesPerDevice()) {
      LOG.info("lane of {} closed: the device has {} lanes, its limit", deviceId, lanes.size());
      serving.lanes().detach(lane.id(), this);
      waited.forEach(
          grant -> refuse(grant, ReasonCode.CONNECTOR_OVERLOADED, "the device has too many lanes"));
      lane.close();
      return List.of();
    }
    lanes.add(lane.id());
    endpoint.attachLane(lane.id(), lane.peerId(), lane.channel());
    lane.start();
    return waited;
  }

  /** A grant for this device and one of its lanes, checked as far as it can be without the flow. */
  void onGrant(Grant grant) {
    if (grant.getResume()) {
      onResume(grant);
      return;
    }
    if (sharesAgainstObligation(grant)) {
      return;
    }
    if (!serving.flows().tryAdd()) {
      refuse(grant, ReasonCode.CONNECTOR_OVERLOADED, "this connector has all the flows it may");
      return;
    }
    GrantOutcome outcome =
        endpoint.grant(grant.getFlowId(), grant.getLaneId(), kind(grant), times(grant));
    if (outcome == GrantOutcome.GRANTED) {
      GrantedFlow flow = new GrantedFlow(grant);
      flows.put(grant.getFlowId(), flow);
      dial(flow);
      return;
    }
    serving.flows().remove();
    refuse(outcome, grant);
  }

  /** A flow that demands a lane of its own has it alone, whatever device and broker agree on. */
  private boolean sharesAgainstObligation(Grant grant) {
    Long owner = ownLanes.get(grant.getLaneId());
    Flow here = endpoint.flow(grant.getFlowId());
    int others = endpoint.flowsOn(grant.getLaneId());
    if (here != null && grant.getLaneId().equals(here.laneId())) {
      others--;
    }
    boolean demands = grant.getObligations().getLanePerFlow();
    if ((owner != null && owner != grant.getFlowId()) || (demands && others > 0)) {
      refuse(
          grant,
          ReasonCode.PROTOCOL_ERROR,
          "the application demands a lane of its own for each flow (expected: a lane without"
              + " flows)");
      return true;
    }
    if (demands) {
      ownLanes.put(grant.getLaneId(), grant.getFlowId());
    }
    return false;
  }

  private void onResume(Grant grant) {
    GrantedFlow flow = flows.get(grant.getFlowId());
    if (flow == null || !flow.isFor(grant)) {
      refuse(grant, ReasonCode.RESUME_UNKNOWN_FLOW, "this device has no such flow here");
      return;
    }
    if (sharesAgainstObligation(grant)) {
      return;
    }
    GrantOutcome outcome =
        endpoint.grantResume(
            grant.getFlowId(),
            grant.getLaneId(),
            grant.getAlone() && endpoint.flowsOn(grant.getLaneId()) == 0);
    if (outcome != GrantOutcome.GRANTED) {
      refuse(outcome, grant);
      return;
    }
    flow.grant = grant;
    endpoint.setTimes(grant.getFlowId(), times(grant));
    if (flow.open) {
      opened(flow);
    }
  }

  private void refuse(GrantOutcome outcome, Grant grant) {
    switch (outcome) {
      case GRANTED -> throw new AssertionError("granted is no refusal");
      case ALREADY_RESET ->
          refuse(grant, ReasonCode.LOCAL_RESET, "the device gave the flow up already");
      case UNKNOWN_LANE ->
          serving.outbox().refusedLane(grant, ReasonCode.GRANT_UNKNOWN_LANE, "the lane is gone");
      case DUPLICATE ->
          refuse(grant, ReasonCode.PROTOCOL_ERROR, "the device has a flow of that id already");
      case TOO_MANY_FLOWS ->
          refuse(grant, ReasonCode.TOO_MANY_FLOWS, "the device has all the flows it may");
      case UNKNOWN_FLOW ->
          refuse(grant, ReasonCode.RESUME_UNKNOWN_FLOW, "this device has no such flow here");
    }
  }

  private void refuse(Grant grant, ReasonCode reason, String text) {
    LOG.debug("flow {} of {} refused: {} {}", grant.getFlowId(), deviceId, reason, text);
    serving.outbox().refused(grant, reason, text);
  }

  private void dial(GrantedFlow flow) {
    String application = flow.grant.getApplicationId();
    int spread = deviceId.hashCode() + (int) flow.grant.getFlowId();
    Future<DialOutcome> dial =
        flow.isUdp()
            ? upstream.dialUdp(flow.targets(), spread)
            : upstream.dialTcp(
                flow.targets(),
                spread,
                (target, outcome) ->
                    serving
                        .health()
                        .onDial(
                            new HealthTarget(application, target.host(), target.port()), outcome));
    flow.dial = dial;
    dial.addListener((Future<DialOutcome> done) -> onDialed(flow, done));
  }

  private void onDialed(GrantedFlow flow, Future<DialOutcome> done) {
    if (!done.isSuccess()) {
      return;
    }
    DialOutcome outcome = done.getNow();
    Grant grant = flow.grant;
    switch (outcome) {
      case DialOutcome.Connected connected -> onConnected(flow, connected);
      case DialOutcome.Failed failed -> {
        if (flows.remove(grant.getFlowId(), flow)) {
          serving.flows().remove();
          endpoint.refuse(grant.getFlowId(), failed.reason());
          refuse(grant, failed.reason(), failed.text());
          sweep();
        }
      }
    }
  }

  private void onConnected(GrantedFlow flow, DialOutcome.Connected connected) {
    long flowId = flow.grant.getFlowId();
    if (flows.get(flowId) != flow) {
      connected.channel().close();
      return;
    }
    // Told first: attaching may end the flow at once, and its end must come after its beginning.
    flow.open = true;
    opened(flow);
    boolean attached;
    if (flow.isUdp()) {
      UdpAssociation association = new UdpAssociation(connected.channel());
      attached = endpoint.attach(flowId, association);
      Flow live = endpoint.flow(flowId);
      if (attached && live != null) {
        association.start(live);
      }
    } else {
      attached = endpoint.attach(flowId, connected.channel());
    }
    if (!attached && flows.remove(flowId, flow)) {
      connected.channel().close();
      serving.flows().remove();
      closed(flow, 0, 0, ReasonCode.LOCAL_RESET);
      sweep();
    }
  }

  private void opened(GrantedFlow flow) {
    Grant grant = flow.grant;
    serving
        .outbox()
        .opened(
            Opened.newBuilder()
                .setFlowId(grant.getFlowId())
                .setConnectorId(serving.self().id())
                .setConnectorGroup(serving.self().group())
                .setLaneId(grant.getLaneId())
                .setDeviceSpiffeId(deviceId)
                .setDecisionId(grant.getDecisionId())
                .setApplicationId(grant.getApplicationId())
                .setIdleTimeoutSeconds(Math.toIntExact(times(grant).idleTimeout().toSeconds()))
                .build());
  }

  private void closed(GrantedFlow flow, long toApplication, long fromApplication, ReasonCode why) {
    serving
        .outbox()
        .closed(
            FlowClosed.newBuilder()
                .setFlowId(flow.grant.getFlowId())
                .setDeviceSpiffeId(deviceId)
                .setBytesToApplication(toApplication)
                .setBytesFromApplication(fromApplication)
                .setReason(why)
                .build());
  }

  /** A live flow has other limits from now on. Unknown flows are ignored. */
  void onTerms(FlowTerms terms) {
    GrantedFlow flow = flows.get(terms.getFlowId());
    if (flow != null) {
      flow.grant = flow.grant.toBuilder().setObligations(terms.getObligations()).build();
      endpoint.setTimes(terms.getFlowId(), times(flow.grant));
      if (flow.open) {
        opened(flow);
      }
    }
  }

  /** The broker withdraws a flow: it is gone, at both ends, before the answer leaves. */
  void onCut(Cut cut) {
    if (flows.containsKey(cut.getFlowId())) {
      LOG.info("flow {} of {} cut: {}", cut.getFlowId(), deviceId, cut.getReason());
    }
    endpoint.reset(cut.getFlowId(), cut.getReason(), () -> serving.outbox().cutDone(cut));
  }

  /** The connector stops. */
  void close(ReasonCode reason) {
    endpoint.close(reason);
  }

  @Override
  public void onFlowClosed(FlowSummary summary) {
    GrantedFlow flow = flows.remove(summary.flowId());
    if (flow == null) {
      return;
    }
    serving.flows().remove();
    if (flow.open) {
      closed(flow, summary.bytesFromPeer(), summary.bytesToPeer(), summary.reason());
    } else {
      if (flow.dial != null) {
        flow.dial.cancel(false);
      }
      refuse(flow.grant, summary.reason(), "the flow ended while its target was dialled");
    }
    sweep();
  }

  @Override
  public void onLaneClosed(ByteString laneId, ReasonCode reason, String text) {
    LOG.debug("lane of {} closed: {} {}", deviceId, reason, text);
    serving.lanes().detach(laneId, this);
    lanes.remove(laneId);
    ownLanes.remove(laneId);
    sweep();
  }

  private void sweep() {
    if (!isBusy()) {
      onIdle.accept(this);
    }
  }

  private static FlowKind kind(Grant grant) {
    return grant.getTransport() == Transport.TRANSPORT_UDP ? FlowKind.UDP : FlowKind.TCP;
  }

  private FlowTimes times(Grant grant) {
    Obligations obligations = grant.getObligations();
    Duration unasked =
        grant.getTransport() == Transport.TRANSPORT_UDP
            ? serving.limits().connector().udp().idle()
            : serving.limits().connector().link().tcpIdle();
    int idleSeconds = obligations.getIdleTimeoutSeconds();
    return new FlowTimes(
        idleSeconds > 0 ? Duration.ofSeconds(idleSeconds) : unasked,
        Duration.ofSeconds(Math.max(0, obligations.getAgeMaxSeconds())));
  }
}
