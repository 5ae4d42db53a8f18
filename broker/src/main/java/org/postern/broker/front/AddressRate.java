package org.postern.broker.front;

import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * A token bucket per address. When more addresses are seen than are tracked, the one that was quiet
 * for longest is forgotten. Safe on any thread.
 */
public final class AddressRate {
  private final double tokensPerNano;
  private final int burst;
  private final LongSupplier nanoTime;
  private final Map<AddressKey, Bucket> buckets;

  /**
   * A limiter of {@code perMinute} events a minute and {@code burst} at once.
   *
   * @param trackedMax addresses remembered
   * @param nanoTime a monotonic clock, nanoseconds
   */
  public AddressRate(int perMinute, int burst, int trackedMax, LongSupplier nanoTime) {
    if (perMinute <= 0 || burst <= 0 || trackedMax <= 0) {
      throw new IllegalArgumentException(
          "rate %d, burst %d, tracked %d (expected: all > 0)"
              .formatted(perMinute, burst, trackedMax));
    }
    this.tokensPerNano = perMinute / 60e9;
    this.burst = burst;
    this.nanoTime = nanoTime;
    this.buckets =
        new LinkedHashMap<>(64, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<AddressKey, Bucket> eldest) {
            return size() > trackedMax;
          }
        };
  }

  /** As many at once as in a minute. */
  public static AddressRate even(int perMinute, int trackedMax, LongSupplier nanoTime) {
    return new AddressRate(perMinute, perMinute, trackedMax, nanoTime);
  }

  /** Takes one event from the address's allowance; false when there is none left. */
  public synchronized boolean tryTake(InetAddress address) {
    long now = nanoTime.getAsLong();
    Bucket bucket = buckets.computeIfAbsent(AddressKey.of(address), k -> new Bucket(burst, now));
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.filledAt) * tokensPerNano);
    bucket.filledAt = now;
    if (bucket.tokens < 1) {
      return false;
    }
    bucket.tokens -= 1;
    return true;
  }

  synchronized int tracked() {
    return buckets.size();
  }

  private static final class Bucket {
    double tokens;
    long filledAt;

    Bucket(double tokens, long filledAt) {
      this.tokens = tokens;
      this.filledAt = filledAt;
    }
  }
}
