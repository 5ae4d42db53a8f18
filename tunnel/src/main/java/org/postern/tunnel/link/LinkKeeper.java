package org.postern.tunnel.link;

import io.netty.channel.EventLoop;
import java.util.Optional;
import java.util.function.Supplier;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.ReasonCode;

/**
 * Keeps one control link to one broker up: dials, listens, and dials again with {@link Backoff}
 * when it ends. A Rejected that asks for patience gets it. Owner: the loop; the methods may be
 * called from any thread.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class LinkKeeper {
  /** Does nothing until {@link #start}. */
  public LinkKeeper(
      BrokerDialer dialer,
      EventLoop loop,
      Supplier<Hello> hello,
      KeeperListener listener,
      Backoff backoff) {}

  /** Starts dialling. */
  public void start() {
    throw new UnsupportedOperationException();
  }

  /** The link, if it is up. */
  public Optional<ControlLink> current() {
    throw new UnsupportedOperationException();
  }

  /** Dials at once if it is waiting to dial again (the network changed). */
  public void retryNow() {
    throw new UnsupportedOperationException();
  }

  /** Closes the link for good. Idempotent. */
  public void close(ReasonCode reason, String text) {
    throw new UnsupportedOperationException();
  }
}
