package org.postern.broker.admin;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** A token bucket per caller; the quietest caller is forgotten when there are too many. */
final class CallerRate {
  private final double perNano;
  private final int burst;
  private final LongSupplier nanoTime;
  private final Map<String, Bucket> buckets;

  private static final class Bucket {
    double tokens;
    long filledAt;
  }

  CallerRate(AdminLimits limits, LongSupplier nanoTime) {
    this.perNano = limits.requestsPerMinute() / 60e9;
    this.burst = limits.requestsBurst();
    this.nanoTime = nanoTime;
    int most = limits.callersTracked();
    this.buckets =
        new LinkedHashMap<>(64, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
            return size() > most;
          }
        };
  }

  /** Zero: go on; else how many seconds to wait. */
  synchronized int secondsToWait(String caller) {
    long now = nanoTime.getAsLong();
    Bucket bucket = buckets.get(caller);
    if (bucket == null) {
      bucket = new Bucket();
      bucket.tokens = burst;
      bucket.filledAt = now;
      buckets.put(caller, bucket);
    }
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.filledAt) * perNano);
    bucket.filledAt = now;
    if (bucket.tokens < 1) {
      return (int) Math.max(1, Math.ceil((1 - bucket.tokens) / perNano / 1e9));
    }
    bucket.tokens -= 1;
    return 0;
  }
}
