package org.postern.policystore.decision;

/// Matches names against a pattern with `*` (any characters, or none) and `?` (one character that
/// is no dot). Takes time in proportion to the product of both lengths at worst.
final class GlobPattern {
  private final String pattern;

  GlobPattern(String pattern) {
    this.pattern = pattern;
  }

  /// How many characters are given.
  int literals() {
    return (int) pattern.chars().filter(c -> c != '*' && c != '?').count();
  }

  /// The longest run of whole labels at the end that is given; empty if there is none.
  String suffix() {
    int wild = Math.max(pattern.lastIndexOf('*'), pattern.lastIndexOf('?'));
    int dot = pattern.indexOf('.', wild + 1);
    return dot < 0 ? "" : pattern.substring(dot + 1);
  }

  boolean matches(String name) {
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
