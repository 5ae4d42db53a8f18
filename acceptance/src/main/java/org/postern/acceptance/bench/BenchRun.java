package org.postern.acceptance.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.stream.Stream;
import org.postern.acceptance.ground.RunningProgram;

/**
 * What one run of the benchmarks owns: a temporary folder, and all that was started, ended in
 * reverse order. Used by one thread.
 */
public final class BenchRun implements AutoCloseable {
  private final boolean quick;
  private final Path folder;
  private final Deque<AutoCloseable> owned = new ConcurrentLinkedDeque<>();
  private final Thread atExit = new Thread(this::endAll, "bench ends");

  /** An empty run. */
  public BenchRun(boolean quick) throws IOException {
    this.quick = quick;
    this.folder = Files.createTempDirectory("postern-bench-");
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /** A run of its own for a part of this one: what the part held is free for the next. */
  BenchRun part() throws IOException {
    return new BenchRun(quick);
  }

  /** Fewer and shorter rounds: for a look, not for a record. */
  public boolean quick() {
    return quick;
  }

  /** A fresh folder below the temporary one. */
  public Path folder(String name) throws IOException {
    return Files.createDirectories(folder.resolve(name));
  }

  /** A line for whoever waits. */
  public void say(String line) {
    System.out.println("  " + line);
  }

  /** Closed when the run is. */
  public <T extends AutoCloseable> T own(T resource) {
    owned.push(resource);
    return resource;
  }

  /** Starts a program that ends with the run. */
  public RunningProgram start(List<String> command) throws IOException {
    return own(RunningProgram.start(command));
  }

  /** A loopback port that was free a moment ago. */
  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException interrupted) {
      return; // the hook itself is doing it
    }
    endAll();
  }

  private void endAll() {
    for (AutoCloseable each = owned.poll(); each != null; each = owned.poll()) {
      try {
        each.close();
      } catch (Exception e) {
        say("could not end something: " + e);
      }
    }
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    } catch (IOException e) {
      say("could not delete " + folder + ": " + e);
    }
  }
}
