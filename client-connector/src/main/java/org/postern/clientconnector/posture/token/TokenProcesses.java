package org.postern.clientconnector.posture.token;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.posture.ProtectedKeys;

/**
 * Reads tokens in a process of its own for each module, away from the thread that asks: a module
 * that hangs is ended, one that crashes takes nothing with it, and either way what it would have
 * said is unknown. Answers are kept for a while. Confined to one thread.
 */
public final class TokenProcesses implements ProtectedKeys {
  private final TokenSettings settings;
  private final TokenLimits limits;
  private final Map<String, String> environment;
  private final LongSupplier nanoTime;
  private Set<String> asked = Set.of();
  private @Nullable FutureTask<Map<String, Finding>> running;
  private Map<String, Finding> answers = Map.of();
  private long answeredAt;
  private String refusedPin = "";

  /**
   * Nothing is read before somebody asks.
   *
   * @param environment of the processes
   * @param nanoTime a monotonic clock, nanoseconds
   */
  public TokenProcesses(
      TokenSettings settings,
      TokenLimits limits,
      Map<String, String> environment,
      LongSupplier nanoTime) {
    this.settings = settings;
    this.limits = limits;
    this.environment = new HashMap<>(environment);
    // It would be heard by the process's Java.
    this.environment.remove("JAVA_TOOL_OPTIONS");
    this.nanoTime = nanoTime;
  }

  @Override
  public Map<String, Finding> find(Set<String> labels) {
    if (settings.modules().isEmpty()) {
      return all(labels, "no PKCS #11 module is set, and p11-kit is not installed");
    }
    long now = nanoTime.getAsLong();
    boolean fresh = !answers.isEmpty() && now - answeredAt < limits.every().toNanos();
    if (running == null && !(fresh && labels.equals(asked))) {
      asked = Set.copyOf(labels);
      FutureTask<Map<String, Finding>> task = new FutureTask<>(() -> read(List.copyOf(asked)));
      running = task;
      Thread.ofVirtual().name("tokens").start(task);
    }
    take();
    Map<String, Finding> found = all(labels, "the tokens are still being read");
    labels.stream()
        .filter(answers::containsKey)
        .forEach(label -> found.put(label, answers.get(label)));
    return found;
  }

  private void take() {
    FutureTask<Map<String, Finding>> task = running;
    if (task == null) {
      return;
    }
    try {
      answers = task.get(limits.patience().toMillis(), TimeUnit.MILLISECONDS);
      answeredAt = nanoTime.getAsLong();
      running = null;
    } catch (TimeoutException e) {
      // Next time; until then what was known is still believed, for a deadline at most.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      answers = all(asked, "the tokens could not be read: " + e.getCause());
      answeredAt = nanoTime.getAsLong();
      running = null;
    }
  }

  private static Map<String, Finding> all(Iterable<String> labels, String why) {
    Map<String, Finding> all = new HashMap<>();
    labels.forEach(label -> all.put(label, new Unknown(why)));
    return all;
  }

  private Map<String, Finding> read(List<String> labels) {
    Map<String, Finding> best = new HashMap<>();
    for (String module : settings.modules()) {
      Map<String, Finding> said = read(module, labels);
      said.forEach((label, finding) -> best.merge(label, finding, TokenProcesses::better));
    }
    return best;
  }

  /** There, before not known, before not there. */
  private static Finding better(Finding one, Finding other) {
    return switch (one) {
      case Known(boolean there) when there -> one;
      case Known known -> other;
      case Unknown unknown -> other instanceof Known(boolean there) && there ? other : one;
    };
  }

  private Map<String, Finding> read(String module, List<String> labels) {
    Map<String, Finding> findings = all(labels, module + " ended before it said anything");
    String pin = pinState();
    String input =
        module
            + "\n"
            + (pin.isEmpty() || !pin.equals(refusedPin) ? settings.pinFile() : TokenReader.REFUSED)
            + "\n"
            + String.join("\n", labels)
            + "\n";
    try {
      int place = 0;
      for (String line : output(input).lines().toList()) {
        if (!line.startsWith(TokenReader.MARK)) {
          continue;
        }
        String said = line.substring(TokenReader.MARK.length());
        if (said.equals(TokenReader.REFUSED)) {
          refusedPin = pin;
        } else if (place < labels.size()) {
          findings.put(labels.get(place++), finding(said));
        }
      }
    } catch (IOException e) {
      return all(labels, module + ": " + e.getMessage());
    }
    return findings;
  }

  private static Finding finding(String said) {
    return switch (said.split(" ", 2)[0]) {
      case "yes" -> new Known(true);
      case "no" -> new Known(false);
      default -> new Unknown(said.replaceFirst("^unknown ", ""));
    };
  }

  /** Which PIN it is, without reading it. */
  private String pinState() {
    try {
      return settings.pinFile().isEmpty()
          ? ""
          : Files.readAttributes(Path.of(settings.pinFile()), "unix:ino,size,ctime").toString();
    } catch (IOException e) {
      return "";
    }
  }

  private String output(String input) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command());
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    Process process = builder.start();
    try {
      FutureTask<byte[]> reading =
          new FutureTask<>(() -> {
            try (InputStream from = process.getInputStream()) {
              return from.readNBytes(limits.outputBytes());
            }
          });
      Thread.ofVirtual().name("tokens-output").start(reading);
      try (OutputStream to = process.getOutputStream()) {
        to.write(input.getBytes(StandardCharsets.UTF_8));
      }
      String said =
          new String(
              reading.get(limits.deadline().toMillis(), TimeUnit.MILLISECONDS),
              StandardCharsets.UTF_8);
      if (!process.waitFor(limits.deadline().toMillis(), TimeUnit.MILLISECONDS)) {
        throw new TimeoutException();
      }
      if (process.exitValue() != 0) {
        throw new IOException("it crashed (status %d)".formatted(process.exitValue()));
      }
      return said;
    } catch (TimeoutException e) {
      throw new IOException("it did not answer within " + limits.deadline().toSeconds() + " s", e);
    } catch (ExecutionException e) {
      throw new IOException("its answer cannot be read", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** This same Java and these same classes, small, and silent when a module brings it down. */
  private static List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx48m",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:+SuppressFatalErrorMessage",
            "-XX:-UsePerfData",
            "-cp",
            System.getProperty("java.class.path"),
            TokenReader.class.getName()));
    return command;
  }
}
