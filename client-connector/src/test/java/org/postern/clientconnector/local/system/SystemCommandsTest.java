package org.postern.clientconnector.local.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SystemCommandsTest {
  private final SystemCommands commands = new SystemCommands(null, Duration.ofSeconds(20));
  private final SystemCommands hasty = new SystemCommands(null, Duration.ofMillis(200));

  @Test
  void whatIsSaidComesWholeAlsoWhenItIsMoreThanAPipeHolds() throws Exception {
    String text = "x".repeat(300_000);
    assertThat(commands.run(text, List.of("cat"))).isEqualTo(text);
  }

  @Test
  void programThatNeverEndsIsGivenUpWhetherItSaysSomethingOrNot() {
    for (List<String> endless : List.of(List.of("sleep", "3600"), List.of("yes"))) {
      assertThatThrownBy(() -> hasty.run("", endless))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("did not end within PT0.2S");
    }
  }

  @Test
  void programThatNeverReadsIsGivenUp() {
    assertThatThrownBy(() -> hasty.run("x".repeat(300_000), List.of("sleep", "3600")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("did not end within");
  }

  @Test
  void failureNamesStatusAndWhatWasSaid() {
    assertThatThrownBy(() -> commands.run("", List.of("sh", "-c", "echo no; exit 3")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("failed with status 3: no");
  }
}
