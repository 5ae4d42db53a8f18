package org.postern.broker.clientside;

import io.netty.channel.EventLoop;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Wakes a device's state at the earliest instant at which time alone may change what it may do.
 * Confined to the loop.
 */
final class ReviewTimer {
  private final EventLoop loop;
  private final LongSupplier clockMillis;
  private final Alarms alarms;
  private final Runnable work;
  private @Nullable Runnable cancel;
  private long dueMillis;

  ReviewTimer(EventLoop loop, LongSupplier clockMillis, Alarms alarms, Runnable work) {
    this.loop = loop;
    this.clockMillis = clockMillis;
    this.alarms = alarms;
    this.work = work;
  }

  /** Wakes at an instant, unless it does so earlier; {@link Long#MAX_VALUE}: never. */
  void at(long millis) {
    if (millis <= clockMillis.getAsLong()
        || millis == Long.MAX_VALUE
        || (cancel != null && dueMillis <= millis)) {
      return;
    }
    if (cancel != null) {
      cancel.run();
    }
    dueMillis = millis;
    cancel = alarms.at(loop, millis, this::due);
  }

  private void due() {
    cancel = null;
    if (clockMillis.getAsLong() < dueMillis) {
      // The machine's timer and its wall clock differ: not yet.
      at(dueMillis);
      return;
    }
    work.run();
  }
}
