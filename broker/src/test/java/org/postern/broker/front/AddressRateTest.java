package org.postern.broker.front;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class AddressRateTest {
  private final AtomicLong nanos = new AtomicLong();
  private final AddressRate rate = new AddressRate(60, 2, 3, nanos::get);

  private static InetAddress address(String text) throws Exception {
    return InetAddress.getByName(text);
  }

  @Test
  void burstThenOneForEachSecond() throws Exception {
    InetAddress a = address("192.0.2.1");
    assertThat(rate.tryTake(a)).isTrue();
    assertThat(rate.tryTake(a)).isTrue();
    assertThat(rate.tryTake(a)).isFalse();
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(1_001));
    assertThat(rate.tryTake(a)).isTrue();
    assertThat(rate.tryTake(a)).isFalse();
    assertThat(rate.tryTake(address("192.0.2.2"))).as("another address").isTrue();
  }

  @Test
  void addressesOfOneIpv6NetworkAreOneStranger() throws Exception {
    assertThat(rate.tryTake(address("2001:db8::1"))).isTrue();
    assertThat(rate.tryTake(address("2001:db8::2"))).isTrue();
    assertThat(rate.tryTake(address("2001:db8::3"))).isFalse();
    assertThat(rate.tryTake(address("2001:db8:0:1::3"))).isTrue();
  }

  @Test
  void memoryIsBounded() throws Exception {
    for (int i = 0; i < 100; i++) {
      rate.tryTake(address("192.0.2." + i));
    }
    assertThat(rate.tracked()).isEqualTo(3);
  }
}
