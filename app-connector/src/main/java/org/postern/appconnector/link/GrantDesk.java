package org.postern.appconnector.link;

import io.netty.channel.EventLoop;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postern.appconnector.config.ConnectorLimits;
import org.postern.tunnel.message.Cut;
import org.postern.tunnel.message.FlowTerms;
import org.postern.tunnel.message.Grant;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.ServePlan;
import org.postern.tunnel.message.ServedApplication;
import org.postern.tunnel.message.Transport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where grants are checked. A grant is obeyed to the letter or refused with a reason: it must be
 * whole, in time, for an application that this connector serves, and for the very device whose
 * certificate is at the other end of its lane. Broker messages come in on the control loop; a grant
 * goes on at its device's loop.
 */
final class GrantDesk {
  private static final Logger LOG = LoggerFactory.getLogger(GrantDesk.class);
  private static final long FLOW_ID_MAX = 0xffff_ffffL;

  private final Serving serving;
  private final Devices devices;
  private final EventLoop controlLoop;
  private final InstantSource clock;
  private volatile Map<String, ServedApplication> served = Map.of();
  private volatile boolean stopping;

  GrantDesk(Serving serving, Devices devices, EventLoop controlLoop, InstantSource clock) {
    this.serving = serving;
    this.devices = devices;
    this.controlLoop = controlLoop;
    this.clock = clock;
  }

  /** A grant that will not be obeyed, and why. */
  private record Objection(ReasonCode reason, String text) {}

  /** No flow is let in any more. Any thread. */
  void stop() {
    stopping = true;
  }

  /** What this connector serves from now on. Live flows are the broker's to cut. */
  void onPlan(ServePlan plan) {
    served =
        plan.getApplicationsList().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    ServedApplication::getApplicationId, each -> each, (first, second) -> second));
    LOG.info("serving {} applications", served.size());
  }

  int applications() {
    return served.size();
  }

  /** On the control loop. */
  void onGrant(Grant grant) {
    Objection objection = objection(grant);
    if (objection != null) {
      refuse(grant, objection);
      return;
    }
    switch (serving.lanes().lookUpOrWait(grant)) {
      case LaneBook.LookUp.Attached attached -> onLaneThere(grant, attached.device());
      case LaneBook.LookUp.Waiting waiting ->
          controlLoop.schedule(
              () -> onLaneMissing(grant),
              serving.limits().connector().link().laneWait().toNanos(),
              TimeUnit.NANOSECONDS);
      case LaneBook.LookUp.TooManyWaiting tooMany ->
          refuse(
              grant,
              new Objection(ReasonCode.CONNECTOR_OVERLOADED, "too many grants wait for lanes"));
    }
  }

  /** The lane of a grant is here, and proved to belong to that device. Any thread. */
  void onLaneThere(Grant grant, DeviceOnConnector device) {
    if (!grant.getDeviceSpiffeId().equals(device.id())) {
      // Worth an alarm: the broker's word and the lane's certificate contradict each other.
      LOG.warn(
          "grant {} for {} refused: its lane belongs to {}",
          grant.getDecisionId(),
          grant.getDeviceSpiffeId(),
          device.id());
      refuse(
          grant,
          grant.getResume()
              ? new Objection(ReasonCode.RESUME_NOT_YOURS, "the lane is another device's")
              : new Objection(
                  ReasonCode.GRANT_SUBJECT_MISMATCH,
                  "the certificate at the other end of the lane is not the grant's subject"));
      return;
    }
    device
        .eventLoop()
        .execute(() -> {
          // It may have waited long, for its lane or for this loop.
          Objection objection = objection(grant);
          if (objection != null) {
            refuse(grant, objection);
          } else {
            device.onGrant(grant);
          }
        });
  }

  /** The lane will not come: its handshake failed. Any thread. */
  void onLaneFailed(Grant grant, String text) {
    serving.outbox().refusedLane(grant, ReasonCode.GRANT_UNKNOWN_LANE, text);
  }

  private void onLaneMissing(Grant grant) {
    if (serving.lanes().withdraw(grant)) {
      onLaneFailed(grant, "the lane did not arrive at this connector");
    }
  }

  /** On the control loop. */
  void onTerms(FlowTerms terms) {
    serving.lanes().onTerms(terms);
    DeviceOnConnector device = devices.find(terms.getDeviceSpiffeId());
    if (device != null) {
      // Twice round: a lane that came just now queues its grants, and they come first.
      device.eventLoop().execute(() -> device.eventLoop().execute(() -> device.onTerms(terms)));
    }
  }

  /** On the control loop. */
  void onCut(Cut cut) {
    Grant waiting = serving.lanes().waitingFor(cut.getDeviceSpiffeId(), cut.getFlowId());
    if (waiting != null && serving.lanes().withdraw(waiting)) {
      serving.outbox().refused(waiting, cut.getReason(), "cut before it began");
    }
    DeviceOnConnector device = devices.find(cut.getDeviceSpiffeId());
    if (device == null) {
      serving.outbox().cutDone(cut);
    } else {
      device.eventLoop().execute(() -> device.onCut(cut));
    }
  }

  private @Nullable Objection objection(Grant grant) {
    if (stopping) {
      return new Objection(ReasonCode.CONNECTOR_STOPPING, "this connector is being stopped");
    }
    Objection malformed = malformed(grant);
    if (malformed != null) {
      return malformed;
    }
    long lateMillis = clock.millis() - grant.getExpiresUnixMillis();
    if (lateMillis > 0) {
      return new Objection(
          ReasonCode.GRANT_EXPIRED,
          "the grant expired "
              + lateMillis
              + " ms ago by this connector's clock; if that is much, compare the clocks");
    }
    if (!served.containsKey(grant.getApplicationId())) {
      return new Objection(
          ReasonCode.GRANT_NOT_SERVED,
          "the application is not served by connector group " + serving.self().group());
    }
    return null;
  }

  private static @Nullable Objection malformed(Grant grant) {
    boolean portFits = grant.getPort() >= 1 && grant.getPort() <= 65_535;
    boolean transportKnown =
        grant.getTransport() == Transport.TRANSPORT_TCP
            || grant.getTransport() == Transport.TRANSPORT_UDP;
    boolean flowIdFits = grant.getFlowId() >= 0 && grant.getFlowId() <= FLOW_ID_MAX;
    if (portFits
        && transportKnown
        && flowIdFits
        && !grant.getHost().isEmpty()
        && serversFit(grant)) {
      return null;
    }
    return new Objection(
        ReasonCode.PROTOCOL_ERROR,
        "the grant names no host, port, transport, flow or servers that can be");
  }

  private static boolean serversFit(Grant grant) {
    return grant.getServersCount() <= ConnectorLimits.Dial.SERVERS_MAX
        && (grant.getServersCount() > 0 || !grant.getServersOnly())
        && grant.getServersList().stream()
            .allMatch(each ->
                !each.getHost().isEmpty() && each.getPort() >= 0 && each.getPort() <= 65_535);
  }

  private void refuse(Grant grant, Objection objection) {
    LOG.debug(
        "flow {} of {} refused: {} {}",
        grant.getFlowId(),
        grant.getDeviceSpiffeId(),
        objection.reason,
        objection.text);
    serving.outbox().refused(grant, objection.reason, objection.text);
  }
}
