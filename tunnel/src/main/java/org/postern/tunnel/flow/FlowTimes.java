package org.postern.tunnel.flow;

import java.time.Duration;

/**
 * How long a flow may live.
 *
 * @param idleTimeout reset with IDLE_TIMEOUT when nothing was moved for so long; zero: never
 * @param ageMax reset with AGE_EXPIRED when it has lived so long; zero: never
 */
public record FlowTimes(Duration idleTimeout, Duration ageMax) {
  /** No limit: for flows whose other end keeps the time. */
  public static final FlowTimes UNLIMITED = new FlowTimes(Duration.ZERO, Duration.ZERO);

  /** Neither may be negative. */
  public FlowTimes {
    if (idleTimeout.isNegative() || ageMax.isNegative()) {
      throw new IllegalArgumentException(
          "flow times %s, %s (expected: zero or more)".formatted(idleTimeout, ageMax));
    }
  }
}
