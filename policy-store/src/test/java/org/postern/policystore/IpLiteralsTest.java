package org.postern.policystore;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpLiteralsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.4.",
        ".1.2.3.4",
        "1..2.3",
        "0x7f.0.0.1",
        "1.2.3.-4",
        ":",
        ":::",
        "1::2::3",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "12345::",
        "g::",
        "::1%lo",
        "::1.2.3",
        "::1.2.3.4:5",
        "1:2:3:4:5:6:7::8",
        "1:",
        ":1",
        "1:2:3:4:5:6:7:"
      })
  void whatIsNoAddressIsNone(String text) {
    assertThat(IpLiterals.parse(text)).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "1.2.3.4,1.2.3.4",
    "0.0.0.0,0.0.0.0",
    "255.255.255.255,255.255.255.255",
    "::,::",
    "::1,::1",
    "1::,1::",
    "2001:DB8:0:0:0:0:0:1,2001:db8::1",
    "1:0:0:2:0:0:0:3,1:0:0:2::3",
    "1:0:2:3:4:5:6:7,1:0:2:3:4:5:6:7",
    "::ffff:1.2.3.4,1.2.3.4",
    "::ffff:102:304,1.2.3.4",
    "64:ff9b::1.2.3.4,64:ff9b::102:304",
    "1:2:3:4:5:6:1.2.3.4,1:2:3:4:5:6:102:304"
  })
  void addressHasOneCanonicalText(String text, String canonical) {
    IpLiterals.Parsed parsed = IpLiterals.parse(text);
    assertThat(parsed).isNotNull();
    if (parsed != null) {
      assertThat(IpLiterals.format(parsed.ipv6(), parsed.high(), parsed.low()))
          .isEqualTo(canonical);
    }
  }

  @Test
  void randomAddressesReadBackAndAgreeWithTheJdk() throws UnknownHostException {
    long seed = Long.getLong("postern.test.seed", 20260301);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 5_000; i++) {
      long high = random.nextLong() & mask(random);
      long low = random.nextLong() & mask(random);
      if (high == 0 && low >>> 32 == 0xffff) {
        continue;
      }
      String text = IpLiterals.format(true, high, low);
      assertThat(IpLiterals.parse(text))
          .as("seed %s: %s", seed, text)
          .isEqualTo(new IpLiterals.Parsed(true, high, low));
      String jdk = InetAddress.getByAddress(bytes(high, low)).getHostAddress();
      assertThat(IpLiterals.parse(jdk)).isEqualTo(new IpLiterals.Parsed(true, high, low));
    }
  }

  private static long mask(SplittableRandom random) {
    long mask = 0;
    for (int i = 0; i < 4; i++) {
      mask = mask << 16 | (random.nextBoolean() ? 0xffff : 0);
    }
    return mask;
  }

  private static byte[] bytes(long high, long low) {
    return java.nio.ByteBuffer.allocate(16).putLong(high).putLong(low).array();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.1/8",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/08",
        "x/8",
        "/8",
        "10.0.0.0/"
      })
  void rangeThatIsNoneIsRefused(String text) {
    assertThat(AddressRange.parse(text)).isEmpty();
  }
}
