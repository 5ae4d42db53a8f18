package org.postern.broker.signin;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * How often what a provider publishes is read again because something did not fit it. The provider
 * may have changed its keys a moment after they were read, so a few readings in a row are good;
 * strangers choose what does not fit, so it goes on with one in each pause. Safe on any thread.
 */
public final class RefetchBudget {
  private final int burst;
  private final Duration pause;
  private final InstantSource clock;
  private int left;
  private Instant filledAt;

  /** Full. */
  public RefetchBudget(SignInLimits limits, InstantSource clock) {
    this.burst = limits.refetchBurst();
    this.pause = limits.refetchPause();
    this.clock = clock;
    this.left = burst;
    this.filledAt = clock.instant();
  }

  /** Takes one reading; false when there is none left now. */
  public synchronized boolean tryTake() {
    Instant now = clock.instant();
    long more = Math.max(0, Duration.between(filledAt, now).dividedBy(pause));
    if (left + more >= burst) {
      left = burst;
      filledAt = now;
    } else {
      left += (int) more;
      filledAt = filledAt.plus(pause.multipliedBy(more));
    }
    if (left == 0) {
      return false;
    }
    left--;
    return true;
  }
}
