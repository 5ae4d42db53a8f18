package org.postern.clientconnector.posture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.clientconnector.local.system.SystemCommands;
import org.postern.tunnel.message.PostureFact;
import org.postern.tunnel.message.PostureReport;

/** This very machine, whatever it is. */
class RealMachineTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;

  private static PostureLimits hasty() {
    PostureLimits d = PostureLimits.DEFAULTS;
    return new PostureLimits(
        d.fileBytes(),
        d.digestBytes(),
        d.questionsMax(),
        d.subjectLength(),
        d.textLength(),
        d.processesMax(),
        d.digestsKept(),
        Duration.ofMillis(50),
        d.settingsEvery(),
        d.reportEvery(),
        Duration.ofMillis(20));
  }

  private static PostureFact find(PostureReport report, PostureFact.Kind kind) {
    return report.getFactsList().stream()
        .filter(fact -> fact.getKind() == kind)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void factsAreValuesOrMissingAndAChangeIsReportedAtOnce() throws Exception {
    List<PostureReport> reports = new CopyOnWriteArrayList<>();
    Path java = Path.of("/proc/self/exe").toRealPath();
    Path watched = directory.resolve("managed");
    Machine machine =
        new Machine(Path.of("/"), new SystemCommands(null, Duration.ofSeconds(10)), 0, hasty());
    try (PostureAgent agent = new PostureAgent(machine, "0.1", System::nanoTime, reports::add)) {
      agent.start();
      await().atMost(PATIENCE).until(() -> !reports.isEmpty());
      PostureReport first = reports.getFirst();
      assertThat(find(first, PostureFact.Kind.KIND_KERNEL).getText())
          .isEqualTo(System.getProperty("os.version"));
      assertThat(first.getFactsList())
          .hasSize(7)
          .allSatisfy(fact ->
              assertThat(fact.getValueCase()).isNotEqualTo(PostureFact.ValueCase.VALUE_NOT_SET));

      agent.asked(
          FakeMachine.asking(
              PostureFact.Kind.KIND_PROCESS_RUNNING, java.toString(),
              PostureFact.Kind.KIND_PROCESS_SHA256, java.toString(),
              PostureFact.Kind.KIND_FILE_EXISTS, watched.toString()));
      await().atMost(PATIENCE).until(() -> reports.getLast().getFactsCount() == 10);
      PostureReport second = reports.getLast();
      assertThat(find(second, PostureFact.Kind.KIND_PROCESS_RUNNING).getFlag()).isTrue();
      assertThat(find(second, PostureFact.Kind.KIND_PROCESS_SHA256).getText())
          .isEqualTo(
              HexFormat.of()
                  .formatHex(
                      MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(java))));
      assertThat(find(second, PostureFact.Kind.KIND_FILE_EXISTS).getFlag()).isFalse();

      int before = reports.size();
      Files.writeString(watched, "x");
      // Something else of the machine may have changed before: any report may be the one.
      await()
          .atMost(PATIENCE)
          .until(() ->
              reports.stream()
                  .skip(before)
                  .anyMatch(each -> find(each, PostureFact.Kind.KIND_FILE_EXISTS).getFlag()));
    }
  }
}
