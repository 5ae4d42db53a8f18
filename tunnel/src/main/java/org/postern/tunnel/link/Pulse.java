package org.postern.tunnel.link;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.TunnelLimits.KeepAlive;

/**
 * Notices that a peer is silent: asks it, and gives it up in the end. Counts intervals instead of
 * reading a clock, so silence is noticed after {@code silenceMax} and at most one interval more.
 * Belongs to the loop it was started on.
 */
final class Pulse {
  private final Runnable ask;
  private final Runnable giveUp;
  private @Nullable KeepAlive times;
  private @Nullable ScheduledFuture<?> ticker;
  private int quietTicksBeforeAsking;
  private int quietTicks;
  private boolean heard;

  Pulse(Runnable ask, Runnable giveUp) {
    this.ask = ask;
    this.giveUp = giveUp;
  }

  /**
   * Starts, or starts anew.
   *
   * @param quietTicksBeforeAsking 1 at the end that is to ask first, 2 at the other, so that one
   *     Ping per interval keeps both content
   */
  void start(EventLoop loop, KeepAlive times, int quietTicksBeforeAsking) {
    stop();
    this.times = times;
    this.quietTicksBeforeAsking = quietTicksBeforeAsking;
    quietTicks = 0;
    heard = true;
    schedule(loop, times);
  }

  void stop() {
    times = null;
    if (ticker != null) {
      ticker.cancel(false);
      ticker = null;
    }
  }

  /** What it was started with, for starting it again on another loop; null when it is stopped. */
  @Nullable KeepAlive times() {
    return times;
  }

  int quietTicksBeforeAsking() {
    return quietTicksBeforeAsking;
  }

  void heard() {
    heard = true;
  }

  private void schedule(EventLoop loop, KeepAlive of) {
    ticker = loop.schedule(() -> tick(loop), of.interval().toNanos(), TimeUnit.NANOSECONDS);
  }

  private void tick(EventLoop loop) {
    KeepAlive now = times;
    if (now == null) {
      return;
    }
    quietTicks = heard ? 0 : quietTicks + 1;
    heard = false;
    if (now.interval().multipliedBy(quietTicks).compareTo(now.silenceMax()) >= 0) {
      giveUp.run();
      return;
    }
    if (quietTicks >= quietTicksBeforeAsking) {
      ask.run();
    }
    schedule(loop, now);
  }
}
