package org.postern.acceptance.path;

import io.netty.channel.EventLoop;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.broker.clientside.Alarms;

/** A wall clock that goes as the machine's does until it is told where to stand. */
final class TestClock implements InstantSource, Alarms, AutoCloseable {
  private final Queue<Alarm> waiting = new ConcurrentLinkedQueue<>();
  private final ScheduledExecutorService bell = Executors.newSingleThreadScheduledExecutor();
  private volatile @Nullable Instant standing;

  private record Alarm(EventLoop loop, long millis, Runnable work) {}

  TestClock() {
    bell.scheduleAtFixedRate(this::ring, 10, 10, TimeUnit.MILLISECONDS);
  }

  @Override
  public Instant instant() {
    Instant fixed = standing;
    return fixed == null ? InstantSource.system().instant() : fixed;
  }

  /** From now on it is this instant. */
  void standAt(Instant instant) {
    standing = instant;
  }

  private void ring() {
    long now = millis();
    waiting.removeIf(alarm -> {
      boolean due = alarm.millis() <= now;
      if (due) {
        alarm.loop().execute(alarm.work());
      }
      return due;
    });
  }

  @Override
  public Runnable at(EventLoop loop, long millis, Runnable work) {
    Alarm alarm = new Alarm(loop, millis, work);
    waiting.add(alarm);
    return () -> waiting.remove(alarm);
  }

  @Override
  public void close() {
    bell.shutdownNow();
  }
}
