package org.postern.broker.access;

import java.time.Instant;

/**
 * Keeps where devices were seen last, for administrators who ask another broker. Called on event
 * loops: never blocks.
 */
@FunctionalInterface
public interface SourceMemory {
  /** Keeps nothing. */
  SourceMemory NONE = (deviceId, address, at) -> {};

  /** A device is linked from this address; empty: the link has none. */
  void seen(String deviceId, String address, Instant at);
}
