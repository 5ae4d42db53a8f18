package org.postern.acceptance.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SettlingTest {
  private static final long START = 80L << 20;

  private final Settling memory = new Settling(0, START);

  private static long at(Duration time) {
    return time.toNanos();
  }

  @Test
  void memoryThatStaysIsSettledAfterItsTime() {
    memory.look(at(Duration.ofSeconds(5)), START + Settling.WITHIN_BYTES);
    assertThat(memory.settled(at(Settling.STILL) - 1)).isFalse();
    assertThat(memory.settled(at(Settling.STILL))).isTrue();
    assertThat(memory.bytes()).isEqualTo(START + Settling.WITHIN_BYTES);
  }

  @Test
  void memoryThatChangesIsWaitedFor() {
    long last = at(Duration.ofSeconds(6));
    memory.look(last, START - Settling.WITHIN_BYTES - 1);
    assertThat(memory.settled(at(Settling.STILL))).isFalse();
    assertThat(memory.settled(last + at(Settling.STILL))).isTrue();
    assertThat(memory.bytes()).isLessThan(START);
  }

  @Test
  void memoryThatNeverRestsIsTakenAsItIs() {
    for (int second = 1; second < 60; second++) {
      memory.look(at(Duration.ofSeconds(second)), START + 2L * second * Settling.WITHIN_BYTES);
      assertThat(memory.settled(at(Duration.ofSeconds(second)))).isFalse();
    }
    assertThat(memory.settled(at(Settling.AT_MOST))).isTrue();
  }
}
