package org.postern.appconnector.link;

import io.netty.util.concurrent.Future;
import org.postern.identity.SpiffeId;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.lane.Lane;
import org.postern.tunnel.lane.LaneAcceptor;
import org.postern.tunnel.link.CarrierListener;
import org.postern.tunnel.link.ParkedCarrier;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.ReasonCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns offered carriers into lanes of their devices. The first lane of a device settles on which
 * event loop the device lives: that of its carrier, so that nothing has to move.
 */
final class LaneDesk implements CarrierListener {
  private static final Logger LOG = LoggerFactory.getLogger(LaneDesk.class);

  private final LaneAcceptor acceptor;
  private final Devices devices;
  private final GrantDesk grants;
  private final Serving serving;
  private volatile boolean stopping;

  LaneDesk(LaneAcceptor acceptor, Devices devices, GrantDesk grants, Serving serving) {
    this.acceptor = acceptor;
    this.devices = devices;
    this.grants = grants;
    this.serving = serving;
  }

  /** No lane is taken any more. Any thread. */
  void stop() {
    stopping = true;
  }

  @Override
  public void onOffer(ParkedCarrier carrier, LaneOffer offer) {
    if (stopping) {
      refuse(carrier, offer, ReasonCode.CONNECTOR_STOPPING, "this connector is being stopped");
      return;
    }
    if (offer.getLaneId().size() != Lane.ID_BYTES || !isDevice(offer.getDeviceSpiffeId())) {
      refuse(carrier, offer, ReasonCode.KIND_NOT_ALLOWED, "lanes are for devices");
      return;
    }
    DeviceOnConnector device = devices.claim(offer.getDeviceSpiffeId(), carrier.eventLoop());
    if (device == null) {
      refuse(carrier, offer, ReasonCode.CONNECTOR_OVERLOADED, "too many devices");
      return;
    }
    acceptor
        .accept(carrier, offer, device.eventLoop())
        .addListener((Future<Lane> done) ->
            device.eventLoop().execute(() -> onAccepted(offer, device, done)));
  }

  @Override
  public void onClosed(ParkedCarrier carrier, ReasonCode reason, String text) {
    LOG.debug("parked carrier closed: {} {}", reason, text);
  }

  private void onAccepted(LaneOffer offer, DeviceOnConnector device, Future<Lane> done) {
    try {
      onSettled(offer, device, done);
    } finally {
      devices.release(device);
    }
  }

  private void onSettled(LaneOffer offer, DeviceOnConnector device, Future<Lane> done) {
    if (done.isSuccess()) {
      device.onLane(done.getNow()).forEach(grant -> grants.onLaneThere(grant, device));
    } else {
      String text = text(done.cause());
      LOG.info("lane for {} failed: {}", device.id(), text);
      serving.lanes().abandon(offer.getLaneId()).forEach(g -> grants.onLaneFailed(g, text));
    }
  }

  private void refuse(ParkedCarrier carrier, LaneOffer offer, ReasonCode reason, String text) {
    carrier.refuse(reason, text);
    serving.lanes().abandon(offer.getLaneId()).forEach(g -> grants.onLaneFailed(g, text));
  }

  private static boolean isDevice(String spiffeId) {
    try {
      return SpiffeId.parse(spiffeId) instanceof SpiffeId.ClientId;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String text(Throwable cause) {
    return cause instanceof TunnelException known
        ? known.reason().name() + " " + known.text()
        : String.valueOf(cause.getMessage());
  }
}
