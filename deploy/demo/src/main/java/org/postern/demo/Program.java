package org.postern.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A process of ours: its standard output is read line by line, everything it says goes to a log
 * file, and it ends when told to. Safe for several threads.
 */
final class Program implements AutoCloseable {
  private static final int LINES_KEPT = 200;
  private static final Duration GRACE = Duration.ofSeconds(20);

  private final String name;
  private final Path log;
  private final Process process;
  private final Consumer<String> listener;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<String> lines = new ArrayDeque<>();
  private boolean ended;

  private Program(String name, Path log, Process process, Consumer<String> listener) {
    this.name = name;
    this.log = log;
    this.process = process;
    this.listener = listener;
  }

  /**
   * What to start.
   *
   * @param name for messages; its log is {@code NAME.log}
   * @param environment added to ours; empty value: taken away
   */
  record Order(String name, List<String> command, Map<String, String> environment) {
    Order {
      command = List.copyOf(command);
      environment = Map.copyOf(environment);
    }
  }

  static Program start(Order order, Path logs) throws DemoException {
    return start(order, logs, line -> {});
  }

  /** Starts it; the listener gets each line of standard output. */
  static Program start(Order order, Path logs, Consumer<String> listener) throws DemoException {
    Path log = logs.resolve(order.name() + ".log");
    ProcessBuilder builder = new ProcessBuilder(order.command());
    builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    order
        .environment()
        .forEach((key, value) -> {
          if (value.isEmpty()) {
            builder.environment().remove(key);
          } else {
            builder.environment().put(key, value);
          }
        });
    try {
      Program program = new Program(order.name(), log, builder.start(), listener);
      Thread.ofVirtual().name("output of " + order.name()).start(program::read);
      return program;
    } catch (IOException e) {
      throw new DemoException("cannot start " + order.name() + ": " + e.getMessage(), e);
    }
  }

  private void read() {
    try (BufferedReader reader =
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        OutputStream copy =
            Files.newOutputStream(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        copy.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        listener.accept(line);
        add(line);
      }
    } catch (IOException e) {
      add("(its output cannot be read any more: " + e.getMessage() + ")");
    } finally {
      noteEnd();
    }
  }

  private void add(String line) {
    lock.lock();
    try {
      lines.add(line);
      if (lines.size() > LINES_KEPT) {
        lines.remove();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void noteEnd() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a line of standard output. */
  String awaitLine(String what, Duration limit, Predicate<String> wanted) throws DemoException {
    long left = limit.toNanos();
    lock.lock();
    try {
      while (true) {
        Optional<String> found = lines.stream().filter(wanted).findFirst();
        if (found.isPresent()) {
          return found.get();
        }
        if (ended || left <= 0) {
          throw new DemoException(
              "%s %s before it said %s; its last words:%n%s"
                  .formatted(
                      name, ended ? "ended" : "took more than " + limit, what, lastWords(12)));
        }
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DemoException("interrupted while waiting for " + name, e);
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the end; the exit code. */
  int awaitExit(Duration limit) throws DemoException {
    try {
      if (process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        lock.lock();
        try {
          long left = GRACE.toNanos();
          while (!ended && left > 0) {
            left = changed.awaitNanos(left);
          }
        } finally {
          lock.unlock();
        }
        return process.exitValue();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DemoException("interrupted while waiting for " + name, e);
    }
    throw new DemoException(name + " still runs after " + limit + "; its log is " + log);
  }

  /** Standard output so far, the newest lines. */
  List<String> output() {
    lock.lock();
    try {
      return List.copyOf(lines);
    } finally {
      lock.unlock();
    }
  }

  /** The end of the log. */
  String lastWords(int count) {
    try {
      List<String> all = Files.readAllLines(log, StandardCharsets.UTF_8);
      return String.join("\n", all.subList(Math.max(0, all.size() - count), all.size()));
    } catch (IOException e) {
      return "(no log: " + e.getMessage() + ")";
    }
  }

  OutputStream input() {
    return process.getOutputStream();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** The process itself, or what {@code nsenter} forked for it. */
  @Nullable ProcessHandle inner() {
    Optional<ProcessHandle> child = process.children().findFirst();
    boolean wrapped = process.info().command().map(path -> path.endsWith("/nsenter")).orElse(false);
    return wrapped ? child.orElse(null) : process.toHandle();
  }

  /** What {@code unshare} or {@code nsenter} forked. */
  @Nullable ProcessHandle forked() {
    return process.children().findFirst().orElse(null);
  }

  /** Ends it and everything it started, at once. */
  void end() {
    Stream.concat(process.descendants(), Stream.of(process.toHandle()))
        .toList()
        .forEach(ProcessHandle::destroyForcibly);
  }

  /** Ends it as a crash would, without a word. */
  void kill() throws DemoException {
    ProcessHandle target = inner();
    if (target == null || !target.destroyForcibly()) {
      throw new DemoException(name + " could not be killed");
    }
    awaitExit(GRACE);
  }

  /** Asks it to end. */
  void ask() {
    ProcessHandle target = inner();
    if (target != null) {
      target.destroy();
    }
  }

  /** Asks it to end, and after a grace makes it. */
  @Override
  public void close() {
    List<ProcessHandle> all =
        Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
    ask();
    try {
      process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    all.forEach(ProcessHandle::destroyForcibly);
  }
}
