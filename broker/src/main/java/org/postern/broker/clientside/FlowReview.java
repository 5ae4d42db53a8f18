package org.postern.broker.clientside;

import java.util.Optional;
import org.postern.broker.access.DeviceAccess;
import org.postern.broker.access.Verdict;
import org.postern.broker.rendezvous.ConnectorDesk;
import org.postern.tunnel.message.FlowTerms;
import org.postern.tunnel.message.Obligations;
import org.postern.tunnel.message.ReasonCode;

/**
 * What a change of policy, session or facts means for a live flow: it ends, or goes on under the
 * terms that hold now. Confined to the device's loop.
 */
final class FlowReview {
  private final ClientSide side;
  private final DeviceOnBroker device;
  private final FlowOpening opening;

  FlowReview(ClientSide side, DeviceOnBroker device, FlowOpening opening) {
    this.side = side;
    this.device = device;
    this.opening = opening;
  }

  /** Why the flow ends; empty if it goes on. */
  Optional<CutCause> again(LiveFlow flow, DeviceAccess before, DeviceAccess now) {
    return switch (opening.review(flow.open)) {
      case Verdict.Forbidden forbidden ->
          Optional.of(CutCause.of(flow.open, forbidden, before, now));
      case Verdict.Permitted permitted ->
          side.rendezvous()
              .connector(flow.connectorId)
              .flatMap(connector -> follow(flow, permitted, connector));
    };
  }

  private Optional<CutCause> follow(
      LiveFlow flow, Verdict.Permitted permitted, ConnectorDesk connector) {
    if (!permitted.connectorGroups().contains(connector.group())) {
      return Optional.of(new CutCause(ReasonCode.POLICY_CONNECTOR_GROUP, ""));
    }
    Obligations wanted = permitted.obligations();
    if (!haveSameTimes(wanted, flow.obligations)) {
      flow.obligations = wanted;
      connector.terms(
          FlowTerms.newBuilder()
              .setFlowId(flow.flowId())
              .setDeviceSpiffeId(device.spiffeId())
              .setObligations(wanted)
              .build());
    }
    return Optional.empty();
  }

  private static boolean haveSameTimes(Obligations left, Obligations right) {
    return left.getIdleTimeoutSeconds() == right.getIdleTimeoutSeconds()
        && left.getAgeMaxSeconds() == right.getAgeMaxSeconds();
  }
}
