package org.postern.tunnel.lane;

import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.Future;
import java.util.function.Supplier;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.link.ParkedCarrier;
import org.postern.tunnel.link.PeerCheck;
import org.postern.tunnel.message.LaneRequest;

/** Makes lanes at the device. Thread-safe. */
@SuppressWarnings("DoNotCallSuggester")
public final class LaneDialer {
  /**
   * With the inner TLS client context, asked at every lane (TLS 1.3, ALPN {@code postern-lane/1},
   * the device's certificate).
   */
  public LaneDialer(Supplier<SslContext> innerTls, TunnelLimits limits) {}

  /**
   * Turns a parked carrier into a lane. The future completes on the carrier's loop; open the lane
   * there. It fails with a {@link org.postern.tunnel.TunnelException}: what the broker's or
   * connector's LaneRefused says, ANSWER_TIMEOUT, LANE_WRONG_CONNECTOR when {@code connectorCheck}
   * throws, LANE_LOST. The carrier is closed then.
   *
   * @param request without {@code client_hello}; {@code lane_id} is set
   * @param connectorCheck accepts connectors of the groups that may serve the application
   */
  public Future<Lane> dial(ParkedCarrier carrier, LaneRequest request, PeerCheck connectorCheck) {
    throw new UnsupportedOperationException();
  }
}
