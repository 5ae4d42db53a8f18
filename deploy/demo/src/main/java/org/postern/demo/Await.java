package org.postern.demo;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/** Waits for conditions, never for time alone. */
final class Await {
  private static final Duration POLL = Duration.ofMillis(25);

  private final LongSupplier nanoTime;

  Await(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Looks once; empty: not yet. */
  interface Probe<T> {
    Optional<T> look() throws Exception;
  }

  /**
   * Looks again and again until there is something.
   *
   * @param what for the message, as in "the broker answers"
   * @throws DemoException when the time is over; the message holds the last failure
   */
  <T> T until(String what, Duration limit, Probe<T> probe) throws DemoException {
    long end = nanoTime.getAsLong() + limit.toNanos();
    Exception last = null;
    while (true) {
      try {
        Optional<T> found = probe.look();
        if (found.isPresent()) {
          return found.get();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new DemoException("interrupted while waiting until " + what, e);
      } catch (Exception e) {
        last = e;
      }
      if (nanoTime.getAsLong() - end > 0) {
        throw new DemoException(
            "waited %d s and it is not so that %s%s"
                .formatted(
                    limit.toSeconds(), what, last == null ? "" : " (" + last.getMessage() + ")"));
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  /** As above, for a condition. */
  void untilTrue(String what, Duration limit, Condition condition) throws DemoException {
    until(what, limit, () -> condition.holds() ? Optional.of(what) : Optional.empty());
  }

  /** What is waited for. */
  interface Condition {
    boolean holds() throws Exception;
  }

  /** Milliseconds since that reading of the clock. */
  long millisSince(long nanos) {
    return (nanoTime.getAsLong() - nanos) / 1_000_000;
  }

  long now() {
    return nanoTime.getAsLong();
  }
}
