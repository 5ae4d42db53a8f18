package org.postern.broker.connectorside;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.postern.broker.rendezvous.CarrierTaker;
import org.postern.broker.rendezvous.ConnectorDesk;
import org.postern.broker.rendezvous.RendezvousLimits;
import org.postern.identity.SpiffeId;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.message.ApplicationHealth;
import org.postern.tunnel.message.ConnectorReport;
import org.postern.tunnel.message.Cut;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.FlowTerms;
import org.postern.tunnel.message.Grant;
import org.postern.tunnel.message.ParkCarriers;
import org.postern.tunnel.message.ServePlan;

/**
 * One app connector, for as long as its control link lives (and {@link
 * RendezvousLimits#linkGrace()} beyond). Safe for any thread: the link hops by itself, the rest is
 * concurrent.
 */
final class ConnectorOnBroker implements ConnectorDesk {
  /** Targets whose health is remembered for one connector. */
  static final int HEALTH_MAX = 20_000;

  private final SpiffeId.ConnectorId id;
  private final String spiffeId;
  private final ControlLink link;
  private final Predicate<String> takenToBeWell;
  private final CarrierLot lot;
  private final Map<Target, ApplicationHealth> health = new ConcurrentHashMap<>();
  private final FlowCount flows = new FlowCount();
  private volatile int reportedLoad;
  private volatile @Nullable ServePlan served;

  private record Target(String host, int port) {}

  ConnectorOnBroker(
      SpiffeId.ConnectorId id,
      ControlLink link,
      RendezvousLimits limits,
      Predicate<String> takenToBeWell) {
    this.takenToBeWell = takenToBeWell;
    this.id = id;
    this.spiffeId = id.toString();
    this.link = link;
    this.lot = new CarrierLot(link.eventLoop(), limits, this::askForCarriers);
  }

  @Override
  public String connectorId() {
    return id.id();
  }

  @Override
  public String group() {
    return id.group();
  }

  @Override
  public String spiffeId() {
    return spiffeId;
  }

  ByteString instance() {
    return link.instance();
  }

  SpiffeId.ConnectorId id() {
    return id;
  }

  /** Sends the plan, unless the connector has it already. */
  void serve(ServePlan plan) {
    ServePlan before = served;
    if (before == null || !before.getApplicationsList().equals(plan.getApplicationsList())) {
      served = plan;
      PlanPieces.of(plan)
          .forEach(piece -> link.send(Envelope.newBuilder().setServePlan(piece).build()));
    }
  }

  ControlLink link() {
    return link;
  }

  CarrierLot lot() {
    return lot;
  }

  @Override
  public boolean reaches(String host, int port) {
    ApplicationHealth reported = health.get(new Target(host, port));
    return reported == null
        || reported.getState() != ApplicationHealth.State.STATE_DOWN
        || takenToBeWell.test(reported.getApplicationId());
  }

  @Override
  public int load() {
    return Math.max(flows.get(), reportedLoad);
  }

  @Override
  public void grant(Grant grant) {
    flows.granted();
    link.send(Envelope.newBuilder().setGrant(grant).build());
  }

  @Override
  public void terms(FlowTerms terms) {
    link.send(Envelope.newBuilder().setFlowTerms(terms).build());
  }

  @Override
  public void cut(Cut cut) {
    flows.cut(cut.getDeviceSpiffeId(), cut.getFlowId());
    link.send(Envelope.newBuilder().setCut(cut).build());
  }

  @Override
  public void takeCarrier(EventLoop preferred, CarrierTaker taker) {
    lot.take(preferred, taker);
  }

  FlowCount flows() {
    return flows;
  }

  void report(ConnectorReport report) {
    reportedLoad = report.getFlows();
    flows.reported(report.getFlows());
    for (ApplicationHealth each : report.getHealthList()) {
      Target target = new Target(each.getHost(), each.getPort());
      if (health.size() < HEALTH_MAX || health.containsKey(target)) {
        health.put(target, each);
      }
    }
  }

  /** What the connector said of its targets, for the administrator. */
  Iterable<ApplicationHealth> health() {
    return health.values();
  }

  private void askForCarriers(int wanted) {
    link.send(
        Envelope.newBuilder().setParkCarriers(ParkCarriers.newBuilder().setWanted(wanted)).build());
  }
}
