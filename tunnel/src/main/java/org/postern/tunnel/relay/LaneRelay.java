package org.postern.tunnel.relay;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.link.BrokerCarrier;
import org.postern.tunnel.message.LaneAnswer;
import org.postern.tunnel.message.ReasonCode;

/**
 * Joins a device's and a connector's carrier to one lane. Thread-safe.
 *
 * <p>The order is what makes it safe: the device may send bare records as soon as it has read the
 * answer, so its outer TLS comes off in the very moment in which the answer has left for the
 * socket; the connector sends none before it has seen the device's, so its outer TLS comes off
 * next, and only then do bytes pass.
 */
public final class LaneRelay {
  private final int chunkBytes;

  /** With the bounds of production. */
  public LaneRelay() {
    this(TunnelLimits.DEFAULT);
  }

  /** With bounds. */
  public LaneRelay(TunnelLimits limits) {
    chunkBytes = limits.spliceChunkBytes();
  }

  /**
   * Passes the answer to the device, takes outer TLS off both connections, and splices them. Both
   * carriers must be on the same loop, and this is called on it ({@link BrokerCarrier#moveTo}
   * before the offer). Their own listeners hear nothing more, unless a carrier ends while it is
   * being joined: then {@link RelayListener#onClosed} is heard as well.
   */
  public JoinedLane join(
      BrokerCarrier device, BrokerCarrier connector, LaneAnswer answer, RelayListener listener) {
    EventLoop loop = device.eventLoop();
    if (!loop.equals(connector.eventLoop()) || !loop.inEventLoop()) {
      throw new IllegalStateException(
          "carriers on %s and %s (expected: both on the calling loop)"
              .formatted(loop, connector.eventLoop()));
    }
    JoinedLane lane =
        new JoinedLane(loop, device.peerId(), connector.peerId(), listener, chunkBytes);
    device
        .answer(answer)
        .addListener(sent -> {
          if (sent.isSuccess()) {
            bareDevice(lane, device, connector);
          } else {
            connector.close(ReasonCode.DEVICE_GONE, "device has gone");
            lane.end(ReasonCode.DEVICE_GONE);
          }
        });
    return lane;
  }

  private static void bareDevice(JoinedLane lane, BrokerCarrier device, BrokerCarrier connector) {
    try {
      Channel bare = device.release();
      // Nothing is read from it until there is somewhere to put it.
      bare.config().setAutoRead(false);
      RelayEnd end = new RelayEnd(lane, connector.channel(), ReasonCode.DEVICE_GONE);
      bare.pipeline().addLast(end);
      // Not here: the connector's outer TLS may still be decrypting the answer.
      bare.eventLoop().execute(() -> bareConnector(lane, bare, end, connector));
    } catch (TunnelException e) {
      connector.close(ReasonCode.DEVICE_GONE, "device has gone");
      lane.end(reasonOr(e, ReasonCode.DEVICE_GONE));
    }
  }

  private static void bareConnector(
      JoinedLane lane, Channel device, RelayEnd deviceEnd, BrokerCarrier connector) {
    try {
      Channel bare = connector.release();
      bare.config().setAutoRead(false);
      RelayEnd end = new RelayEnd(lane, device, ReasonCode.CONNECTOR_GONE);
      bare.pipeline().addLast(end);
      lane.join(device, deviceEnd, bare, end);
    } catch (TunnelException e) {
      device.close();
      lane.end(reasonOr(e, ReasonCode.CONNECTOR_GONE));
    }
  }

  private static ReasonCode reasonOr(TunnelException e, ReasonCode otherwise) {
    return e.reason() == ReasonCode.REASON_UNSPECIFIED ? otherwise : e.reason();
  }
}
