package org.postern.tunnel.link;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt: doubles from {@code first} to {@code max}, and is drawn
 * evenly from the upper half, so that a thousand peers of a restarted broker do not come back at
 * once. The first retry is drawn from zero, because most connections end for reasons of their own.
 *
 * @param first delay after the first failure, at most
 * @param max largest delay
 * @param random source of the jitter; called on the caller's thread
 */
public record Backoff(Duration first, Duration max, RandomGenerator random) {
  /** Checks the order. */
  public Backoff {
    if (first.isNegative() || first.isZero() || max.compareTo(first) < 0) {
      throw new IllegalArgumentException(
          "first: %s, max: %s (expected: 0 < first <= max)".formatted(first, max));
    }
  }

  /** Delay of the next attempt after so many failures in a row (1 or more). */
  public Duration delay(int failures) {
    if (failures <= 0) {
      throw new IllegalArgumentException("failures: %d (expected: > 0)".formatted(failures));
    }
    long firstMillis = Math.max(1, first.toMillis());
    int doublings = Math.min(failures - 1, 40 - (64 - Long.numberOfLeadingZeros(firstMillis)));
    long ceiling = Math.min(max.toMillis(), firstMillis << Math.max(0, doublings));
    long floor = failures == 1 ? 0 : ceiling / 2;
    return Duration.ofMillis(random.nextLong(floor, ceiling + 1));
  }
}
