package org.postern.broker.clientside;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postern.broker.access.Verdict;
import org.postern.broker.rendezvous.ConnectorDesk;
import org.postern.broker.rendezvous.LanePairing;
import org.postern.tunnel.link.BrokerCarrier;
import org.postern.tunnel.message.LaneRefused;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.Open;
import org.postern.tunnel.message.ReasonCode;

/** From a LaneRequest to the pairing, or to the refusal. Confined to the device's loop. */
final class LaneOpening {
  private final ClientSide side;
  private final DeviceOnBroker device;
  private final FlowOpening opening;

  LaneOpening(ClientSide side, DeviceOnBroker device, FlowOpening opening) {
    this.side = side;
    this.device = device;
    this.opening = opening;
  }

  /** A lane request on one of the device's carriers, which is owned by another loop perhaps. */
  void laneRequest(BrokerCarrier carrier, LaneRequest request, Consumer<LanePairing> started) {
    ReasonCode fault = fault(request);
    if (fault != null) {
      refuseLane(carrier, request, fault);
    } else if (request.hasOpen()) {
      laneForFlow(carrier, request, started);
    } else {
      laneBeforehand(carrier, request, started);
    }
  }

  private @Nullable ReasonCode fault(LaneRequest request) {
    if (request.getLaneId().size() != ClientSide.LANE_ID_BYTES
        || device.lanes().get(request.getLaneId()) != null) {
      return ReasonCode.PROTOCOL_ERROR;
    }
    if (device.lanes().size() >= side.limits().lanesPerDeviceMax()) {
      return ReasonCode.RATE_LIMITED;
    }
    return request.hasOpen() ? opening.admissible(request.getOpen()) : null;
  }

  private void laneForFlow(
      BrokerCarrier carrier, LaneRequest request, Consumer<LanePairing> started) {
    Open open = FlowOpening.canonical(request.getOpen());
    switch (opening.decide(open)) {
      case Verdict.Forbidden forbidden -> {
        refuseLane(carrier, request, forbidden.told());
        opening.forbid(open, forbidden);
      }
      case Verdict.Permitted permitted ->
          connectorFor(
              request,
              permitted,
              side.nanoTime() + side.limits().linkGrace().toNanos(),
              connector -> pair(carrier, request, open, permitted, connector, started),
              reason -> {
                refuseLane(carrier, request, reason);
                if (!open.getResume()) {
                  opening.refuseUnasked(open, reason);
                }
              });
    }
  }

  /** A lane that no flow needs yet: to a group that serves something this device may reach. */
  private void laneBeforehand(
      BrokerCarrier carrier, LaneRequest request, Consumer<LanePairing> started) {
    String group = request.getConnectorGroup();
    if (!device.access().connectorGroups().contains(group)) {
      refuseLane(carrier, request, ReasonCode.POLICY_NO_RULE);
      return;
    }
    side.rendezvous()
        .leastBusyOf(List.of(group))
        .ifPresentOrElse(
            connector -> pair(carrier, request, ClientSide.NO_FLOW, connector, started),
            () -> refuseLane(carrier, request, ReasonCode.NO_CONNECTOR));
  }

  /** Waits for a connector that has just lost its link, if only that one will do. */
  private void connectorFor(
      LaneRequest request,
      Verdict.Permitted permitted,
      long deadlineNanos,
      Consumer<ConnectorDesk> found,
      Consumer<ReasonCode> missing) {
    String wanted = request.getConnectorId();
    if (wanted.isEmpty()) {
      Open open = request.getOpen();
      side.rendezvous()
          .choose(
              permitted.connectorGroups(),
              FlowOpening.reaching(permitted, open.getHost(), open.getPort()),
              device.lanes().connectorIds())
          .ifPresentOrElse(found, () -> missing.accept(ReasonCode.NO_CONNECTOR));
      return;
    }
    Optional<ConnectorDesk> connector = side.rendezvous().connector(wanted);
    if (connector.isPresent()) {
      if (permitted.connectorGroups().contains(connector.get().group())) {
        found.accept(connector.get());
      } else {
        missing.accept(ReasonCode.POLICY_CHANGED);
      }
    } else if (side.nanoTime() >= deadlineNanos) {
      missing.accept(ReasonCode.CONNECTOR_GONE);
    } else {
      device
          .loop()
          .schedule(
              () -> connectorFor(request, permitted, deadlineNanos, found, missing),
              ClientSide.CONNECTOR_RETRY_MILLIS,
              TimeUnit.MILLISECONDS);
    }
  }

  private void pair(
      BrokerCarrier carrier,
      LaneRequest request,
      Open open,
      Verdict.Permitted permitted,
      ConnectorDesk connector,
      Consumer<LanePairing> started) {
    opening.grant(open, permitted, connector, request.getLaneId());
    pair(carrier, request, open.getFlowId(), connector, started);
  }

  private void pair(
      BrokerCarrier carrier,
      LaneRequest request,
      long firstFlowId,
      ConnectorDesk connector,
      Consumer<LanePairing> started) {
    LanePairing pairing =
        LanePairing.start(
            carrier,
            request,
            connector,
            side.means(),
            new LaneWatcher(device, request.getLaneId(), firstFlowId));
    device.lanes().put(pairing);
    started.accept(pairing);
  }

  private void refuseLane(BrokerCarrier carrier, LaneRequest request, ReasonCode reason) {
    carrier.refuse(
        LaneRefused.newBuilder().setLaneId(request.getLaneId()).setReason(reason).build());
  }
}
