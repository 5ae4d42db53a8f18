package org.postern.tunnel.relay;

import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.link.BrokerCarrier;
import org.postern.tunnel.message.LaneAnswer;

/** Joins a device's and a connector's carrier to one lane. Thread-safe. */
@SuppressWarnings("DoNotCallSuggester")
public final class LaneRelay {
  /** With bounds. */
  public LaneRelay(TunnelLimits limits) {}

  /**
   * Passes the answer to the device, takes outer TLS off both connections, and splices them. Both
   * carriers must be on the same loop, and this is called on it ({@link BrokerCarrier#moveTo}
   * before the offer). Their listeners hear nothing more; the relay's does.
   */
  public JoinedLane join(
      BrokerCarrier device, BrokerCarrier connector, LaneAnswer answer, RelayListener listener) {
    throw new UnsupportedOperationException();
  }
}
