package org.postern.broker.clientside;

import io.netty.channel.EventLoop;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Wakes a device's state at the earliest instant at which time alone may change what it may do.
 * Confined to the loop.
 */
final class ReviewTimer {
  private final EventLoop loop;
  private final LongSupplier clockMillis;
  private final Runnable work;
  private @Nullable Future<?> waiting;
  private long dueMillis;

  ReviewTimer(EventLoop loop, LongSupplier clockMillis, Runnable work) {
    this.loop = loop;
    this.clockMillis = clockMillis;
    this.work = work;
  }

  /** Wakes at an instant, unless it does so earlier; {@link Long#MAX_VALUE}: never. */
  void at(long millis) {
    long now = clockMillis.getAsLong();
    if (millis <= now || millis == Long.MAX_VALUE || (waiting != null && dueMillis <= millis)) {
      return;
    }
    if (waiting != null) {
      waiting.cancel(false);
    }
    dueMillis = millis;
    waiting = loop.schedule(this::due, millis - now + 1, TimeUnit.MILLISECONDS);
  }

  private void due() {
    waiting = null;
    work.run();
  }
}
