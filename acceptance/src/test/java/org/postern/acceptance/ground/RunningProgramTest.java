package org.postern.acceptance.ground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RunningProgramTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  @Test
  void outputIsKeptUpToItsLimit() throws Exception {
    try (RunningProgram flood =
        RunningProgram.start(List.of("sh", "-c", "seq 1 200000; echo last"))) {
      assertThat(flood.awaitExit(SOON)).isZero();
      assertThat(flood.output()).hasSize(RunningProgram.OUTPUT_CHARS_MAX).endsWith("last\n");
    }
  }

  @Test
  void waitingForOutputOfAProgramThatEndedSaysWhatItPrinted() throws Exception {
    try (RunningProgram brief = RunningProgram.start(List.of("echo", "something else"))) {
      assertThatThrownBy(() -> brief.awaitOutput("ready", SOON))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("ended")
          .hasMessageContaining("something else");
    }
  }

  @Test
  void aFailedCommandTellsItsCodeAndOutput() {
    assertThatThrownBy(() -> RunningProgram.run(SOON, "sh", "-c", "echo no such thing; exit 3"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("ended with 3")
        .hasMessageContaining("no such thing");
  }

  @Test
  void closingEndsTheChildrenToo() throws Exception {
    RunningProgram parent =
        RunningProgram.start(List.of("sh", "-c", "sleep 600 & echo started; wait"));
    parent.awaitOutput("started", SOON);
    List<Long> pids = parent.pids();
    parent.close();
    assertThat(pids).hasSize(2);
    // Whoever is their parent by then has to take note of their end.
    await().atMost(SOON).until(() -> pids.stream().allMatch(p -> ProcessHandle.of(p).isEmpty()));
  }
}
