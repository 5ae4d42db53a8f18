package org.postern.broker.clientside;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.postern.broker.access.DeviceHosts;
import org.postern.broker.access.FlowAccess;
import org.postern.broker.access.Verdict;
import org.postern.broker.rendezvous.ConnectorDesk;
import org.postern.broker.rendezvous.LanePairing;
import org.postern.policystore.decision.DialTargets;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Grant;
import org.postern.tunnel.message.Open;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Refused;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From OPEN to the grant, or to the refusal. Confined to the device's loop. */
final class FlowOpening {
  private static final Logger LOG = LoggerFactory.getLogger(FlowOpening.class);

  /** Characters of a host that no name can have. */
  private static final int HOST_KEPT = 253;

  private final ClientSide side;
  private final DeviceOnBroker device;
  private final TokenBucket opens;
  private final DenialNotes notes;

  FlowOpening(ClientSide side, DeviceOnBroker device) {
    this.side = side;
    this.device = device;
    this.notes = new DenialNotes(side.nanoTime());
    this.opens = new TokenBucket(side.limits().opensPerSecond(), side.nanoTime());
  }

  void open(Open raw) {
    ReasonCode fault = admissible(raw);
    if (fault != null) {
      refuseUnasked(raw, fault);
      return;
    }
    Open open = canonical(raw);
    switch (decide(open)) {
      case Verdict.Forbidden forbidden -> forbid(open, forbidden);
      case Verdict.Permitted permitted -> seat(open, permitted);
    }
  }

  /** Refuses what policy is not asked about. */
  void refuseUnasked(Open open, ReasonCode fault) {
    String decisionId = side.decisionIds().next();
    if (notes.mayKeepFault(side.nanoTime())) {
      String host = open.getHost();
      device
          .access()
          .keepFault(
              decisionId,
              host.substring(0, Math.min(host.length(), HOST_KEPT)),
              open.getPort(),
              fault);
    }
    refuse(open.getFlowId(), fault, decisionId);
  }

  /**
   * The id of the decision that ends a flow, which is kept; the flow's own if it is not policy that
   * ends it.
   */
  String decisionThatEnds(LiveFlow flow) {
    if (review(flow.open) instanceof Verdict.Permitted) {
      return flow.decisionId;
    }
    String decisionId = side.decisionIds().next();
    Open open = flow.open;
    device.access().keep(decisionId, open.getHost(), open.getPort(), open.getTransport());
    return decisionId;
  }

  @Nullable ReasonCode admissible(Open open) {
    if (!opens.tryTake(side.nanoTime())) {
      return ReasonCode.RATE_LIMITED;
    }
    ReasonCode fault = FlowDesk.fault(open);
    if (fault != null) {
      return fault;
    }
    LiveFlow existing = device.flows().get(open.getFlowId());
    if (existing != null && !(open.getResume() && existing.isFor(canonical(open)))) {
      return ReasonCode.PROTOCOL_ERROR;
    }
    if (device.flows().size() >= side.limits().flowsPerDeviceMax()) {
      return ReasonCode.TOO_MANY_FLOWS;
    }
    return null;
  }

  static Open canonical(Open open) {
    String host = DeviceHosts.canonical(open.getHost());
    return host.equals(open.getHost()) ? open : open.toBuilder().setHost(host).build();
  }

  Verdict decide(Open open) {
    return device.access().decide(open.getHost(), open.getPort(), open.getTransport());
  }

  /** May a live flow go on? */
  Verdict review(Open open) {
    return device.access().review(open.getHost(), open.getPort(), open.getTransport());
  }

  /** Forbidden and unknown look alike to the device; only the log knows which. */
  void forbid(Open open, Verdict.Forbidden forbidden) {
    String decisionId = side.decisionIds().next();
    LOG.info(
        "denied {} {}:{} decision {} {} rule \"{}\"",
        device.spiffeId(),
        open.getHost(),
        open.getPort(),
        decisionId,
        forbidden.reason(),
        forbidden.rule());
    device.access().keep(decisionId, open.getHost(), open.getPort(), open.getTransport());
    device
        .link()
        .send(
            Envelope.newBuilder()
                .setRefused(
                    Refused.newBuilder()
                        .setFlowId(open.getFlowId())
                        .setReason(forbidden.told())
                        .setText(forbidden.message())
                        .setDecisionId(decisionId))
                .build());
  }

