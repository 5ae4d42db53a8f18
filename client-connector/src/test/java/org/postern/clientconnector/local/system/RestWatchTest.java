package org.postern.clientconnector.local.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class RestWatchTest {
  private static final long FLOOR = 60 << 20;

  private long nanos;
  private long cpuMillis = 2_000; // of the start
  private long resident = 90 << 20;
  private long heap = 9 << 20;
  private int rests;
  private int pagesGivenBack;
  private final RestWatch watch =
      new RestWatch(
          () -> new RestWatch.Usage(cpuMillis, resident, heap),
          () -> nanos,
          this::giveBack,
          () -> pagesGivenBack++);

  private void giveBack() {
    rests++;
    resident = FLOOR;
    heap = 7 << 20;
    cpuMillis += 80; // what a rest takes is nobody's work
  }

  /** One look, and what the process has done since the one before. */
  private boolean afterWork(long millis) {
    nanos += RestWatch.LOOK_EVERY.toNanos();
    cpuMillis += millis;
    return watch.look();
  }

  private void rested() {
    assertThat(afterWork(500)).isFalse();
    assertThat(afterWork(3)).isTrue();
    assertThat(afterWork(3)).isFalse(); // settles
    nanos += RestWatch.REST_AT_MOST_EVERY.toNanos();
    assertThat(pagesGivenBack).isZero();
    assertThat(afterWork(3)).isTrue();
    assertThat(pagesGivenBack).isOne();
    nanos += RestWatch.REST_AT_MOST_EVERY.toNanos();
  }

  @Test
  void theStartIsFollowedByRestAsSoonAsItIsOver() {
    assertThat(afterWork(800)).isFalse();
    assertThat(afterWork(RestWatch.QUIET_MILLIS + 1)).isFalse();
    assertThat(afterWork(RestWatch.QUIET_MILLIS)).isTrue();
    assertThat(rests).isEqualTo(1);
  }

  @Test
  void whoHasDoneNothingSinceDoesNotRestAgain() {
    rested();
    resident += RestWatch.RESIDENT_WORTH_BYTES + 1; // what comes back by itself
    for (int i = 0; i < 100; i++) {
      assertThat(afterWork(2)).isFalse();
    }
    assertThat(rests).isEqualTo(1);
    assertThat(pagesGivenBack).isEqualTo(1);
  }

  @Test
  void nobodyRestsWhileBytesFlow() {
    rested();
    for (int i = 0; i < 100; i++) {
      heap += 1 << 20;
      assertThat(afterWork(RestWatch.QUIET_MILLIS * 3)).isFalse();
    }
    assertThat(afterWork(0)).isTrue();
  }

  @Test
  void lightUseIsSeenByWhatItLeaves() {
    rested();
    assertThat(afterWork(5)).isFalse();
    resident += RestWatch.RESIDENT_WORTH_BYTES;
    assertThat(afterWork(5)).isFalse();
    resident++;
    assertThat(afterWork(5)).isTrue();
    nanos += RestWatch.REST_AT_MOST_EVERY.toNanos();
    assertThat(afterWork(5)).isTrue();
    assertThat(pagesGivenBack).isEqualTo(2);
    nanos += RestWatch.REST_AT_MOST_EVERY.toNanos();
    heap += RestWatch.HEAP_WORTH_BYTES;
    assertThat(afterWork(5)).isFalse();
    heap++;
    assertThat(afterWork(5)).isTrue();
  }

  @Test
  void restsAreNotCloserThanTheirLimit() {
    rested();
    assertThat(afterWork(500)).isFalse();
    assertThat(afterWork(0)).isTrue();
    assertThat(afterWork(500)).isFalse();
    assertThat(afterWork(0)).isFalse(); // four seconds after the last
    assertThat(afterWork(0)).isTrue();
  }

  @Test
  void whatThisProcessTakesIsRead() throws IOException {
    RestWatch.Usage usage = RestWatch.ofThisProcess();
    assertThat(usage.cpuMillis()).isPositive();
    assertThat(usage.residentBytes()).isGreaterThan(usage.heapBytes()).isGreaterThan(10 << 20);
  }
}
