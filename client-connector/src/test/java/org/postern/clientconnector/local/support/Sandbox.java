package org.postern.clientconnector.local.support;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A network and mount namespace of its own, with an /etc/resolv.conf of its own: as root directly,
 * as an ordinary user inside an unprivileged user namespace. It disappears with the process that
 * holds it.
 */
public final class Sandbox implements AutoCloseable {

  private static final String HOLD =
      "ip link set lo up && mount --bind \"$0\" \"$(readlink -f /etc/resolv.conf)\""
          + " && echo ready && exec cat";

  private final Process holder;
  private final Path directory;
  private final boolean root;

  private Sandbox(Process holder, Path directory, boolean root) {
    this.holder = holder;
    this.directory = directory;
    this.root = root;
  }

  /** Makes a sandbox whose resolv.conf has this content; fails loudly where none can be made. */
  public static Sandbox create(String resolvConf) throws IOException {
    Path directory = Files.createTempDirectory("postern-local-");
    Path file = Files.writeString(directory.resolve("resolv.conf"), resolvConf);
    boolean root = Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    List<String> command = new ArrayList<>(List.of("unshare"));
    command.add(root ? "-nm" : "-Urnm");
    command.addAll(List.of("sh", "-c", HOLD, file.toString()));
    Process holder = new ProcessBuilder(command).redirectErrorStream(true).start();
    String answer = holder.inputReader().readLine();
    if (!"ready".equals(answer)) {
      holder.destroyForcibly();
      throw new IOException(
          "no namespace can be made here: "
              + answer
              + " (expected: root, or kernel.unprivileged_userns_clone=1; packages iproute2,"
              + " util-linux)");
    }
    return new Sandbox(holder, directory, root);
  }

  /** A directory that exists as long as the sandbox. */
  public Path directory() {
    return directory;
  }

  /** What programs in the sandbox read as /etc/resolv.conf. */
  public String resolvConf() throws IOException {
    return Files.readString(directory.resolve("resolv.conf"));
  }

  /** Overwrites it in place, as a DHCP client would. */
  public void writeResolvConf(String text) throws IOException {
    // Nobody reads it empty: it is cut to its length only when all of it is there.
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try (RandomAccessFile file =
        new RandomAccessFile(directory.resolve("resolv.conf").toFile(), "rw")) {
      file.write(bytes);
      file.setLength(bytes.length);
    }
  }

  /** What a program printed and how it ended. */
  public record Outcome(int status, String output) {}

  /** Starts a program inside whose output nobody reads. */
  public Process start(String... command) throws IOException {
    return builder(List.of(command))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Runs a program inside. */
  public Outcome run(String... command) throws IOException, InterruptedException {
    Process process = builder(List.of(command)).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(String.join(" ", command) + " did not end");
    }
    return new Outcome(process.exitValue(), output);
  }

  /** Starts a Java program of the test class path inside. */
  public Process java(Class<?> main, List<String> options, String... arguments) throws IOException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("--sun-misc-unsafe-memory-access=allow", "-ea"));
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, main.getName()));
    command.addAll(List.of(arguments));
    return builder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private ProcessBuilder builder(List<String> command) {
    List<String> line = new ArrayList<>(List.of("nsenter", "-t", Long.toString(holder.pid())));
    line.addAll(root ? List.of("-n", "-m") : List.of("-U", "--preserve-credentials", "-n", "-m"));
    line.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(line);
    // An ordinary user's path does not lead to nft.
    builder.environment().merge("PATH", ":/usr/sbin:/sbin", String::concat);
    return builder;
  }

  @Override
  public void close() throws IOException {
    holder.destroyForcibly();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** Reads lines until one starts with {@code prefix}; fails at the end of the stream. */
  public static String await(BufferedReader reader, String prefix) throws IOException {
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      if (line.startsWith(prefix)) {
        return line.substring(prefix.length()).strip();
      }
    }
    throw new IOException("the program ended before it said: " + prefix);
  }
}
