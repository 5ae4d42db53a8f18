package org.postern.tunnel.link;

import io.netty.handler.ssl.SslContext;
import java.util.Objects;
import java.util.function.Supplier;
import org.postern.tunnel.TunnelLimits;

/**
 * What a {@link TunnelDoor} needs.
 *
 * @param tls outer server context (TLS 1.3, ALPN {@code postern/1}, client certificate required);
 *     asked at every connection
 * @param peerCheck accepts devices and connectors that may connect
 * @param limits bounds
 */
public record DoorConfig(Supplier<SslContext> tls, PeerCheck peerCheck, TunnelLimits limits) {
  /** None may be null. */
  public DoorConfig {
    Objects.requireNonNull(tls, "tls");
    Objects.requireNonNull(peerCheck, "peerCheck");
    Objects.requireNonNull(limits, "limits");
  }
}
