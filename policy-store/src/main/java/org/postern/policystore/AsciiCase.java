package org.postern.policystore;

/// How names that strangers assert are compared without regard to case: the letters A to Z and no
/// others.
///
/// Unicode's own folding is not one-to-one. It turns U+212A, the sign of Kelvin, into `k`, and in a
/// Turkish locale `I` into a letter without a dot: two names that a provider keeps apart would be
/// one here. What is not folded stays another name, which is the safe mistake. The database has the
/// same as `ascii_lower`.
public final class AsciiCase {
  private AsciiCase() {}

  /// The text with A to Z in lower case and everything else as it was.
  public static String fold(String text) {
    int at = 0;
    while (at < text.length() && !isUpper(text.charAt(at))) {
      at++;
    }
    if (at == text.length()) {
      return text;
    }
    StringBuilder folded = new StringBuilder(text);
    for (; at < folded.length(); at++) {
      char each = folded.charAt(at);
      if (isUpper(each)) {
        folded.setCharAt(at, (char) (each + ('a' - 'A')));
      }
    }
    return folded.toString();
  }

  private static boolean isUpper(char each) {
    return each >= 'A' && each <= 'Z';
  }
}
