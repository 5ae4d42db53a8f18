package org.postern.acceptance.ground;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A program of the outside world that runs beside a test: started with an argument list (never a
 * shell line unless the caller says {@code sh -c}), its output read as it comes and kept up to
 * {@value #OUTPUT_CHARS_MAX} characters (the newest), and ended with everything that it started
 * when this is closed. Safe for use by several threads.
 */
public final class RunningProgram implements AutoCloseable {
  /** Older output is forgotten beyond this. */
  public static final int OUTPUT_CHARS_MAX = 256 * 1024;

  private static final Duration GRACE = Duration.ofSeconds(3);

  private final List<String> command;
  private final Process process;
  private final Thread reader;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final StringBuilder output = new StringBuilder();
  private boolean ended;

  private RunningProgram(List<String> command, Process process) {
    this.command = command;
    this.process = process;
    this.reader = Thread.ofVirtual().name("output of " + command.getFirst()).unstarted(this::read);
  }

  /** Starts with standard error joined to standard output, in the current directory. */
  public static RunningProgram start(List<String> command) throws IOException {
    return start(command, null);
  }

  /** Starts in a directory; null means the current one. */
  public static RunningProgram start(List<String> command, @Nullable Path directory)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // An ordinary user's path does not lead to nft.
    builder.environment().merge("PATH", ":/usr/sbin:/sbin", String::concat);
    if (directory != null) {
      builder.directory(directory.toFile());
    }
    RunningProgram program = new RunningProgram(List.copyOf(command), builder.start());
    program.reader.start();
    return program;
  }

  /**
   * Runs to the end and returns what was printed.
   *
   * @throws IOException when it did not end with code 0 within the time; the message holds its
   *     output
   */
  public static String run(Duration limit, String... command)
      throws IOException, InterruptedException {
    return run(limit, List.of(command));
  }

  /** As {@link #run(Duration, String...)}. */
  public static String run(Duration limit, List<String> command)
      throws IOException, InterruptedException {
    try (RunningProgram program = start(command)) {
      program.process.getOutputStream().close();
      int code = program.awaitExit(limit);
      if (code != 0) {
        throw new IOException(
            String.join(" ", command)
                + " ended with "
                + code
                + " (expected: 0):\n"
                + program.output());
      }
      return program.output();
    }
  }

  /** What was printed so far, at most the newest {@value #OUTPUT_CHARS_MAX} characters. */
  public String output() {
    lock.lock();
    try {
      return output.toString();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until the output so far satisfies the condition.
   *
   * @throws IOException when it ended, or the time was over, before that; the message holds the
   *     output
   */
  public RunningProgram awaitOutput(String expected, Duration limit)
      throws IOException, InterruptedException {
    awaitOutput(expected, text -> text.contains(expected), limit);
    return this;
  }

  /**
   * As {@link #awaitOutput(String, Duration)}, with any condition; the first argument names it in
   * errors.
   */
  public void awaitOutput(String what, Predicate<String> condition, Duration limit)
      throws IOException, InterruptedException {
    long left = limit.toNanos();
    lock.lock();
    try {
      while (!condition.test(output.toString())) {
        if (ended || left <= 0) {
          throw new IOException(
              "%s %s before it printed '%s':\n%s"
                  .formatted(
                      String.join(" ", command),
                      ended ? "ended" : "ran " + limit.toSeconds() + " s",
                      what,
                      output));
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for the end, and for the last of the output.
   *
   * @throws IOException when it still runs when the time is over
   */
  public int awaitExit(Duration limit) throws IOException, InterruptedException {
    if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IOException(
          "%s still runs after %d s:\n%s"
              .formatted(String.join(" ", command), limit.toSeconds(), output()));
    }
    reader.join(GRACE);
    return process.exitValue();
  }

  /** Where the program reads its standard input from. */
  public Process process() {
    return process;
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /**
   * The process and all that it started, as seen from here (also when it runs in a PID namespace).
   */
  public List<Long> pids() {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants())
        .map(ProcessHandle::pid)
        .toList();
  }

  /** Asks everything of this program to end, and after a short grace makes it. */
  @Override
  public void close() {
    List<ProcessHandle> all =
        Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
    all.forEach(ProcessHandle::destroy);
    for (ProcessHandle each : all) {
      try {
        each.onExit().get(GRACE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
        each.destroyForcibly();
      }
    }
  }

  /** As close, but with SIGKILL and at once: what a crash looks like. */
  public void kill() {
    Stream.concat(process.descendants(), Stream.of(process.toHandle()))
        .toList()
        .forEach(ProcessHandle::destroyForcibly);
  }

  private void read() {
    byte[] chunk = new byte[8192];
    try (InputStream in = process.getInputStream()) {
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        append(new String(Arrays.copyOf(chunk, n), StandardCharsets.UTF_8));
      }
    } catch (IOException closed) {
      append("");
    } finally {
      lock.lock();
      try {
        ended = true;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private void append(String text) {
    lock.lock();
    try {
      output.append(text);
      if (output.length() > OUTPUT_CHARS_MAX) {
        output.delete(0, output.length() - OUTPUT_CHARS_MAX);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
