package org.postern.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Runs the product's own commands inside rooms, as a person would, through its launcher. */
final class Postern {
  private static final Duration COMMAND = Duration.ofSeconds(60);

  private final Ground ground;
  private final Path home;
  private final Path logs;
  private final Path cache;

  /**
   * A launcher.
   *
   * @param home the checkout or installation
   * @param logs where each command's output goes
   */
  Postern(Ground ground, Path home, Path logs) {
    this.ground = ground;
    this.home = home;
    this.logs = logs;
    this.cache = cache(logs);
  }

  /** Where the launcher keeps what makes the next start faster; else a place that goes with us. */
  private static Path cache(Path otherwise) {
    Map<String, String> environment = System.getenv();
    String named = environment.getOrDefault("XDG_CACHE_HOME", "");
    Path base =
        named.isEmpty()
            ? Path.of(environment.getOrDefault("HOME", otherwise.toString()), ".cache")
            : Path.of(named);
    try {
      return Files.createDirectories(base.resolve("postern"));
    } catch (IOException e) {
      return otherwise;
    }
  }

  /** Where the broker unpacks the database's programs, once for many runs. */
  Path programs() {
    return cache.resolve("postgres");
  }

  /** Starts a role that stays. */
  Program start(String name, Room room, List<String> arguments) throws DemoException {
    return start(name, room, arguments, line -> {});
  }

  /** As above; the listener gets each line that it says. */
  Program start(String name, Room room, List<String> arguments, Consumer<String> listener)
      throws DemoException {
    return Program.start(
        new Program.Order(name, command(room, arguments), environment()), logs, listener);
  }

  private List<String> command(Room room, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(home.resolve("postern").toString()));
    command.addAll(arguments);
    return ground.in(room, command);
  }

  private static Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("POSTERN_NO_BUILD", "1");
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    // Nothing of the person's own set-up may leak in.
    for (String each :
        List.of(
            "POSTERN_BROKER",
            "POSTERN_CA_FILE",
            "POSTERN_CA_FINGERPRINT",
            "POSTERN_DATA_DIR",
            "POSTERN_PROXY",
            "POSTERN_SEALING_KEY",
            "POSTERN_ADMIN_URL",
            "POSTERN_ADMIN_CA",
            "POSTERN_ADMIN_TOKEN",
            "POSTERN_ADMIN_TOKEN_FILE",
            "POSTERN_STATE_DIR",
            "POSTERN_RUN_DIR",
            "POSTERN_DATABASE_PASSWORD")) {
      environment.put(each, "");
    }
    return environment;
  }

  /**
   * What a command that ended said.
   *
   * @param output lines of standard output
   */
  record Said(int code, List<String> output) {
    String text() {
      return String.join("\n", output);
    }
  }

  /** Runs a command to its end, whatever its exit code. */
  Said ask(Room room, String... arguments) throws DemoException {
    Program program = start("command-" + arguments[0], room, List.of(arguments), line -> {});
    int code = program.awaitExit(COMMAND);
    return new Said(code, program.output());
  }

  /** Runs a command that must succeed; its lines of standard output. */
  List<String> run(Room room, String... arguments) throws DemoException {
    Program program = start("command-" + arguments[0], room, List.of(arguments), line -> {});
    int code = program.awaitExit(COMMAND);
    if (code != 0) {
      throw new DemoException(
          "postern %s ended with %d:%n%s"
              .formatted(String.join(" ", arguments), code, program.lastWords(12)));
    }
    return program.output();
  }

  /** Runs any program inside a room to its end. */
  Said tool(Room room, String... command) throws DemoException {
    Program program =
        Program.start(
            new Program.Order(
                "tool-" + Path.of(command[0]).getFileName(),
                ground.in(room, List.of(command)),
                Map.of("LC_ALL", "C", "PGPASSWORD", "")),
            logs);
    return new Said(program.awaitExit(COMMAND), program.output());
  }

  /** An agent's command line: this JVM again, with another main class. */
  List<String> agent(Room room, Path layoutFile, int socksPort) {
    String classPath = System.getProperty("java.class.path");
    List<String> flags =
        new ArrayList<>(
            List.of(
                "-XX:+UseSerialGC",
                "-XX:+UseCompactObjectHeaders",
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dsun.net.inetaddr.ttl=0",
                "-Dsun.net.inetaddr.negative.ttl=0",
                "-Dsun.net.httpserver.nodelay=true",
                "-Djava.net.preferIPv4Stack=true",
                "-Dlogback.configurationFile=logback-demo.xml"));
    if (room == Room.CLOUD) {
      flags.add("-XX:TieredStopAtLevel=1"); // it serves one sign-in
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(archive(room, List.of(classPath, System.getProperty("java.vm.version"))));
    if (socksPort != 0) {
      // For the JDBC driver, which asks the JDK.
      command.addAll(List.of("-DsocksProxyHost=127.0.0.1", "-DsocksProxyPort=" + socksPort));
    }
    command.addAll(List.of("-cp", classPath, AgentMain.class.getName()));
    command.addAll(List.of(room.name(), layoutFile.toString(), Integer.toString(socksPort)));
    return ground.in(room, command);
  }

  /** Class data of the last run, which this JVM rewrites when jars have changed. */
  private List<String> archive(Room room, List<String> of) {
    String key = Integer.toUnsignedString(of.hashCode());
    return List.of(
        "-XX:+AutoCreateSharedArchive",
        "-XX:SharedArchiveFile=" + cache.resolve("demo-" + room.label() + "-" + key + ".jsa"),
        "-Xlog:disable",
        "-Xshare:auto");
  }
}
