package org.postern.clientconnector.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.function.LongSupplier;

/** What a command sees of the world; given by the main class, or by a test. */
public record Surroundings(
    Clock clock,
    LongSupplier nanoTime,
    Map<String, String> environment,
    PrintStream out,
    PrintStream err) {

  /** Whether the person asked for plain text (no-color.org), or a program is reading. */
  boolean plain() {
    return !environment.getOrDefault("NO_COLOR", "").isEmpty() || !outIsTerminal();
  }

  private static boolean outIsTerminal() {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd/1")).startsWith("/dev/pts");
    } catch (IOException e) {
      return false;
    }
  }
}
