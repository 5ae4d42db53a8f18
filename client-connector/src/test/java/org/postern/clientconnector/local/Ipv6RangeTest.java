package org.postern.clientconnector.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Ipv6RangeTest {

  private static final Ipv4Range RANGE = Ipv4Range.parse("100.64.0.0/16");
  private static final Ipv6Twin TWIN = new Ipv6Twin(Ipv6Range.parse("fd12:3456:789a::/96"), RANGE);

  @Test
  void addressHasOneForm() {
    // RFC 5952 section 4: lower case, no leading zeros, the first of the longest runs shortened.
    assertForm("::", "0:0:0:0:0:0:0:0");
    assertForm("::1", "0::0:1");
    assertForm("fd12::", "FD12:0:0:0:0:0:0:0");
    assertForm("2001:db8::1:0:0:1", "2001:0DB8:0:0:1:0:0:1");
    assertForm("2001:db8:0:1:1:1:1:1", "2001:db8::1:1:1:1:1");
    assertForm("fd12:3456:789a::6440:709", "fd12:3456:789a::100.64.7.9");
  }

  private static void assertForm(String form, String text) {
    assertThat(Ipv6Address.parse(text)).hasToString(form);
    assertThat(Ipv6Address.parse(form)).isEqualTo(Ipv6Address.parse(text));
  }

  @Test
  void everyAddressReadsBackAndTheJdkReadsTheSame() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 5_000; round++) {
      // Many groups of zeros, because these are what the form shortens.
      long high = random.nextLong() & sparse(random);
      long low = random.nextLong() & sparse(random);
      Ipv6Address address = new Ipv6Address(high | 1L << 62, low);
      byte[] bytes = InetAddress.getByName(address.toString()).getAddress();
      assertThat(ByteBuffer.wrap(bytes).getLong()).as("seed %d", seed).isEqualTo(address.high());
      assertThat(ByteBuffer.wrap(bytes).getLong(8)).as("seed %d", seed).isEqualTo(address.low());
      assertThat(Ipv6Address.parse(address.toString())).isEqualTo(address);
    }
  }

  private static long sparse(Random random) {
    long mask = 0;
    for (int group = 0; group < 4; group++) {
      mask = mask << 16 | (random.nextBoolean() ? 0xffff : 0);
    }
    return mask;
  }

  @Test
  void whatIsNoIpv6AddressIsRefused() {
    for (String text : new String[] {"", ":", "1.2.3.4", "::ffff:1.2.3.4", "fe80::1%lo", "[::1]"}) {
      assertThatThrownBy(() -> Ipv6Address.parse(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void rangeContainsWhatHasItsPrefix() {
    Ipv6Range range = Ipv6Range.parse("fd12:3456:789a::6440:0/112");
    assertThat(range.contains(Ipv6Address.parse("fd12:3456:789a::6440:ffff"))).isTrue();
    assertThat(range.contains(Ipv6Address.parse("fd12:3456:789a::6441:0"))).isFalse();
    assertThat(range.contains(Ipv6Address.parse("fd12:3456:789b::6440:1"))).isFalse();
    assertThat(range.overlaps(Ipv6Range.parse("fd12:3456::/32"))).isTrue();
    assertThat(range.overlaps(Ipv6Range.parse("::/0"))).isTrue();
    assertThat(range.overlaps(Ipv6Range.parse("fd12:3456:789a:1::/64"))).isFalse();
    assertThat(Ipv6Range.parse("fd12:3456:789a:ffff::1/49"))
        .hasToString("fd12:3456:789a:8000::/49");
  }

  @Test
  void twinsAndSyntheticAddressesCorrespondOneToOne() {
    Ipv6Address twin = Ipv6Address.parse("fd12:3456:789a::6440:709");
    assertThat(TWIN.of(Ipv4Range.parseAddress("100.64.7.9"))).isEqualTo(twin);
    assertThat(TWIN.ipv4(twin)).isEqualTo(Ipv4Range.parseAddress("100.64.7.9"));
    assertThat(TWIN.ipv4(Ipv6Address.parse("fd12:3456:789a::6441:709"))).isNull();
    assertThat(TWIN.ipv4(Ipv6Address.parse("fd12:3456:789a:0:0:1:6440:709"))).isNull();
    assertThat(TWIN.twins()).hasToString("fd12:3456:789a::6440:0/112");
    Ipv6Twin high = new Ipv6Twin(TWIN.prefix(), Ipv4Range.parse("240.0.0.0/8"));
    assertThat(high.of(Ipv4Range.parseAddress("240.1.2.3")))
        .hasToString("fd12:3456:789a::f001:203");
  }

  @Test
  void prefixIsLocallyAssignedAndLeavesRoomForAnIpv4Address() {
    for (String text : new String[] {"fd12::/64", "fc12::/96", "2001:db8::/96", "::/96"}) {
      assertThatThrownBy(() -> new Ipv6Twin(Ipv6Range.parse(text), RANGE))
          .as(text)
          .hasMessageContaining("a /96 in fd00::/8");
    }
  }

  @Test
  void reverseZonesHoldTheRange() {
    assertThat(RANGE.reverseZones()).containsExactly("64.100.in-addr.arpa");
    assertThat(Ipv4Range.parse("100.64.4.0/22").reverseZones())
        .containsExactly(
            "4.64.100.in-addr.arpa",
            "5.64.100.in-addr.arpa",
            "6.64.100.in-addr.arpa",
            "7.64.100.in-addr.arpa");
    String prefix = "0.0.0.0.0.0.0.0.0.0.0.0.a.9.8.7.6.5.4.3.2.1.d.f.ip6.arpa";
    assertThat(TWIN.twins().reverseZones()).containsExactly("0.4.4.6." + prefix);
    assertThat(new Ipv6Twin(TWIN.prefix(), Ipv4Range.parse("100.64.4.0/22")).twins().reverseZones())
        .containsExactly(
            "4.0.0.4.4.6." + prefix,
            "5.0.0.4.4.6." + prefix,
            "6.0.0.4.4.6." + prefix,
            "7.0.0.4.4.6." + prefix);
  }
}
