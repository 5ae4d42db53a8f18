package org.postern.broker.signin.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.postern.broker.signin.RefetchBudget;
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
  private final RefetchBudget budget = new RefetchBudget(LIMITS, () -> now);

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
  void rotationIsLookedForAtOnceAndThenOnceInAPause() throws Exception {
    String seen = source.current();
    for (int i = 1; i <= LIMITS.refetchBurst(); i++) {
      String fresh = source.afterRotation(seen, budget);
      assertThat(fresh).isEqualTo("reading " + (i + 1));
      assertThat(source.afterRotation(seen, budget)).as("somebody has looked").isSameAs(fresh);
      seen = fresh;
    }
    lookingAgainIs(seen, SignInFault.TOKEN_KEY_UNKNOWN);
    later(LIMITS.refetchPause().minusMillis(1));
    lookingAgainIs(seen, SignInFault.TOKEN_KEY_UNKNOWN);
    later(Duration.ofMillis(1));
    String fresh = source.afterRotation(seen, budget);
    assertThat(fresh).isEqualTo("reading " + (LIMITS.refetchBurst() + 2));
    lookingAgainIs(fresh, SignInFault.TOKEN_KEY_UNKNOWN);
    later(LIMITS.refetchPause().multipliedBy(100));
    for (int i = 0; i < LIMITS.refetchBurst(); i++) {
      fresh = source.afterRotation(fresh, budget);
    }
    lookingAgainIs(fresh, SignInFault.TOKEN_KEY_UNKNOWN);
  }

  private void lookingAgainIs(String seen, SignInFault fault) {
    assertThatThrownBy(() -> source.afterRotation(seen, budget))
        .isInstanceOfSatisfying(SignInException.class, e -> assertThat(e.fault()).isEqualTo(fault));
  }

  @Test
  void rotationThatCannotBeLookedForIsNotTakenForNone() throws Exception {
    String seen = source.current();
    reachable = false;
    lookingAgainIs(seen, SignInFault.PROVIDER_UNREACHABLE);
    lookingAgainIs(seen, SignInFault.PROVIDER_UNREACHABLE);
    assertThat(read).as("a failure is not tried again at once").isEqualTo(2);
    assertThat(source.current()).as("what is known is still believed").isEqualTo(seen);
    reachable = true;
    later(LIMITS.refetchPause());
    assertThat(source.afterRotation(seen, budget)).isEqualTo("reading 3");
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
    assertThat(reading.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(slow.current()).isEqualTo("reading 1");
    answer.countDown();
    assertThat(reader.get(30, TimeUnit.SECONDS)).isEqualTo("reading 2");
  }
}
