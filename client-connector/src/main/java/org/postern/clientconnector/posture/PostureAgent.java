package org.postern.clientconnector.posture;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.message.PostureQuestions;
import org.postern.tunnel.message.PostureReport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the state of this device and reports it: at once when something changed, and every few
 * minutes. Works on a thread of its own; its methods may be called by any thread.
 */
public final class PostureAgent implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PostureAgent.class);

  private final PostureLimits limits;
  private final LongSupplier nanoTime;
  private final Consumer<PostureReport> reports;
  private final Examiner examiner;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("posture").daemon(true).factory());
  private Questions questions = Questions.NONE;
  private @Nullable PostureReport sent;
  private long sentAt;
  private long settingsAt;

  /**
   * Wires it; nothing is looked at before {@link #start}.
   *
   * @param clientVersion what this program calls itself
   * @param nanoTime a monotonic clock, nanoseconds
   * @param reports takes each report, on the agent's thread
   */
  public PostureAgent(
      Machine machine,
      String clientVersion,
      LongSupplier nanoTime,
      Consumer<PostureReport> reports) {
    this.limits = machine.limits();
    this.nanoTime = nanoTime;
    this.reports = reports;
    this.examiner = new Examiner(machine, clientVersion);
  }

  /** Looks for the first time, and goes on. */
  public void start() {
    long pause = limits.filesEvery().toMillis();
    thread.scheduleWithFixedDelay(this::round, 0, pause, TimeUnit.MILLISECONDS);
  }

  /** The broker wants to know more, or less: looks and answers at once. */
  public void asked(PostureQuestions raw) {
    thread.execute(() -> {
      Questions fresh = Questions.of(raw, limits);
      if (!fresh.equals(questions)) {
        questions = fresh;
        settingsAt = 0;
        round();
      }
    });
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  private void round() {
    try {
      long now = nanoTime.getAsLong();
      if (sent == null || settingsAt == 0 || now - settingsAt >= limits.settingsEvery().toNanos()) {
        examiner.lookAtSettings(questions);
        settingsAt = now == 0 ? 1 : now;
      }
      examiner.lookAtFiles(questions);
      report(now);
    } catch (RuntimeException e) {
      LOG.warn("the device's posture cannot be examined; trying again", e);
    }
  }

  private void report(long now) {
    PostureReport fresh = examiner.report();
    boolean changed = !fresh.equals(sent);
    if (sent != null && changed && now - sentAt < limits.reportsApart().toNanos()) {
      long rest = limits.reportsApart().toNanos() - (now - sentAt);
      thread.schedule(this::round, rest, TimeUnit.NANOSECONDS);
      return;
    }
    if (changed || now - sentAt >= limits.reportEvery().toNanos()) {
      sent = fresh;
      sentAt = now;
      reports.accept(fresh);
    }
  }
}
