package org.postern.broker.clientside;

/**
 * So many per second, with bursts of twice that. Confined to one thread; the time is a parameter.
 */
final class TokenBucket {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final int perSecond;
  private final long nanosPerToken;
  private long emptySince;

  TokenBucket(int perSecond, long nowNanos) {
    if (perSecond < 1) {
      throw new IllegalArgumentException("perSecond: " + perSecond + " (expected: >= 1)");
    }
    this.perSecond = perSecond;
    this.nanosPerToken = NANOS_PER_SECOND / perSecond;
    this.emptySince = nowNanos - 2 * NANOS_PER_SECOND;
  }

  /** Takes one token; false if there is none. */
  boolean tryTake(long nowNanos) {
    long oldest = nowNanos - 2L * perSecond * nanosPerToken;
    long start = Math.max(emptySince, oldest);
    if (nowNanos - start < nanosPerToken) {
      return false;
    }
    emptySince = start + nanosPerToken;
    return true;
  }
}
