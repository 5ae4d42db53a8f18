package org.postern.tunnel.link;

import io.netty.handler.ssl.SslContext;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.postern.tunnel.TunnelLimits;

/**
 * Where and how a {@link BrokerDialer} dials.
 *
 * @param target the broker's name (also SNI) and port
 * @param tls outer client context (TLS 1.3, ALPN {@code postern/1}, our certificate); asked at
 *     every dial, so that a renewed certificate is used at once
 * @param peerCheck accepts brokers only
 * @param proxy way out, if the site has one
 * @param resolver resolves the broker's (or the proxy's) name; called on a virtual thread
 * @param limits bounds
 */
public record DialerConfig(
    Target target,
    Supplier<SslContext> tls,
    PeerCheck peerCheck,
    Optional<EgressProxy> proxy,
    Resolver resolver,
    TunnelLimits limits) {

  /** None may be null. */
  public DialerConfig {
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(tls, "tls");
    Objects.requireNonNull(peerCheck, "peerCheck");
    Objects.requireNonNull(proxy, "proxy");
    Objects.requireNonNull(resolver, "resolver");
    Objects.requireNonNull(limits, "limits");
  }

  /** Name or address, and port, of a broker. */
  public record Target(String host, int port) {
    @Override
    public String toString() {
      return host + ":" + port;
    }
  }

  /** Looks a name up; may block. {@code InetAddress::getAllByName} is one. */
  @FunctionalInterface
  public interface Resolver {
    /** All addresses, best first; they are tried in turn. */
    InetAddress[] resolve(String host) throws UnknownHostException;
  }
}
