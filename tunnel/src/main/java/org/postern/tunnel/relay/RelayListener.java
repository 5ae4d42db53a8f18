package org.postern.tunnel.relay;

import org.postern.tunnel.message.ReasonCode;

/** Hears what happens to a {@link JoinedLane}. Called on its event loop; must not block. */
public interface RelayListener {
  /** Both outer TLS layers are off, and bytes may pass. */
  void onJoined(JoinedLane lane);

  /**
   * The lane has ended, both sockets are closed. Exactly once, also when joining failed (then
   * {@link #onJoined} was not called).
   *
   * @param reason DEVICE_GONE or CONNECTOR_GONE (which side ended first), RAW_BYTES_TOO_EARLY, or
   *     what {@link JoinedLane#close} was called with
   */
  void onClosed(JoinedLane lane, LaneCounts counts, ReasonCode reason);
}
