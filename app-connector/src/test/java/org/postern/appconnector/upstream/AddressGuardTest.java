package org.postern.appconnector.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AddressGuardTest {
  private static final AddressExceptions ALL = new AddressExceptions(true, true);
  private final AddressGuard guard = new AddressGuard(List.of());

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.1", "172.16.4.5", "192.168.1.1", "100.64.0.1", "8.8.8.8", "169.253.255.255",
        "169.255.0.0", "128.0.0.1", "223.255.255.255", "2001:db8::1", "fd12::1", "2600::1",
        "64:ff9b::10.0.0.1", "64:ff9b:1::10.0.0.1", "64:ff9b:1:a00::100:0:0", "2002:0a00:0001::1"
      })
  void ordinaryAddressesMayBeDialled(String address) throws UnknownHostException {
    assertThat(guard.objection(InetAddress.getByName(address), AddressExceptions.NONE)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.255.255.254",
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "2002:7f00:0001::1"
      })
  void loopbackIsDialledOnlyWhereTheApplicationSaysSo(String address) throws UnknownHostException {
    InetAddress parsed = InetAddress.getByName(address);
    assertThat(guard.objection(parsed, AddressExceptions.NONE)).isPresent();
    assertThat(guard.objection(parsed, new AddressExceptions(false, true))).isPresent();
    assertThat(guard.objection(parsed, new AddressExceptions(true, false))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "169.254.169.254",
        "169.254.0.1",
        "fe80::1",
        "febf::1",
        "fd00:ec2::254",
        "fd00:ec2::253",
        "fd20:ce::254",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "64:ff9b::169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "::ffff:0:169.254.169.254",
        "2001:db8::5efe:169.254.169.254",
        "2001:db8::200:5efe:169.254.169.254",
        "64:ff9b:1:a9fe:a9:fe00::",
        "64:ff9b:1:0:a9:fea9:fe00:0",
        "64:ff9b:1::169.254.169.254"
      })
  void linkLocalAndMetadataAreDialledOnlyWhereTheApplicationSaysSo(String address)
      throws UnknownHostException {
    InetAddress parsed = InetAddress.getByName(address);
    assertThat(guard.objection(parsed, AddressExceptions.NONE)).isPresent();
    assertThat(guard.objection(parsed, new AddressExceptions(true, false))).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "0.1.2.3",
        "::",
        "::2",
        "224.0.0.1",
        "239.255.255.255",
        "255.255.255.255",
        "240.0.0.1",
        "ff02::1",
        "2001:0:1:2::3",
        "::ffff:0.0.0.0",
        "64:ff9b::255.255.255.255"
      })
  void whatIsNoHostIsNeverDialled(String address) throws UnknownHostException {
    assertThat(guard.objection(InetAddress.getByName(address), ALL)).isPresent();
  }

  @Test
  void operatorsRangesAreNeverDialledNotEvenInDisguise() throws UnknownHostException {
    AddressGuard strict =
        new AddressGuard(
            List.of(AddressRange.parse("10.9.0.0/17"), AddressRange.parse("fd00:1::/32")));
    assertThat(strict.objection(InetAddress.getByName("10.9.127.255"), ALL))
        .hasValueSatisfying(text -> assertThat(text).contains("10.9.0.0/17"));
    assertThat(strict.objection(InetAddress.getByName("10.9.128.0"), ALL)).isEmpty();
    assertThat(strict.objection(InetAddress.getByName("64:ff9b::10.9.0.1"), ALL)).isPresent();
    assertThat(strict.objection(InetAddress.getByName("fd00:1:2::3"), ALL)).isPresent();
    assertThat(strict.objection(InetAddress.getByName("fd00:2::3"), ALL)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "x/8", "fd00::/129"})
  void malformedRangeIsRefusedWithWhatWasExpected(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AddressRange.parse(text))
        .withMessageContaining("expected one like");
  }
}
