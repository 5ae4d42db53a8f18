package org.postern.tunnel.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private final Backoff backoff =
      new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30), new Random(7));

  @Test
  void delaysDoubleWithinTheUpperHalfUpToTheMaximum() {
    for (int round = 0; round < 1000; round++) {
      assertThat(backoff.delay(1)).isBetween(Duration.ZERO, Duration.ofMillis(500));
      assertThat(backoff.delay(2)).isBetween(Duration.ofMillis(500), Duration.ofSeconds(1));
      assertThat(backoff.delay(4)).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(4));
      assertThat(backoff.delay(8)).isBetween(Duration.ofSeconds(15), Duration.ofSeconds(30));
      assertThat(backoff.delay(Integer.MAX_VALUE))
          .isBetween(Duration.ofSeconds(15), Duration.ofSeconds(30));
    }
  }

  @Test
  void nonsenseIsRefused() {
    assertThatThrownBy(() -> backoff.delay(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Backoff(Duration.ZERO, Duration.ofSeconds(1), new Random(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
