package org.postern.broker.clientside;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.postern.broker.access.DecisionIds;
import org.postern.broker.access.DeviceAccess;
import org.postern.broker.access.FlowAccess;
import org.postern.broker.access.PostureDesk;
import org.postern.broker.rendezvous.LanePairing;
import org.postern.broker.rendezvous.Rendezvous;
import org.postern.broker.rendezvous.RendezvousLimits;
import org.postern.broker.rendezvous.Renewal;
import org.postern.identity.SpiffeId;
import org.postern.tunnel.link.BrokerCarrier;
import org.postern.tunnel.link.BrokerCarrierListener;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.link.ControlLinkListener;
import org.postern.tunnel.message.Cut;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.LaneAnswer;
import org.postern.tunnel.message.LaneRefused;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.RenewRefused;
import org.postern.tunnel.message.Renewed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives admitted devices and keeps each one's state on the loop of its first control link. Safe
 * for any thread.
 */
public final class ClientSide {
  static final int LANE_ID_BYTES = 16;
  static final long NO_FLOW = 0;
  static final long CONNECTOR_RETRY_MILLIS = 100;

  private static final Logger LOG = LoggerFactory.getLogger(ClientSide.class);

  private final Rendezvous rendezvous;
  private final FlowAccess access;
  private final LanePairing.Means means;
  private final Renewal renewal;
  private final DecisionIds decisionIds;
  private final AccessDesk accessDesk;
  private final Time time;
  private final Map<String, DeviceOnBroker> devices = new ConcurrentHashMap<>();
  private final LongAdder flowCount = new LongAdder();

  /** The time, of the wall and monotonic, and what wakes us by the former. */
  public record Time(InstantSource clock, LongSupplier nanoTime, Alarms alarms) {
    /** With the timers of the event loops. */
    public Time(InstantSource clock, LongSupplier nanoTime) {
      this(clock, nanoTime, Alarms.of(clock));
    }
  }

  /** Wires the room. */
  public ClientSide(
      Rendezvous rendezvous,
      FlowAccess access,
      LanePairing.Means means,
      Renewal renewal,
      DecisionIds decisionIds,
      AccessDesk accessDesk,
      Time time) {
    this.rendezvous = rendezvous;
    this.access = access;
    this.means = means;
    this.renewal = renewal;
    this.decisionIds = decisionIds;
    this.accessDesk = accessDesk;
    this.time = time;
  }

  Rendezvous rendezvous() {
    return rendezvous;
  }

  RendezvousLimits limits() {
    return means.limits();
  }

  LanePairing.Means means() {
    return means;
  }

  DecisionIds decisionIds() {
    return decisionIds;
  }

  AccessDesk accessDesk() {
    return accessDesk;
  }

  long nanoTime() {
    return time.nanoTime().getAsLong();
  }

  long clockMillis() {
    return time.clock().millis();
  }

  Alarms alarms() {
    return time.alarms();
  }

  /** What the device may do by the snapshot of this moment. */
  DeviceAccess accessOf(DeviceOnBroker device) {
    return access.of(device.id(), device.link().remoteAddress());
  }

  PostureDesk postures() {
    return access.postures();
  }

  void flowCount(int difference) {
    flowCount.add(difference);
  }

  /** Live and pending flows of all devices. */
  public long flows() {
    return flowCount.sum();
  }

  /** Linked devices. */
  public int deviceCount() {
    return devices.size();
  }

  Cut cutMessage(LiveFlow flow, String deviceSpiffeId, ReasonCode reason) {
    return Cut.newBuilder()
        .setFlowId(flow.flowId())
        .setDeviceSpiffeId(deviceSpiffeId)
        .setReason(reason)
        .setDecisionId(flow.lastDecisionId)
        .build();
  }

  /** A device's control link was admitted. Runs on the link's loop. */
  public ControlLinkListener onControl(SpiffeId.ClientId id, ControlLink link) {
    DeviceAccess deviceAccess = access.of(id, link.remoteAddress());
    DeviceOnBroker device =
        devices.compute(
            link.peerId(),
            (key, before) -> {
              if (before != null && before.instance().equals(link.instance())) {
                return before;
              }
              if (before != null) {
                before.onLoop(
                    () -> before.leave(ReasonCode.DEVICE_GONE, "the device started anew"));
              }
              return new DeviceOnBroker(this, id, link, deviceAccess);
            });
    access.linked(id.device(), link.remoteAddress());
    rendezvous.arrive(device);
    device.onLoop(() -> {
      device.attach(link);
      device.reconsider(accessOf(device));
      access.postures().arrived(id.device(), () -> device.onLoop(device.posture()::mayHaveTurned));
    });
    LOG.info("device {} is linked", link.peerId());
    return new Listener(device);
  }

