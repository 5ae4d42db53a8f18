package org.postern.broker.administrators;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Which passwords are good enough: long, and not made of what everybody tries first. No rule about
 * kinds of characters (NIST SP 800-63B section 3.1.1).
 */
final class PasswordRules {
  private static final int DIFFERENT_MIN = 5;

  /** What has to be left when common words, numbers and the name are taken out. */
  private static final int REST_MIN = 6;

  private static final List<String> COMMON = common();

  private final int min;
  private final int max;

  PasswordRules(int min, int max) {
    this.min = min;
    this.max = max;
  }

  private static List<String> common() {
    try (InputStream file = PasswordRules.class.getResourceAsStream("common-passwords.txt")) {
      if (file == null) {
        throw new IllegalStateException("common-passwords.txt is not beside its class");
      }
      return new String(file.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .sorted(Comparator.comparingInt(String::length).reversed())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What is wrong with a password, for the person who chose it; empty if it is good. */
  Optional<String> objection(String password, String name) {
    int length = password.codePointCount(0, password.length());
    if (length < min) {
      return Optional.of("It needs at least %d characters.".formatted(min));
    }
    if (length > max) {
      return Optional.of("It may have at most %d characters.".formatted(max));
    }
    if (password.codePoints().distinct().count() < DIFFERENT_MIN) {
      return Optional.of("It repeats too few different characters.");
    }
    String rest = folded(password);
    String own = folded(name.replaceFirst("@.*", ""));
    if (own.length() >= 3) {
      rest = rest.replace(own, "");
    }
    for (String word : COMMON) {
      rest = rest.replace(word, "");
    }
    long left = rest.codePoints().filter(Character::isLetterOrDigit).distinct().count();
    return left < REST_MIN
        ? Optional.of("It is made of words that everybody tries first. Four random words are good.")
        : Optional.empty();
  }

  /** The same password is the same text, however a keyboard composes it. */
  static String normalized(String password) {
    return Normalizer.normalize(password, Normalizer.Form.NFC);
  }

  /** Small letters, and letters for the digits and signs that stand for them. */
  private static String folded(String text) {
    return text.toLowerCase(Locale.ROOT)
        .replace('@', 'a')
        .replace('4', 'a')
        .replace('3', 'e')
        .replace('0', 'o')
        .replace('1', 'i')
        .replace('!', 'i')
        .replace('$', 's')
        .replace('5', 's')
        .replace('7', 't');
  }
}
