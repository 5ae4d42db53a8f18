package org.postern.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The script that {@code postern completion} prints, asked by the shells themselves. */
final class CompletionTest {
  private static final long LIMIT_SECONDS = 30;

  /** What the shell would offer for the last of the words. */
  private static final String ASK =
      """
      COMP_WORDS=("$@")
      COMP_CWORD=$(($# - 1))
      COMP_LINE="$*"
      COMP_POINT=${#COMP_LINE}
      _complete_postern
      echo "offered: ${COMPREPLY[*]}"
      """;

  @TempDir private Path folder = Path.of(".");

  private record Said(int code, String out, String err) {}

  private static Said run(String... words) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine programs = CommandLineMain.commandLine();
    programs.setOut(new PrintWriter(out, true));
    programs.setErr(new PrintWriter(err, true));
    int code = programs.execute(words);
    return new Said(code, out.toString(), err.toString());
  }

  @BeforeEach
  void writeScript() throws Exception {
    for (String shell : List.of("bash", "zsh")) {
      Said script = run("completion", shell);
      assertThat(script.code()).as(script.err()).isZero();
      Files.writeString(folder.resolve(shell), script.out());
    }
  }

  private List<String> offered(List<String> shell, String ask, String... words) throws Exception {
    List<String> command = new ArrayList<>(shell);
    command.addAll(List.of("-c", ask, folder.resolve(shell.getFirst()).toString()));
    command.addAll(List.of(words));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
    assertThat(said).contains("offered: ");
    return List.of(said.substring(said.indexOf("offered: ") + 9).strip().split("\\s+"));
  }

  private List<String> inBash(String... words) throws Exception {
    return offered(List.of("bash", "--norc"), "source \"$0\"\n" + ASK, words);
  }

  private List<String> inZsh(String... words) throws Exception {
    String ask = "source \"$0\"\nask() {\nemulate -L sh -o ksharrays\n" + ASK + "}\nask \"$@\"\n";
    return offered(List.of("zsh", "-f"), ask, words);
  }

  @Test
  void bashCompletesCommandsOfEveryProgram() throws Exception {
    assertThat(inBash("postern", "conn")).contains("connector", "connect");
    assertThat(inBash("postern", "log")).contains("login", "logout");
    assertThat(inBash("postern", "connector", "e")).contains("enroll");
    assertThat(inBash("postern", "admin", "app")).contains("apply");
    assertThat(inBash("postern", "bench", "re")).contains("relay", "reload");
    assertThat(inBash("postern", "demo", "--ch")).contains("--check");
    assertThat(inBash("postern", "up", "--resol")).contains("--resolver");
  }

  @Test
  void zshCompletesThemToo() throws Exception {
    assertThat(inZsh("postern", "conn")).contains("connector", "connect");
    assertThat(inZsh("postern", "bench", "re")).contains("relay", "reload");
    assertThat(inZsh("postern", "up", "--resol")).contains("--resolver");
  }

  @Test
  void anotherShellIsRefusedWithTheTwoThatAreKnown() {
    Said said = run("completion", "tcsh");
    assertThat(said.code()).isEqualTo(2);
    assertThat(said.err()).contains("bash", "zsh");
  }

  @Test
  void theVersionIsOneLine() {
    Said said = run("--version");
    assertThat(said.code()).isZero();
    assertThat(said.out().strip()).matches("postern [0-9a-z.A-Z-]+");
  }
}
