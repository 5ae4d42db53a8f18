package org.postern.broker.administrators;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Codes that people read and type: base 32 in groups of four. For one-time codes the letters are
 * Crockford's, of which none is mistaken for another.
 */
final class OneTimeTexts {
  private static final String CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  private static final String RFC_4648 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  private static final int GROUP = 4;
  private static final int ONE_TIME_LETTERS = 20;
  private static final int RECOVERY_LETTERS = 16;

  private OneTimeTexts() {}

  /** 100 bits. */
  static String oneTimeCode(SecureRandom random) {
    return letters(random, ONE_TIME_LETTERS);
  }

  /** 80 bits each. */
  static List<String> recoveryCodes(SecureRandom random, int count) {
    List<String> codes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      codes.add(letters(random, RECOVERY_LETTERS));
    }
    return codes;
  }

  private static String letters(SecureRandom random, int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      if (i > 0 && i % GROUP == 0) {
        text.append('-');
      }
      text.append(CROCKFORD.charAt(random.nextInt(CROCKFORD.length())));
    }
    return text.toString();
  }

  /** As it was made, whatever somebody typed for it: any case, with or without dashes. */
  static String canonical(String typed) {
    String letters =
        typed
            .toUpperCase(Locale.ROOT)
            .replaceAll("[\\s-]", "")
            .replace('O', '0')
            .replace('I', '1')
            .replace('L', '1');
    return letters.replaceAll("(.{" + GROUP + "})(?=.)", "$1-");
  }

  static boolean looksLikeRecoveryCode(String typed) {
    return canonical(typed).replace("-", "").length() == RECOVERY_LETTERS;
  }

  /** As authenticator programs want it (RFC 4648, without padding). */
  static String base32(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    int buffer = 0;
    int bits = 0;
    for (byte each : bytes) {
      buffer = (buffer << 8) | (each & 0xff);
      bits += 8;
      while (bits >= 5) {
        bits -= 5;
        text.append(RFC_4648.charAt((buffer >> bits) & 31));
      }
    }
    if (bits > 0) {
      text.append(RFC_4648.charAt((buffer << (5 - bits)) & 31));
    }
    return text.toString();
  }
}
