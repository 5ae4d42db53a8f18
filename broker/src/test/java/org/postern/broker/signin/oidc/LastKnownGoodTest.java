package org.postern.broker.signin.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.broker.signin.SignInLimits;

/** What is believed of a provider that cannot be reached, and for how long. */
final class LastKnownGoodTest {
  private static final SignInLimits LIMITS = SignInLimits.DEFAULT;

  private Instant now = Instant.parse("2026-11-28T12:00:00Z");
  private boolean reachable = true;
  private int read;
  private final LastKnownGood<String> source =
      new LastKnownGood<>(
          "keys",
          () -> {
            read++;
            if (!reachable) {
              throw new SignInException(SignInFault.PROVIDER_UNREACHABLE, "off");
            }
            return "reading " + read;
          },
          LIMITS,
          () -> now);

  private void later(Duration time) {
    now = now.plus(time);
  }

  @Test
  void readOnceAndAgainWhenOld() throws Exception {
    assertThat(source.current()).isEqualTo("reading 1");
    assertThat(source.current()).isEqualTo("reading 1");
    later(LIMITS.metadataAge());
    assertThat(source.current()).isEqualTo("reading 2");
  }

  @Test
  void outageChangesNothingForAWeekAndIsNotTriedAtEveryCall() throws Exception {
    source.current();
    reachable = false;
    later(LIMITS.metadataAge());
    for (int i = 0; i < 10; i++) {
      assertThat(source.current()).isEqualTo("reading 1");
    }
    assertThat(read).isEqualTo(2);
    later(LIMITS.refetchPause());
    assertThat(source.current()).isEqualTo("reading 1");
    assertThat(read).isEqualTo(3);
    later(LIMITS.metadataKept());
    assertThatThrownBy(source::current)
        .isInstanceOfSatisfying(
            SignInException.class,
            e -> assertThat(e.fault()).isEqualTo(SignInFault.PROVIDER_UNREACHABLE));
    reachable = true;
    later(LIMITS.refetchPause());
    assertThat(source.current()).startsWith("reading ");
  }

  @Test
  void firstFailureIsNotTriedAgainBeforeThePause() throws Exception {
    reachable = false;
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(source::current).isInstanceOf(SignInException.class);
    }
    assertThat(read).isEqualTo(1);
    reachable = true;
    later(LIMITS.refetchPause());
    assertThat(source.current()).isEqualTo("reading 2");
  }

  @Test
  void rotationIsLookedForOnceInAPause() throws Exception {
    String seen = source.current();
    assertThat(source.afterRotation(seen)).isSameAs(seen);
    later(LIMITS.refetchPause());
    String fresh = source.afterRotation(seen);
    assertThat(fresh).isEqualTo("reading 2");
    assertThat(source.afterRotation(seen)).isSameAs(fresh);
    assertThat(read).isEqualTo(2);
  }

  @Test
  void nobodyWaitsForAReadingWhoHasSomethingToGoOnWith() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    int[] count = {0};
    LastKnownGood<String> slow =
        new LastKnownGood<>(
            "keys",
            () -> {
              if (count[0]++ > 0) {
                reading.countDown();
                try {
                  answer.await();
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
              }
              return "reading " + count[0];
            },
            LIMITS,
            () -> now);
    slow.current();
    later(LIMITS.metadataAge());
    CompletableFuture<String> reader =
        CompletableFuture.supplyAsync(() -> {
          try {
            return slow.current();
          } catch (SignInException e) {
            throw new AssertionError(e);
          }
        });
    assertThat(reading.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(slow.current()).isEqualTo("reading 1");
    answer.countDown();
    assertThat(reader.get(10, TimeUnit.SECONDS)).isEqualTo("reading 2");
  }
}
