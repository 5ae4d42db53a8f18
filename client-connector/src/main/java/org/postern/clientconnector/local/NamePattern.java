package org.postern.clientconnector.local;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/**
 * Host patterns as the broker writes them, and their order: of two, the one with more given
 * characters is narrower, then one that only says {@code *.suffix}, then the one that comes first.
 * The broker orders them the same way.
 */
final class NamePattern {
  /** Of patterns over one name. */
  static final Comparator<String> NARROWEST_FIRST =
      Comparator.<String>comparingLong(pattern -> -literals(pattern))
          .thenComparing(pattern -> !isWildcard(pattern))
          .thenComparing(Comparator.naturalOrder());

  private NamePattern() {}

  private static long literals(String pattern) {
    return pattern.chars().filter(c -> !isWild((char) c)).count();
  }

  static boolean isPattern(String text) {
    return text.chars().anyMatch(c -> isWild((char) c));
  }

  private static boolean isWildcard(String pattern) {
    return pattern.startsWith("*.") && !isPattern(pattern.substring(2));
  }

  private static boolean isWild(char c) {
    return c == '*' || c == '?';
  }

  /** The narrowest pattern that a name matches. */
  static Optional<String> narrowest(Collection<String> patterns, String name) {
    return patterns.stream()
        .filter(pattern -> isPattern(pattern) && matches(pattern, name))
        .min(NARROWEST_FIRST);
  }

  /** The whole labels at the end that are given; empty if there are none. */
  static String suffix(String pattern) {
    int wild = Math.max(pattern.lastIndexOf('*'), pattern.lastIndexOf('?'));
    int dot = pattern.indexOf('.', wild + 1);
    return dot < 0 ? "" : pattern.substring(dot + 1);
  }

  /** In time that grows with the product of both lengths at worst. */
  static boolean matches(String pattern, String name) {
    int p = 0;
    int n = 0;
    int star = -1;
    int starName = 0;
    while (n < name.length()) {
      char wanted = p < pattern.length() ? pattern.charAt(p) : '\0';
      if (wanted == '*') {
        star = p++;
        starName = n;
      } else if (wanted == name.charAt(n) || (wanted == '?' && name.charAt(n) != '.')) {
        p++;
        n++;
      } else if (star >= 0) {
        p = star + 1;
        n = ++starName;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}
