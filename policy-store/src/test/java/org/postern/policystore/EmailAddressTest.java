package org.postern.policystore;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Two addresses that a provider keeps apart are never one here. */
final class EmailAddressTest {
  private static final String ALICE = "alice.k@example.com";

  @Test
  void lettersAToZAreFoldedAndNoOthers() {
    StringBuilder all = new StringBuilder();
    for (int point = 0; point <= Character.MAX_CODE_POINT; point++) {
      String text = Character.toString(point);
      String expected = point >= 'A' && point <= 'Z' ? text.toLowerCase(Locale.ROOT) : text;
      if (!AsciiCase.fold(text).equals(expected)) {
        all.append(text);
      }
    }
    assertThat(all.toString()).isEmpty();
    assertThat(AsciiCase.fold("Alice.K@Example.COM")).isEqualTo(ALICE);
  }

  @Test
  void lookAlikesAreOtherAddresses() {
    for (String other :
        List.of(
            "alice.\u212A@example.com", // the sign of Kelvin
            "al\u0130ce.k@example.com", // I with a dot, of Turkish
            "al\u0131ce.k@example.com", // i without one
            "\u0430lice.k@example.com", // the Cyrillic letter
            "\uFF41lice.k@example.com", // full width
            "alice.k@ex\u00E0mple.com",
            "alice.k@example\u3002com")) { // a full stop that some programs take for a dot
      assertThat(EmailAddress.of(other, 254)).isNotEqualTo(ALICE).isNotEmpty();
      assertThat(AsciiCase.fold(other)).isNotEqualTo(ALICE);
    }
  }

  @Test
  void formsOfOneTextStayApart() {
    String composed = "ren\u00E9@example.com";
    String taken = Normalizer.normalize(composed, Normalizer.Form.NFD);
    assertThat(EmailAddress.of(composed, 254)).isNotEqualTo(EmailAddress.of(taken, 254));
  }

  @Test
  void whatNobodySeesMakesNoAddress() {
    Stream.of("\u200B", "\u200D", "\u202E", "\u200F", "\u2066", "\uFEFF", "\u00AD", "\u0000", "\n")
        .map(hidden -> "alice" + hidden + ".k@example.com")
        .forEach(address -> assertThat(EmailAddress.of(address, 254)).isEmpty());
    assertThat(EmailAddress.of("alice k@example.com", 254)).isEmpty();
    assertThat(EmailAddress.of("alice\u00A0k@example.com", 254)).isEmpty();
    assertThat(EmailAddress.of("alice\uD800@example.com", 254)).isEmpty();
  }

  @Test
  void oneAtSignAndSomethingAroundIt() {
    for (String text : List.of("", "alice", "@example.com", "alice@", "a@b@example.com")) {
      assertThat(EmailAddress.of(text, 254)).isEmpty();
    }
    assertThat(EmailAddress.of(ALICE, ALICE.length() - 1)).isEmpty();
    assertThat(EmailAddress.domain("a@b@Example.COM")).isEqualTo("example.com");
  }
}