  /** A device's carrier was admitted. Runs on the carrier's loop. */
  public BrokerCarrierListener onCarrier(BrokerCarrier carrier) {
    return new DeviceCarrier();
  }

  /** Facts changed: decides again for every device, each on its own loop. */
  public void policyChanged() {
    for (DeviceOnBroker device : devices.values()) {
      device.onLoop(() -> device.reconsider(accessOf(device)));
    }
  }

  /** Says good-bye to every device; flows end with the process. */
  public void stop() {
    for (DeviceOnBroker device : devices.values()) {
      device.onLoop(
          () -> device.link().close(ReasonCode.BROKER_STOPPING, "the broker is stopping"));
    }
  }

  /** At most so many live flows, asked of each device's loop; blocks, not for event loops. */
  public List<FlowLine> describe(int max) {
    List<FlowLine> all = new ArrayList<>();
    for (DeviceOnBroker device : devices.values()) {
      if (all.size() >= max) {
        break;
      }
      all.addAll(device.describe(max - all.size()));
    }
    return all;
  }

  private void lost(DeviceOnBroker device, ControlLink link) {
    device.onLoop(() -> {
      if (device.detach(link)) {
        device
            .loop()
            .schedule(() -> forget(device), limits().linkGrace().toMillis(), TimeUnit.MILLISECONDS);
      }
    });
  }

  private void forget(DeviceOnBroker device) {
    if (!device.attached()) {
      if (devices.remove(device.spiffeId(), device)) {
        access.left(device.id().device());
      }
      rendezvous.leave(device);
      device.leave(ReasonCode.DEVICE_GONE, "the device's control link did not come back");
    }
  }

  private final class Listener implements ControlLinkListener {
    private final DeviceOnBroker device;

    Listener(DeviceOnBroker device) {
      this.device = device;
    }

    @Override
    public void onMessage(ControlLink link, Envelope message) {
      device.onLoop(() -> handle(link, message));
    }

    private void handle(ControlLink link, Envelope message) {
      switch (message.getBodyCase()) {
        case OPEN -> device.open(message.getOpen());
        case FLOW_CLOSED -> device.closedByDevice(message.getFlowClosed());
        case RESOLVE -> device.resolve(message.getResolve());
        case POSTURE_REPORT -> device.posture().report(message.getPostureReport());
        case WHY -> device.questions().why(message.getWhy());
        case ACCESS_WISH -> device.questions().wish(message.getAccessWish());
        case ACCESS_QUERY -> device.questions().query(message.getAccessQuery());
        case RENEW -> renewal.renew(link.peerId(), message.getRenew(), new RenewReply(link));
        case BODY_NOT_SET -> {}
        default ->
            link.close(
                ReasonCode.UNEXPECTED_MESSAGE,
                "message " + message.getBodyCase() + " (expected: one that a device sends)");
      }
    }

    @Override
    public void onClosed(ControlLink link, ReasonCode reason, String text) {
      LOG.info("device {} lost its link: {} {}", link.peerId(), reason, text);
      lost(device, link);
    }
  }

  private record RenewReply(ControlLink link) implements Renewal.Reply {
    @Override
    public void renewed(Renewed renewed) {
      link.send(Envelope.newBuilder().setRenewed(renewed).build());
    }

    @Override
    public void refused(RenewRefused refused) {
      link.send(Envelope.newBuilder().setRenewRefused(refused).build());
    }
  }

  /** A device's carrier until its lane is joined. Confined to the carrier's loop. */
  private final class DeviceCarrier implements BrokerCarrierListener {
    private volatile @Nullable LanePairing pairing;

    @Override
    public void onLaneRequest(BrokerCarrier carrier, LaneRequest request) {
      DeviceOnBroker device = devices.get(carrier.peerId());
      if (device == null) {
        carrier.refuse(
            LaneRefused.newBuilder()
                .setLaneId(request.getLaneId())
                .setReason(ReasonCode.DEVICE_GONE)
                .setText("open the control link before asking for lanes")
                .build());
        return;
      }
      device.onLoop(() -> device.laneRequest(carrier, request, started -> pairing = started));
    }

    @Override
    public void onLaneAnswer(BrokerCarrier carrier, LaneAnswer answer) {
      carrier.close(ReasonCode.KIND_NOT_ALLOWED, "a device answers no lanes");
    }

    @Override
    public void onLaneRefused(BrokerCarrier carrier, LaneRefused refused) {}

    @Override
    public void onClosed(BrokerCarrier carrier, ReasonCode reason, String text) {
      LanePairing current = pairing;
      if (current != null) {
        current.deviceCarrierLost();
      }
    }
  }
}
