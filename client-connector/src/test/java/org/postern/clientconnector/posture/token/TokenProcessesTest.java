package org.postern.clientconnector.posture.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.postern.clientconnector.posture.ProtectedKeys;
import org.postern.clientconnector.posture.ProtectedKeys.Finding;
import org.postern.clientconnector.posture.ProtectedKeys.Known;
import org.postern.clientconnector.posture.ProtectedKeys.Unknown;

/** A real module, with keys that can leave it and keys that cannot. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TokenProcessesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Finding YES = new Known(true);
  private static final Finding NO = new Known(false);

  @TempDir private static Path folder;
  private SoftToken token;
  private Path pin;
  private long now = 1;

  @BeforeAll
  void fill() throws Exception {
    token =
        new SoftToken(folder)
            .key("01", "EC:prime256v1", "--sensitive")
            .certificate("01", "kept", "01")
            .key("02", "rsa:2048", "--sensitive")
            .certificate("02", "kept too", "02")
            .key("03", "EC:prime256v1", "--sensitive", "--extractable")
            .certificate("03", "loose", "03")
            .key("04", "EC:prime256v1", "--sensitive")
            .certificate("01", "of another key", "04")
            .certificate("01", "alone", "05")
            .imported("06");
    pin = secret("pin", SoftToken.PIN);
  }

  private static Path secret(String name, String text) throws Exception {
    Path file = folder.resolve(name);
    Files.writeString(file, text + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }

  private TokenProcesses tokens(Duration deadline, Object pinFile, String... modules) {
    return new TokenProcesses(
        new TokenSettings(List.of(modules), pinFile.toString()),
        new TokenLimits(deadline, PATIENCE, Duration.ofMinutes(1), 64 << 10),
        token.environment,
        () -> now);
  }

  private static String why(Map<String, Finding> found, String label) {
    assertThat(found.get(label)).isInstanceOf(Unknown.class);
    return found.get(label) instanceof Unknown(String why) ? why : "";
  }

  @Test
  void onlyKeysThatWereMadeOnTheTokenCannotLeaveItAndSignCount() {
    assertThat(
            tokens(PATIENCE, pin, SoftToken.MODULE)
                .find(
                    Set.of(
                        "kept",
                        "kept too",
                        "loose",
                        "imported",
                        "of another key",
                        "alone",
                        "nowhere")))
        .isEqualTo(
            Map.of(
                "kept", YES,
                "kept too", YES,
                "loose", NO,
                "imported", NO,
                "of another key", NO,
                "alone", NO,
                "nowhere", NO));
  }

  @Test
  void withoutAPinAndWithOneThatOthersMayReadNothingIsKnown() throws Exception {
    Set<String> kept = Set.of("kept");
    assertThat(why(tokens(PATIENCE, "", SoftToken.MODULE).find(kept), "kept"))
        .contains("--pkcs11-pin-file");
    Path open = secret("open", SoftToken.PIN);
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r-----"));
    assertThat(why(tokens(PATIENCE, open, SoftToken.MODULE).find(kept), "kept"))
        .contains("may be read by others (expected: mode 0600");
  }

  @Test
  void pinThatIsRefusedIsNotTriedAgainUntilItsFileChanges() throws Exception {
    Path file = secret("other", "000000");
    TokenProcesses tokens = tokens(PATIENCE, file, SoftToken.MODULE);
    Set<String> kept = Set.of("kept");
    assertThat(why(tokens.find(kept), "kept")).isEqualTo("the token did not take the PIN");
    now += Duration.ofMinutes(2).toNanos();
    assertThat(why(tokens.find(kept), "kept")).contains("tried again when its file changes");
    secret("other", SoftToken.PIN + "\n\n");
    assertThat(why(tokens.find(kept), "kept"))
        .as("answers are kept for a minute")
        .contains("tried");
    now += Duration.ofMinutes(2).toNanos();
    // SoftHSM says that a wrong PIN was tried before; who owns the token must show that they know
    // it.
    assertThat(tokens.find(kept).get("kept"))
        .satisfiesAnyOf(
            finding -> assertThat(finding).isEqualTo(YES),
            finding -> assertThat(finding.toString()).contains("a wrong PIN was tried before"));
  }

  @Test
  void moduleThatHangsIsEndedAndMakesUnknownWhatNoOtherHas() throws Exception {
    Path pipe = folder.resolve("hangs.so");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    TokenProcesses tokens = tokens(Duration.ofSeconds(1), pin, pipe.toString());
    assertThat(why(tokens.find(Set.of("kept")), "kept"))
        .isEqualTo(pipe + ": it did not answer within 1 s");
    TokenProcesses both = tokens(PATIENCE.dividedBy(2), pin, pipe.toString(), SoftToken.MODULE);
    // The one that was given up above may be dying still.
    Set<Long> earlier =
        ProcessHandle.current().children().map(ProcessHandle::pid).collect(Collectors.toSet());
    Thread killer = Thread.ofPlatform().daemon().start(() -> killTheOneThatReads(pipe, earlier));
    Map<String, Finding> found = both.find(Set.of("kept", "loose"));
    assertThat(found.get("kept")).isEqualTo(YES);
    assertThat(why(found, "loose")).isEqualTo(pipe + ": it crashed (status 137)");
    killer.join();
  }

  /** A pipe is open for writing as soon as somebody reads: by then it hangs in the module. */
  private static void killTheOneThatReads(Path pipe, Set<Long> earlier) {
    try (OutputStream held = Files.newOutputStream(pipe)) {
      held.flush();
      await()
          .atMost(PATIENCE)
          .until(() ->
              ProcessHandle.current()
                  .children()
                  .filter(each -> !earlier.contains(each.pid()) && isReader(each))
                  .map(ProcessHandle::destroyForcibly)
                  .findFirst()
                  .isPresent());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Not by its program: what the machine starts another program with runs the same one. */
  private static boolean isReader(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"))
          .contains(TokenReader.class.getName());
    } catch (IOException e) {
      return false; // It has ended.
    }
  }

  @Test
  void whatIsNoModuleOrCouldBeChangedByOthersIsNotLoaded() throws Exception {
    Path text = secret("text.so", "no library");
    Path open = secret("open.so", "no library");
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-rw-rw-"));
    Set<String> kept = Set.of("kept");
    assertThat(why(tokens(PATIENCE, pin, text.toString()).find(kept), "kept"))
        .isEqualTo(text + ": it cannot be loaded");
    assertThat(why(tokens(PATIENCE, pin, open.toString()).find(kept), "kept"))
        .contains("may be changed by others");
    assertThat(why(tokens(PATIENCE, pin, "/no/such.so").find(kept), "kept"))
        .isEqualTo("/no/such.so: there is no such file");
    assertThat(why(tokens(PATIENCE, pin).find(kept), "kept")).contains("p11-kit is not installed");
    assertThat(ProtectedKeys.NOT_EXAMINED.find(kept)).containsOnlyKeys("kept");
  }
}
