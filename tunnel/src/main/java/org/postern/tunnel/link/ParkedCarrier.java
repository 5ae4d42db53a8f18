package org.postern.tunnel.link;

import io.netty.channel.EventLoop;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Welcome;

/**
 * A carrier of ours at a broker, waiting to become a lane. Owner: its {@link #eventLoop()}; the
 * methods may be called from any thread.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class ParkedCarrier {
  ParkedCarrier() {}

  /** SPIFFE id of the broker. */
  public String peerId() {
    throw new UnsupportedOperationException();
  }

  /** The broker's answer to our Hello. */
  public Welcome welcome() {
    throw new UnsupportedOperationException();
  }

  /** Loop that owns it. */
  public EventLoop eventLoop() {
    throw new UnsupportedOperationException();
  }

  /** False once it is in use, closing or closed. */
  public boolean isParked() {
    throw new UnsupportedOperationException();
  }

  /** Answers an offer with LaneRefused, and closes. */
  public void refuse(ReasonCode reason, String text) {
    throw new UnsupportedOperationException();
  }

  /** Closes. Idempotent. */
  public void close() {
    throw new UnsupportedOperationException();
  }
}
