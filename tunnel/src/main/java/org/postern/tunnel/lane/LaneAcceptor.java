package org.postern.tunnel.lane;

import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.Future;
import java.util.function.Supplier;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.link.ParkedCarrier;
import org.postern.tunnel.link.PeerCheck;
import org.postern.tunnel.message.LaneOffer;

/** Makes lanes at the app connector. Thread-safe. */
public final class LaneAcceptor {
  /**
   * With the inner TLS server context, asked at every lane (TLS 1.3, ALPN {@code postern-lane/1},
   * the connector's certificate, client certificate required), and a check that accepts devices
   * only.
   */
  public LaneAcceptor(Supplier<SslContext> innerTls, PeerCheck deviceCheck, TunnelLimits limits) {}

  /**
   * Takes the lane that was offered on the carrier. The future completes on {@code loop}, to which
   * the carrier is moved first if need be; open the lane there. It fails with a {@link
   * org.postern.tunnel.TunnelException} when the inner handshake fails or proves another identity
   * than {@code device_spiffe_id} (GRANT_SUBJECT_MISMATCH). The carrier is closed then.
   */
  @SuppressWarnings("DoNotCallSuggester")
  public Future<Lane> accept(ParkedCarrier carrier, LaneOffer offer, EventLoop loop) {
    throw new UnsupportedOperationException("skeleton " + loop);
  }
}
