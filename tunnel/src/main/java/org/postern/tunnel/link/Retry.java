package org.postern.tunnel.link;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * When to try again: counts failures in a row, and forgets them once things have gone well for as
 * long as the longest delay. Belongs to its loop.
 */
final class Retry {
  private final EventLoop loop;
  private final Backoff backoff;
  private final Runnable attempt;
  private int failures;
  private @Nullable ScheduledFuture<?> waiting;
  private @Nullable ScheduledFuture<?> settling;

  Retry(EventLoop loop, Backoff backoff, Runnable attempt) {
    this.loop = loop;
    this.backoff = backoff;
    this.attempt = attempt;
  }

  boolean isWaiting() {
    return waiting != null;
  }

  /** Counts a failure, unless one is being waited for already; returns the delay. */
  Duration failed(int retryAfterSeconds) {
    if (waiting != null) {
      return Duration.ofMillis(Math.max(0, waiting.getDelay(TimeUnit.MILLISECONDS)));
    }
    cancelSettling();
    failures++;
    Duration delay = backoff.delay(failures).plusSeconds(Math.max(0, retryAfterSeconds));
    waiting =
        loop.schedule(
            () -> {
              waiting = null;
              attempt.run();
            },
            delay.toMillis(),
            TimeUnit.MILLISECONDS);
    return delay;
  }

  void succeeded() {
    cancelSettling();
    settling = loop.schedule(() -> failures = 0, backoff.max().toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Attempts at once if it is waiting. */
  void now() {
    if (waiting != null) {
      cancelWaiting();
      attempt.run();
    }
  }

  void stop() {
    cancelWaiting();
    cancelSettling();
  }

  private void cancelWaiting() {
    if (waiting != null) {
      waiting.cancel(false);
      waiting = null;
    }
  }

  private void cancelSettling() {
    if (settling != null) {
      settling.cancel(false);
      settling = null;
    }
  }
}
