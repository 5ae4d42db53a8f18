package org.postern.acceptance.bench.subject;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Grant;
import org.postern.tunnel.message.Open;
import org.postern.tunnel.message.Opened;
import org.postern.tunnel.message.Transport;

/**
 * Flows that only the broker knows of: a device asks for them, a connector obeys every grant and
 * dials nobody. Counts what is opened and what is cut.
 */
final class RawFlows {
  /** Opens that wait for their answer; below what the broker takes from one device in a second. */
  private static final int AT_ONCE = 200;

  private static final long PATIENCE_SECONDS = 30;

  private final Semaphore room = new Semaphore(AT_ONCE);
  private final Semaphore cutAtDevice = new Semaphore(0);
  private final Semaphore cutAtConnector = new Semaphore(0);
  private final ControlLink device;
  private final RawPeer.LaneEnds lane;
  private final String host;
  private long opened;

  /** One lane between two peers of this process; both get their control links. */
  RawFlows(RawPeer devicePeer, RawPeer connectorPeer, String group, String host) throws Exception {
    this.host = host;
    ControlLink[] connector = new ControlLink[1];
    connector[0] = connectorPeer.link(message -> atConnector(connector[0], message));
    this.device = devicePeer.link(this::atDevice);
    this.lane = devicePeer.lane(connectorPeer, group);
  }

  private void atConnector(ControlLink link, Envelope message) {
    switch (message.getBodyCase()) {
      case GRANT -> link.send(Envelope.newBuilder().setOpened(opened(message.getGrant())).build());
      case CUT -> cutAtConnector.release();
      default -> {}
    }
  }

  static Opened opened(Grant grant) {
    return Opened.newBuilder()
        .setFlowId(grant.getFlowId())
        .setLaneId(grant.getLaneId())
        .setDeviceSpiffeId(grant.getDeviceSpiffeId())
        .setDecisionId(grant.getDecisionId())
        .setApplicationId(grant.getApplicationId())
        .build();
  }

  private void atDevice(Envelope message) {
    switch (message.getBodyCase()) {
      case OPENED -> room.release();
      case CUT -> cutAtDevice.release();
      case REFUSED ->
          throw new IllegalStateException("refused: " + message.getRefused().getReason().name());
      default -> {}
    }
  }

  /** Opens until there are so many. */
  void growTo(long count) throws InterruptedException {
    for (; opened < count; ) {
      take(room, 1);
      opened++;
      device.send(
          Envelope.newBuilder()
              .setOpen(
                  Open.newBuilder()
                      .setFlowId(opened)
                      .setHost(host)
                      .setPort(443)
                      .setTransport(Transport.TRANSPORT_TCP)
                      .setLaneId(lane.device().id()))
              .build());
    }
    take(room, AT_ONCE);
    room.release(AT_ONCE);
  }

  /** Waits until device and connector were told that so many flows are cut. */
  void awaitCuts(int count) throws InterruptedException {
    take(cutAtConnector, count);
    take(cutAtDevice, count);
  }

  private static void take(Semaphore semaphore, int permits) throws InterruptedException {
    if (!semaphore.tryAcquire(permits, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException(
          "only %d of %d".formatted(semaphore.availablePermits(), permits));
    }
  }
}
