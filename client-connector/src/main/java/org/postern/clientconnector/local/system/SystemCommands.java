package org.postern.clientconnector.local.system;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * {@link Commands} as processes of this machine, looked up on PATH and in the directories of root.
 */
public final class SystemCommands implements Commands {

  private static final int OUTPUT_LENGTH_MAX = 1 << 20;
  private static final List<String> DIRECTORIES_OF_ROOT =
      List.of("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin");

  private final Set<Path> directories = new LinkedHashSet<>();
  private final Duration timeout;

  /**
   * Commands with a time limit each.
   *
   * @param path the value of PATH; null or empty for the usual directories only
   */
  public SystemCommands(@Nullable String path, Duration timeout) {
    this.timeout = timeout;
    for (String directory : (path == null ? "" : path).split(":")) {
      if (directory.startsWith("/")) {
        directories.add(Path.of(directory));
      }
    }
    DIRECTORIES_OF_ROOT.forEach(directory -> directories.add(Path.of(directory)));
  }

  @Override
  public boolean isInstalled(String program) {
    return find(program) != null;
  }

  @Override
  public String run(String input, List<String> command) throws IOException {
    Path program = find(command.getFirst());
    if (program == null) {
      throw new IOException(
          command.getFirst() + " is not installed (expected in one of " + directories + ")");
    }
    List<String> line = new ArrayList<>(command);
    line.set(0, program.toString());
    ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
    builder.environment().put("LC_ALL", "C");
    Process process = builder.start();
    try {
      // Both at once, away from the thread that watches the time: neither need ever come to an end.
      Thread.ofVirtual().start(() -> tell(process, input));
      FutureTask<byte[]> output =
          new FutureTask<>(() -> process.getInputStream().readNBytes(OUTPUT_LENGTH_MAX));
      Thread.ofVirtual().start(output);
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new TimeoutException();
      }
      String text =
          new String(output.get(timeout.toMillis(), TimeUnit.MILLISECONDS), StandardCharsets.UTF_8);
      if (process.exitValue() != 0) {
        throw new IOException(
            String.join(" ", command)
                + " failed with status "
                + process.exitValue()
                + ": "
                + text.strip());
      }
      return text;
    } catch (TimeoutException e) {
      throw new IOException(String.join(" ", command) + " did not end within " + timeout, e);
    } catch (ExecutionException e) {
      throw new IOException("what " + String.join(" ", command) + " said was not read", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(String.join(" ", command) + " was interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static void tell(Process process, String input) {
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // It ended without reading; its exit status says why.
    }
  }

  private @Nullable Path find(String program) {
    for (Path directory : directories) {
      Path candidate = directory.resolve(program);
      if (Files.isExecutable(candidate)) {
        return candidate;
      }
    }
    return null;
  }
}
