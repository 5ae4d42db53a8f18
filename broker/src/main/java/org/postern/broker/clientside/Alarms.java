package org.postern.broker.clientside;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/** Wakes work when the wall clock has reached an instant. Safe for any thread. */
@FunctionalInterface
public interface Alarms {
  /**
   * Runs work once, on the loop, as soon as the clock shows the instant or a later one.
   *
   * @param millis since the epoch
   * @return takes the alarm back; after the work has run it does nothing
   */
  Runnable at(EventLoop loop, long millis, Runnable work);

  /** By the loop's own timer, for a clock that goes as fast as the machine's. */
  static Alarms of(InstantSource clock) {
    return (loop, millis, work) -> {
      long delay = Math.max(0, millis - clock.millis());
      Future<?> waiting = loop.schedule(work, delay, TimeUnit.MILLISECONDS);
      return () -> waiting.cancel(false);
    };
  }
}
