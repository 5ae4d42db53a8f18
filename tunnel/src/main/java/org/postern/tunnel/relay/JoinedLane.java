package org.postern.tunnel.relay;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import org.postern.tunnel.message.ReasonCode;

/** A lane in the middle: two sockets and nothing else. Methods may be called from any thread. */
@SuppressWarnings("DoNotCallSuggester")
public final class JoinedLane {
  JoinedLane() {}

  /** Loop of both sockets. */
  public EventLoop eventLoop() {
    throw new UnsupportedOperationException();
  }

  /** SPIFFE id of the device. */
  public String deviceId() {
    throw new UnsupportedOperationException();
  }

  /** SPIFFE id of the connector. */
  public String connectorId() {
    throw new UnsupportedOperationException();
  }

  /** Asks the kernel for the bytes so far. */
  public Future<LaneCounts> counts() {
    throw new UnsupportedOperationException();
  }

  /** Cuts the lane at once. Idempotent. */
  public void close(ReasonCode reason) {
    throw new UnsupportedOperationException();
  }
}
