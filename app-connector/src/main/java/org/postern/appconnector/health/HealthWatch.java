package org.postern.appconnector.health;

import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.postern.appconnector.config.ConnectorLimits;
import org.postern.appconnector.upstream.DialOutcome;
import org.postern.appconnector.upstream.Upstream;
import org.postern.tunnel.message.ApplicationHealth;
import org.postern.tunnel.message.ConnectorReport;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.ServePlan;

/**
 * Probes what the serve plan names, listens to the dials of real flows, and reports what changed.
 * Lives as long as the connector, on the event loop of its {@link Upstream}; methods say where they
 * may be called.
 */
public final class HealthWatch implements AutoCloseable {
  private static final int CHANGES_PER_REPORT = 500;

  private final Upstream upstream;
  private final ConnectorLimits.Health limits;
  private final LongSupplier nanoTime;
  private final IntSupplier flows;
  private final IntSupplier loadPercent;
  private final HealthBoard board;
  private @Nullable Consumer<ConnectorReport> broker;
  private @Nullable ScheduledFuture<?> nextProbe;
  private @Nullable ScheduledFuture<?> nextReport;
  private long lastProbeNanos;
  private long nextProbeNanos;
  private boolean reportSoon;
  private boolean closed;
  private volatile Counts counts = new Counts(0, 0);

  /**
   * How many targets there are.
   *
   * @param watched in all
   * @param down of these
   */
  public record Counts(int watched, int down) {}

  /**
   * What the reports say besides health.
   *
   * @param flows live flows of the process
   * @param loadPercent 0 to 100
   */
  public record Load(IntSupplier flows, IntSupplier loadPercent) {}

  /**
   * @param upstream dials the probes; its event loop becomes this one's owner
   * @param load asked at each report, on the event loop
   * @param limits of the process
   * @param nanoTime a monotonic clock, in nanoseconds
   * @param random for the jitter of intervals
   */
  public HealthWatch(
      Upstream upstream,
      Load load,
      ConnectorLimits.Health limits,
      LongSupplier nanoTime,
      RandomGenerator random) {
    this.upstream = upstream;
    this.flows = load.flows;
    this.loadPercent = load.loadPercent;
    this.limits = limits;
    this.nanoTime = nanoTime;
    this.board = new HealthBoard(limits, random);
    this.lastProbeNanos = nanoTime.getAsLong() - TimeUnit.SECONDS.toNanos(1);
  }

  /** A link is up: everything known is reported again, to this receiver. Any thread. */
  public void onUp(Consumer<ConnectorReport> receiver) {
    run(() -> {
      broker = receiver;
      board.reportAllAgain();
      report();
    });
  }

  /** The link is down: probes go on, reports wait. Any thread. */
  public void onDown() {
    run(() -> broker = null);
  }

  /** What to watch from now on. Any thread. */
  public void onPlan(ServePlan plan) {
    run(() -> {
      board.plan(plan, nanoTime.getAsLong());
      afterChange();
    });
  }

  /** What became of a flow's dial. Any thread. */
  public void onDial(HealthTarget target, DialOutcome outcome) {
    run(() -> {
      switch (outcome) {
        case DialOutcome.Connected connected ->
            board.onDialed(target, connected.micros(), nanoTime.getAsLong());
        case DialOutcome.Failed failed -> {
          if (saysSomethingAboutTheTarget(failed.reason())) {
            board.onDialFailed(target, nanoTime.getAsLong());
          }
        }
      }
      afterChange();
    });
  }

  /** Any thread. */
  public Counts counts() {
    return counts;
  }

  /** No probe and no report after this. Any thread; idempotent. */
  @Override
  public void close() {
    run(() -> {
      closed = true;
      cancel(nextProbe);
      cancel(nextReport);
    });
  }

  private static boolean saysSomethingAboutTheTarget(ReasonCode reason) {
    return reason != ReasonCode.TARGET_FORBIDDEN && reason != ReasonCode.CONNECTOR_OVERLOADED;
  }

  private void run(Runnable task) {
    upstream
        .eventLoop()
        .execute(() -> {
          if (!closed) {
            task.run();
          }
        });
  }

  private void afterChange() {
    if (counts.watched() != board.size() || counts.down() != board.down()) {
      counts = new Counts(board.size(), board.down());
    }
    scheduleProbe();
    if (board.hasChanges() && broker != null && !reportSoon) {
      reportSoon = true;
      cancel(nextReport);
      nextReport = in(limits.reportDelay().toNanos(), this::report);
    }
  }

  private void scheduleProbe() {
    OptionalLong due = board.nextDueNanos();
    if (due.isEmpty()) {
      cancel(nextProbe);
      nextProbe = null;
      return;
    }
    long earliest = lastProbeNanos + TimeUnit.SECONDS.toNanos(1) / limits.probesPerSecond();
    long at = due.getAsLong() - earliest > 0 ? due.getAsLong() : earliest;
    if (nextProbe != null && at == nextProbeNanos) {
      return;
    }
    cancel(nextProbe);
    nextProbeNanos = at;
    nextProbe = in(Math.max(at - nanoTime.getAsLong(), 0), this::probe);
  }

  private void probe() {
    nextProbe = null;
    Optional<HealthBoard.Probe> next = board.nextProbe(nanoTime.getAsLong());
    if (next.isPresent()) {
      lastProbeNanos = nanoTime.getAsLong();
      HealthTarget target = next.get().target();
      Future<DialOutcome> dial = upstream.dialTcp(next.get().dial());
      ScheduledFuture<?> deadline = in(limits.timeout().toNanos(), () -> dial.cancel(false));
      dial.addListener((Future<DialOutcome> done) -> {
        deadline.cancel(false);
        onProbed(target, done);
      });
    }
    scheduleProbe();
  }

  private void onProbed(HealthTarget target, Future<DialOutcome> done) {
    long now = nanoTime.getAsLong();
    if (!done.isSuccess()) {
      board.onProbeDown(
          target,
          ReasonCode.CONNECT_TIMEOUT,
          "no answer within " + limits.timeout().toMillis() + " ms",
          now);
    } else {
      switch (done.getNow()) {
        case DialOutcome.Connected connected -> {
          connected.channel().close();
          board.onProbeUp(target, connected.micros(), now);
        }
        case DialOutcome.Failed failed ->
            board.onProbeDown(target, failed.reason(), failed.text(), now);
      }
    }
    if (!closed) {
      afterChange();
    }
  }

  private void report() {
    reportSoon = false;
    cancel(nextReport);
    nextReport = in(limits.reportInterval().toNanos(), this::report);
    Consumer<ConnectorReport> receiver = broker;
    if (receiver == null) {
      return;
    }
    do {
      List<ApplicationHealth> changes = board.takeChanges(CHANGES_PER_REPORT);
      receiver.accept(
          ConnectorReport.newBuilder()
              .setFlows(flows.getAsInt())
              .setLoadPercent(Math.clamp(loadPercent.getAsInt(), 0, 100))
              .addAllHealth(changes)
              .build());
    } while (board.hasChanges());
  }

  private ScheduledFuture<?> in(long nanos, Runnable task) {
    return upstream.eventLoop().schedule(task, nanos, TimeUnit.NANOSECONDS);
  }

  private static void cancel(@Nullable ScheduledFuture<?> timer) {
    if (timer != null) {
      timer.cancel(false);
    }
  }
}
