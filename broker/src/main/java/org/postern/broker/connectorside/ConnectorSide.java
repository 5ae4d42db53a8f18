package org.postern.broker.connectorside;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.postern.broker.rendezvous.ConnectorAdmission;
import org.postern.broker.rendezvous.DeviceDesk;
import org.postern.broker.rendezvous.Rendezvous;
import org.postern.broker.rendezvous.RendezvousLimits;
import org.postern.broker.rendezvous.Renewal;
import org.postern.broker.rendezvous.ServePlanSource;
import org.postern.identity.SpiffeId;
import org.postern.tunnel.link.BrokerCarrier;
import org.postern.tunnel.link.BrokerCarrierListener;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.link.ControlLinkListener;
import org.postern.tunnel.message.CutDone;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.FlowClosed;
import org.postern.tunnel.message.LaneAnswer;
import org.postern.tunnel.message.LaneRefused;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.Opened;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Refused;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives admitted app connectors and keeps them on the map. Safe for any thread.
 *
 * <p>A connector whose link is lost stays known for {@link RendezvousLimits#linkGrace()}: its flows
 * run on lanes of their own and outlive a short break. One that comes back as another process (see
 * {@code instance}) has lost its flows, and devices are told at once.
 */
public final class ConnectorSide {
  private static final Logger LOG = LoggerFactory.getLogger(ConnectorSide.class);

  private final Rendezvous rendezvous;
  private final RendezvousLimits limits;
  private final ServePlanSource plans;
  private final ConnectorAdmission admission;
  private final Renewal renewal;
  private final Map<String, ConnectorOnBroker> latest = new ConcurrentHashMap<>();

  /** Wires the room. */
  public ConnectorSide(
      Rendezvous rendezvous,
      RendezvousLimits limits,
      ServePlanSource plans,
      ConnectorAdmission admission,
      Renewal renewal) {
    this.rendezvous = rendezvous;
    this.limits = limits;
    this.plans = plans;
    this.admission = admission;
    this.renewal = renewal;
  }

  /** A connector's control link was admitted. Runs on the link's loop. */
  public ControlLinkListener onControl(SpiffeId.ConnectorId id, ControlLink link) {
    ConnectorOnBroker connector = new ConnectorOnBroker(id, link, limits, plans::isTakenToBeWell);
    ConnectorOnBroker before = latest.put(id.id(), connector);
    if (before != null) {
      before.lot().close();
      before.link().close(ReasonCode.CONNECTOR_GONE, "replaced by a newer link of this connector");
      if (!before.instance().equals(link.instance())) {
        rendezvous.announceGone(id.id(), ReasonCode.CONNECTOR_GONE);
      }
    }
    rendezvous.arrive(connector);
    LOG.info("connector {} of group {} is linked", id.id(), id.group());
    connector.serve(plans.planFor(id.group()));
    return new Listener(connector);
  }

  /** A connector's carrier was admitted. Runs on the carrier's loop. */
  public BrokerCarrierListener onCarrier(SpiffeId.ConnectorId id, BrokerCarrier carrier) {
    ConnectorOnBroker connector = latest.get(id.id());
    if (connector == null) {
      carrier.close(ReasonCode.UNEXPECTED_MESSAGE, "open the control link before parking carriers");
      return new Unwanted();
    }
    ParkedConnectorCarrier parked = new ParkedConnectorCarrier(carrier, connector.lot());
    connector.lot().park(parked);
    return parked;
  }

  /** Policy changed: every connector learns what it serves now, or that it may no longer. */
  public void policyChanged() {
    for (ConnectorOnBroker connector : latest.values()) {
      admission
          .faultOf(connector.id())
          .ifPresentOrElse(
              reason -> drop(connector, reason),
              () -> connector.serve(plans.planFor(connector.group())));
    }
  }

  /** Connectors that are linked now. */
  public int count() {
    return latest.size();
  }

  /** Says good-bye to every connector. */
  public void stop() {
    for (ConnectorOnBroker connector : latest.values()) {
      connector.link().close(ReasonCode.BROKER_STOPPING, "the broker is stopping");
    }
  }

  private void drop(ConnectorOnBroker connector, ReasonCode reason) {
    connector.link().close(reason, "this app connector is no longer admitted");
    connector.lot().close();
    forget(connector, reason);
  }

  private void lost(ConnectorOnBroker connector, ReasonCode reason) {
    connector.lot().close();
    connector
        .link()
        .eventLoop()
        .schedule(
            () -> forget(connector, reason), limits.linkGrace().toMillis(), TimeUnit.MILLISECONDS);
  }

  private void forget(ConnectorOnBroker connector, ReasonCode reason) {
    latest.remove(connector.connectorId(), connector);
    rendezvous.leave(
        connector, reason == ReasonCode.REASON_UNSPECIFIED ? ReasonCode.CONNECTOR_GONE : reason);
  }

  private final class Listener implements ControlLinkListener {
    private final ConnectorOnBroker connector;

    Listener(ConnectorOnBroker connector) {
      this.connector = connector;
    }

    @Override
    public void onMessage(ControlLink link, Envelope message) {
      switch (message.getBodyCase()) {
        case OPENED -> opened(message.getOpened());
        case REFUSED -> refused(message.getRefused());
        case CUT_DONE -> cutDone(message.getCutDone());
        case FLOW_CLOSED -> flowClosed(message.getFlowClosed());
        case CONNECTOR_REPORT -> connector.report(message.getConnectorReport());
        case RENEW -> renewal.renew(link.peerId(), message.getRenew(), new RenewReply(link));
        case BODY_NOT_SET -> {}
        default ->
            link.close(
                ReasonCode.UNEXPECTED_MESSAGE,
                "message " + message.getBodyCase() + " (expected: one that a connector sends)");
      }
    }

    private void opened(Opened opened) {
      rendezvous
          .device(opened.getDeviceSpiffeId())
          .ifPresent(device -> device.opened(connector.connectorId(), opened));
    }

    private void refused(Refused refused) {
      connector.flows().over(refused.getDeviceSpiffeId(), refused.getFlowId());
      rendezvous
          .device(refused.getDeviceSpiffeId())
          .ifPresent(device -> device.refused(connector.connectorId(), refused));
    }

    private void cutDone(CutDone done) {
      connector.flows().cutDone(done.getDeviceSpiffeId(), done.getFlowId());
      rendezvous
          .device(done.getDeviceSpiffeId())
          .ifPresent((DeviceDesk device) -> device.cutDone(connector.connectorId(), done));
    }

    private void flowClosed(FlowClosed closed) {
      connector.flows().over(closed.getDeviceSpiffeId(), closed.getFlowId());
      rendezvous
          .device(closed.getDeviceSpiffeId())
          .ifPresent(device -> device.closedByConnector(connector.connectorId(), closed));
    }

    @Override
    public void onClosed(ControlLink link, ReasonCode reason, String text) {
      LOG.info("connector {} lost its link: {} {}", connector.connectorId(), reason, text);
      lost(connector, reason);
    }
  }

  private record RenewReply(ControlLink link) implements Renewal.Reply {
    @Override
    public void renewed(org.postern.tunnel.message.Renewed renewed) {
      link.send(Envelope.newBuilder().setRenewed(renewed).build());
    }

    @Override
    public void refused(org.postern.tunnel.message.RenewRefused refused) {
      link.send(Envelope.newBuilder().setRenewRefused(refused).build());
    }
  }

  private static final class Unwanted implements BrokerCarrierListener {
    @Override
    public void onLaneRequest(BrokerCarrier carrier, LaneRequest request) {}

    @Override
    public void onLaneAnswer(BrokerCarrier carrier, LaneAnswer answer) {}

    @Override
    public void onLaneRefused(BrokerCarrier carrier, LaneRefused refused) {}

    @Override
    public void onClosed(BrokerCarrier carrier, ReasonCode reason, String text) {}
  }
}
