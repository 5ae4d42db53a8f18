package org.postern.broker.administrators;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The test vectors of RFC 6238 appendix B, cut to six digits. */
final class TotpTest {
  private static final byte[] SECRET = "12345678901234567890".getBytes(StandardCharsets.US_ASCII);

  @ParameterizedTest
  @CsvSource({
    "59,287082",
    "1111111109,081804",
    "1111111111,050471",
    "1234567890,005924",
    "2000000000,279037",
    "20000000000,353130"
  })
  void codesAreThoseOfTheRfc(long seconds, String code) {
    assertThat(Totp.code(SECRET, Totp.step(Instant.ofEpochSecond(seconds)))).isEqualTo(code);
    assertThat(Totp.match(SECRET, code, Instant.ofEpochSecond(seconds + 30))).isPresent();
    assertThat(Totp.match(SECRET, code, Instant.ofEpochSecond(seconds + 90))).isEmpty();
  }

  @Test
  void secretsAreWrittenAsAuthenticatorsReadThem() {
    assertThat(OneTimeTexts.base32(SECRET)).isEqualTo("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assertThat(OneTimeTexts.canonical("o1il abcd-efgh")).isEqualTo("0111-ABCD-EFGH");
  }

  @Test
  void commonPasswordsAreRefusedHoweverTheyAreDressedUp() {
    PasswordRules rules = new PasswordRules(12, 256);
    for (String bad :
        new String[] {
          "short",
          "Password1234!",
          "P@$$w0rd2026",
          "qwertyuiop123",
          "aaaaaaaaaaaaaaa",
          "alice-alice-123",
          "letmein-letmein"
        }) {
      assertThat(rules.objection(bad, "alice")).as(bad).isPresent();
    }
    assertThat(rules.objection("violin teapot gravel onion", "alice")).isEmpty();
  }
}
