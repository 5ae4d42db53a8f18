package org.postern.broker.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.postern.broker.signin.SignInLimits;
import org.postern.policystore.PolicyLimits;

/** One address takes no place away from the others. */
final class HttpsLimitsTest {
  private static final HttpsLimits LIMITS = HttpsLimits.DEFAULT;

  /** What one address gets through while its first is still kept. */
  private static long keptOf(AddressRate rate, AtomicLong now) {
    InetAddress address = InetAddress.getLoopbackAddress();
    long step = Duration.ofMillis(10).toNanos();
    long end = now.get() + SignInLimits.DEFAULT.signInAge().toNanos();
    long taken = 0;
    while (now.get() < end) {
      taken += rate.tryTake(address) ? 1 : 0;
      now.addAndGet(step);
    }
    return taken;
  }

  @Test
  void signInsThatAStrangerBeginsAndNeverEndsLeaveRoom() {
    AtomicLong now = new AtomicLong();
    AddressRate rate =
        new AddressRate(LIMITS.beginningsPerMinute(), LIMITS.sensitiveBurst(), 10, now::get);
    assertThat(keptOf(rate, now))
        .isLessThan(PolicyLimits.DEFAULT.signInsPending() * 3L / 4)
        .isGreaterThan(LIMITS.sensitivePerMinute());
  }

  @Test
  void devicesThatAStrangerLetsWaitLeaveRoom() {
    AtomicLong now = new AtomicLong();
    AddressRate rate = AddressRate.even(LIMITS.waitingDevicesPerMinute(), 10, now::get);
    assertThat(keptOf(rate, now))
        .isLessThan(PolicyLimits.DEFAULT.deviceCodesPending() * 3L / 4)
        .isGreaterThan(LIMITS.waitingDevicesPerMinute());
    assertThat(LIMITS.sensitive(1_000_000).waitingDevicesPerMinute())
        .as("whatever the operator allows besides")
        .isEqualTo(LIMITS.waitingDevicesPerMinute());
  }
}
