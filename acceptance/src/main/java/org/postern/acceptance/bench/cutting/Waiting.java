package org.postern.acceptance.bench.cutting;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Waits for what other threads bring about. */
final class Waiting {
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private Waiting() {}

  interface Question {
    boolean ask() throws Exception;
  }

  static void until(Duration most, String what, Question question) throws Exception {
    until(most, () -> what, question);
  }

  static void until(Duration most, Supplier<String> what, Question question) throws Exception {
    long limit = System.nanoTime() + most.toNanos();
    while (!question.ask()) {
      if (System.nanoTime() > limit) {
        throw new TimeoutException("not within %s: %s".formatted(most, what.get()));
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }
}
