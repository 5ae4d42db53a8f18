package org.postern.tunnel.link;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.SocketAddress;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.message.LaneAnswer;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.LaneRefused;
import org.postern.tunnel.message.ReasonCode;

/**
 * A carrier of a device or of a connector, as the broker sees it. Parked until a LaneRequest comes
 * in or an offer goes out, then either refused and closed, or joined with another one by {@code
 * LaneRelay}. Owner: its {@link #eventLoop()}, which {@link #moveTo} changes; methods may be called
 * from any thread unless they say otherwise.
 */
public interface BrokerCarrier {
  /** SPIFFE id that the peer's certificate proved. */
  String peerId();

  /** Loop that owns it now. */
  EventLoop eventLoop();

  /** The connection itself: for {@code LaneRelay}. */
  Channel channel();

  /** Where the peer's bytes come from. */
  SocketAddress remoteAddress();

  /** False once the carrier is closing, closed or joined. */
  boolean isOpen();

  /** Offers a lane to a connector. Once per carrier. */
  void offer(LaneOffer offer);

  /** Refuses the device's LaneRequest, or withdraws an offer; closes the carrier. Idempotent. */
  void refuse(LaneRefused refused);

  /** Passes the connector's answer to the device; completes when it has left for the socket. */
  Future<?> answer(LaneAnswer answer);

  /**
   * Moves the carrier to another event loop; completes on that loop. Fails when the carrier closes
   * meanwhile. Nothing is read while it moves.
   */
  Future<BrokerCarrier> moveTo(EventLoop loop);

  /**
   * Takes everything off the channel, outer TLS included (no close_notify is sent), and leaves a
   * bare socket to the caller. Only on the event loop, only for {@code LaneRelay}; the carrier's
   * listener hears nothing more.
   */
  Channel release() throws TunnelException;

  /** Closes at once. Idempotent. */
  void close(ReasonCode reason, String text);
}
