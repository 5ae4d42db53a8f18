package org.postern.identity;

/**
 * The name of one deployment, the host part of its SPIFFE ids (SPIFFE-ID §2.1), for example {@code
 * corp.example}.
 *
 * @param name a lower-case DNS name of at most 253 characters whose last label is not a number
 */
public record TrustDomain(String name) {
  static final int MAX_LENGTH = 253;
  private static final int MAX_LABEL = 63;

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException when the name is not such a DNS name
   */
  public TrustDomain {
    if (name.isEmpty() || name.length() > MAX_LENGTH) {
      throw refused("has " + name.length() + " characters");
    }
    int start = 0;
    for (int i = 0; i <= name.length(); i++) {
      if (i == name.length() || name.charAt(i) == '.') {
        checkLabel(name, start, i);
        start = i + 1;
      }
    }
    if (isNumber(name, name.lastIndexOf('.') + 1)) {
      throw refused("ends in a number, so it looks like an address");
    }
  }

  private static void checkLabel(String name, int from, int to) {
    if (to == from || to - from > MAX_LABEL) {
      throw refused("has a label of " + (to - from) + " characters");
    }
    for (int i = from; i < to; i++) {
      char c = name.charAt(i);
      boolean letterOrDigit = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      boolean innerDash = c == '-' && i > from && i < to - 1;
      if (!letterOrDigit && !innerDash) {
        throw refused("has a character that is not allowed at position " + i);
      }
    }
  }

  private static boolean isNumber(String name, int from) {
    for (int i = from; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c < '0' || c > '9') {
        return false;
      }
    }
    return true;
  }

  private static IllegalArgumentException refused(String what) {
    return new IllegalArgumentException(
        "trust domain "
            + what
            + "; expected a lower-case DNS name (a-z, 0-9, '-', '.') like corp.example,"
            + " set it with the broker's trust domain option");
  }

  @Override
  public String toString() {
    return name;
  }
}
