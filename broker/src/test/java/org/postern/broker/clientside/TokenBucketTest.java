package org.postern.broker.clientside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TokenBucketTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private static int taken(TokenBucket bucket, long now, int tries) {
    int taken = 0;
    for (int i = 0; i < tries; i++) {
      if (bucket.tryTake(now)) {
        taken++;
      }
    }
    return taken;
  }

  @Test
  void burstIsTwiceTheRateAndThenNothingComes() {
    TokenBucket bucket = new TokenBucket(100, 5 * SECOND);
    assertThat(taken(bucket, 5 * SECOND, 1_000)).isEqualTo(200);
    assertThat(bucket.tryTake(5 * SECOND)).isFalse();
  }

  @Test
  void emptyBucketFillsAtItsRate() {
    TokenBucket bucket = new TokenBucket(100, 0);
    taken(bucket, 0, 1_000);
    assertThat(taken(bucket, SECOND / 2, 1_000)).isEqualTo(50);
    assertThat(taken(bucket, SECOND, 1_000)).isEqualTo(50);
  }

  @Test
  void longRestSavesNoMoreThanOneBurst() {
    TokenBucket bucket = new TokenBucket(10, 0);
    taken(bucket, 0, 1_000);
    assertThat(taken(bucket, 3_600 * SECOND, 1_000)).isEqualTo(20);
  }

  @Test
  void monotonicTimeMayBeNegative() {
    TokenBucket bucket = new TokenBucket(10, -7 * SECOND);
    assertThat(taken(bucket, -7 * SECOND, 1_000)).isEqualTo(20);
    assertThat(taken(bucket, -6 * SECOND, 1_000)).isEqualTo(10);
  }

  @Test
  void rateBelowOneIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TokenBucket(0, 0))
        .withMessageContaining("expected");
  }
}
