package org.postern.clientconnector.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.clientconnector.ClientMain;
import picocli.CommandLine;

/** The command line where nobody is signed in and nothing runs. */
final class ClientCommandTest {
  @TempDir private Path folder = Path.of(".");

  private record Said(int code, String out, String err) {}

  private Said run(Map<String, String> more, String... words) {
    Map<String, String> environment = new TreeMap<>(more);
    environment.putIfAbsent("POSTERN_STATE_DIR", folder.resolve("state").toString());
    environment.putIfAbsent("POSTERN_RUN_DIR", folder.resolve("run").toString());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        ClientCommand.run(
            new Surroundings(
                Clock.systemUTC(),
                System::nanoTime,
                environment,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8)),
            words);
    return new Said(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private Said run(String... words) {
    return run(Map.of(), words);
  }

  private static List<String> commands() {
    Surroundings nothing =
        new Surroundings(Clock.systemUTC(), System::nanoTime, Map.of(), System.out, System.err);
    CommandLine root = ClientCommand.commandLine(nothing);
    return new ArrayList<>(root.getSubcommands().keySet());
  }

  @Test
  void everyCommandExplainsItselfWithAnExampleAndTellsItsVersion() {
    assertThat(commands()).contains("login", "logout", "up", "down", "status", "connect");
    for (String command : commands()) {
      Said help = run(command, "--help");
      assertThat(help.code()).isZero();
      assertThat(help.out())
          .contains("Usage: postern " + command, "Example:", "postern " + command);
      assertThat(run(command, "--version").out().strip()).matches("postern [0-9].*");
    }
    assertThat(run("--help").out()).contains("Exit codes:");
  }

  @Test
  void aWrongCommandLineEndsWithTwo() {
    assertThat(run("status", "--no-such-option").code()).isEqualTo(ExitCode.USAGE);
    assertThat(run("frobnicate").code()).isEqualTo(ExitCode.USAGE);
    assertThat(run("login").code()).isEqualTo(ExitCode.USAGE);
    assertThat(run("connect", "no-port").code()).isEqualTo(ExitCode.USAGE);
    assertThat(run("login", "https://b.example", "--ca", "x", "--ca-fingerprint", "y").code())
        .isEqualTo(ExitCode.USAGE);
  }

  @Test
  void withoutARunningClientTheCodeIsFourAndTheMessageSaysWhatToDo() {
    for (String[] words :
        new String[][] {
          {"status"}, {"status", "--json"}, {"down"}, {"connect", "wiki.corp.internal:80"}
        }) {
      Said said = run(words);
      assertThat(said.code()).as(words[0]).isEqualTo(ExitCode.NOT_CONNECTED);
      assertThat(said.err()).contains("no client connector is running", "postern up");
      assertThat(said.out()).isEmpty();
    }
  }

  @Test
  void whoIsNotSignedInIsTold() {
    Said up = run("up", "--mode", "proxy");
    assertThat(up.code()).isEqualTo(ExitCode.NOT_CONNECTED);
    assertThat(up.err()).contains("not signed in", folder.toString(), "postern login");
    Said logout = run("logout");
    assertThat(logout.code()).isEqualTo(ExitCode.FAILED);
    assertThat(logout.err()).contains("nobody is signed in");
  }

  @Test
  void aBrokerThatCannotBeReachedIsAFailureWithoutATrace() throws Exception {
    Said said = run("login", "https://127.0.0.1:1", "--no-browser");
    assertThat(said.code()).isEqualTo(ExitCode.FAILED);
    assertThat(said.err()).contains("127.0.0.1").doesNotContain("\tat ");
    assertThat(Files.exists(folder.resolve("state/identity"))).isFalse();
  }

  @Test
  void aTerminalGetsColoursUnlessNoneAreWanted() throws Exception {
    assertThat(onTerminal("TERM=xterm")).contains("\u001b[", "Example:");
    assertThat(onTerminal("TERM=xterm", "NO_COLOR=1"))
        .contains("Example:")
        .doesNotContain("\u001b[");
  }

  /** The help as a program prints it on a terminal of its own. */
  private static String onTerminal(String... variables) throws Exception {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    String command =
        "%s/bin/java -XX:TieredStopAtLevel=1 -cp '%s' %s up --help"
            .formatted(System.getProperty("java.home"), classPath, ClientMain.class.getName());
    List<String> line = new ArrayList<>(List.of("env", "-u", "NO_COLOR"));
    line.addAll(List.of(variables));
    line.addAll(List.of("script", "-qec", command, "/dev/null"));
    Process process =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectInput(Path.of("/dev/null").toFile())
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }
}
