package org.postern.acceptance.bench.load;

import java.time.Duration;

/**
 * Memory on its way to rest: settled when it has stayed within {@link #WITHIN_BYTES} for {@link
 * #STILL}, or after {@link #AT_MOST}. Times are of one monotonic clock, in nanoseconds.
 */
final class Settling {
  /** Longer than a client connector takes to notice that it is quiet. */
  static final Duration STILL = Duration.ofSeconds(8);

  static final Duration AT_MOST = Duration.ofSeconds(60);
  static final long WITHIN_BYTES = 1 << 20;

  private final long sinceNanos;
  private long stillNanos;
  private long stillBytes;
  private long lastBytes;

  Settling(long nowNanos, long bytes) {
    sinceNanos = nowNanos;
    stillNanos = nowNanos;
    stillBytes = bytes;
    lastBytes = bytes;
  }

  void look(long nowNanos, long bytes) {
    lastBytes = bytes;
    if (Math.abs(bytes - stillBytes) > WITHIN_BYTES) {
      stillBytes = bytes;
      stillNanos = nowNanos;
    }
  }

  boolean settled(long nowNanos) {
    return nowNanos - stillNanos >= STILL.toNanos() || nowNanos - sinceNanos >= AT_MOST.toNanos();
  }

  /** The last look's. */
  long bytes() {
    return lastBytes;
  }
}