  /** A flow on a lane that the device already has. */
  private void seat(Open open, Verdict.Permitted permitted) {
    LanePairing lane = device.lanes().get(open.getLaneId());
    if (lane == null || !hasRoomFor(open, permitted)) {
      sendElsewhere(open, permitted);
      return;
    }
    ConnectorDesk connector =
        side.rendezvous().connector(lane.connector().connectorId()).orElse(null);
    if (connector == null || !permitted.connectorGroups().contains(connector.group())) {
      sendElsewhere(open, permitted);
      return;
    }
    if (open.getResume() && !open.getConnectorId().equals(connector.connectorId())) {
      sendElsewhere(open, permitted);
      return;
    }
    if (!open.getResume() && shouldGoElsewhere(open, permitted, connector)) {
      sendElsewhere(open, permitted);
      return;
    }
    grant(open, permitted, connector, open.getLaneId());
  }

  /** Whoever demands a lane of its own has it alone. */
  private boolean hasRoomFor(Open open, Verdict.Permitted permitted) {
    if (device.lanes().isReservedFromFlow(open.getLaneId(), open.getFlowId())) {
      return false;
    }
    return !permitted.obligations().getLanePerFlow()
        || device.flows().onLane(open.getLaneId()).stream()
            .allMatch(each -> each.flowId() == open.getFlowId());
  }

  /**
   * Permitted, but not on this lane; says on whose, so that the device need not ask twice. The
   * decision is kept as any other.
   */
  private void sendElsewhere(Open open, Verdict.Permitted permitted) {
    String whose =
        side.rendezvous()
            .choose(
                permitted.connectorGroups(),
                reaching(permitted, open.getHost(), open.getPort()),
                device.lanes().connectorIds())
            .map(ConnectorDesk::connectorId)
            .orElse("");
    String decisionId = side.decisionIds().next();
    device.access().keep(decisionId, open.getHost(), open.getPort(), open.getTransport());
    device
        .link()
        .send(
            Envelope.newBuilder()
                .setRefused(
                    Refused.newBuilder()
                        .setFlowId(open.getFlowId())
                        .setReason(ReasonCode.LANE_UNKNOWN)
                        .setDecisionId(decisionId)
                        .setRetryWithLane(true)
                        .setConnectorId(open.getResume() ? open.getConnectorId() : whose))
                .build());
  }

  /** Whether a connector reaches anything that it may dial for a target. */
  static Predicate<ConnectorDesk> reaching(Verdict.Permitted permitted, String host, int port) {
    return desk -> permitted.targets(desk.group()).any(host, port, desk::reaches);
  }

  /** The lane's connector cannot reach the target, or is far busier, and another one is better. */
  private boolean shouldGoElsewhere(
      Open open, Verdict.Permitted permitted, ConnectorDesk connector) {
    Optional<ConnectorDesk> best =
        side.rendezvous()
            .choose(
                permitted.connectorGroups(),
                reaching(permitted, open.getHost(), open.getPort()),
                List.of(connector.connectorId()));
    return best.isPresent() && !best.get().connectorId().equals(connector.connectorId());
  }

  void grant(Open open, Verdict.Permitted permitted, ConnectorDesk connector, ByteString laneId) {
    DialTargets targets = permitted.targets(connector.group());
    LiveFlow flow =
        new LiveFlow(
            open,
            connector.connectorId(),
            laneId,
            side.decisionIds().next(),
            permitted.applicationId(),
            permitted.obligations(),
            side.clockMillis());
    if (permitted.obligations().getLanePerFlow()) {
      device.lanes().reserve(laneId, open.getFlowId());
    }
    flow.deadlineNanos = side.nanoTime() + side.limits().openAnswerTimeout().toNanos();
    device.access().keep(flow.decisionId, open.getHost(), open.getPort(), open.getTransport());
    device.track(flow);
    device.sweepSoon();
    connector.grant(
        Grant.newBuilder()
            .setFlowId(open.getFlowId())
            .setLaneId(laneId)
            .setDeviceSpiffeId(device.spiffeId())
            .setApplicationId(permitted.applicationId())
            .setHost(open.getHost())
            .setPort(open.getPort())
            .setTransport(open.getTransport())
            .setResume(open.getResume())
            .setAlone(open.getAlone())
            .setObligations(permitted.obligations())
            .setDecisionId(flow.decisionId)
            .addAllServers(FlowAccess.servers(targets))
            .setServersOnly(!targets.host())
            .setExpiresUnixMillis(side.clockMillis() + side.limits().openAnswerTimeout().toMillis())
            .build());
  }

  void refuse(long flowId, ReasonCode reason, String decisionId) {
    device
        .link()
        .send(
            Envelope.newBuilder()
                .setRefused(
                    Refused.newBuilder()
                        .setFlowId(flowId)
                        .setReason(reason)
                        .setDecisionId(decisionId))
                .build());
  }
}
