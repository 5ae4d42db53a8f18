package org.postern.tunnel.link;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import org.postern.tunnel.message.Hello;

/**
 * Dials one broker: TCP (through the egress proxy, if there is one), outer TLS 1.3, Hello, Welcome.
 * Thread-safe; keeps no state between dials. All failures are {@link
 * org.postern.tunnel.TunnelException}s or I/O exceptions of the future.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class BrokerDialer {
  private final DialerConfig config;

  /** Dials as the configuration says. */
  public BrokerDialer(DialerConfig config) {
    this.config = config;
  }

  /** What it was made with. */
  public DialerConfig config() {
    return config;
  }

  /**
   * Dials a control link. {@code kind} and the version range of the Hello are filled in. The future
   * completes on {@code loop} before the listener hears its first message.
   */
  public Future<ControlLink> control(EventLoop loop, Hello hello, ControlLinkListener listener) {
    throw new UnsupportedOperationException();
  }

  /** Dials a carrier; as {@link #control}. */
  public Future<ParkedCarrier> park(EventLoop loop, Hello hello, CarrierListener listener) {
    throw new UnsupportedOperationException();
  }
}
