package org.postern.broker.administrators;

import java.time.Clock;

/** An authenticator of a test. */
public final class TestTotp {
  private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

  private final byte[] secret;

  private TestTotp(byte[] secret) {
    this.secret = secret;
  }

  /** From what the page shows. */
  public static TestTotp ofText(String text) {
    String letters = text.replace(" ", "");
    byte[] secret = new byte[letters.length() * 5 / 8];
    int buffer = 0;
    int bits = 0;
    int at = 0;
    for (int i = 0; i < letters.length(); i++) {
      buffer = (buffer << 5) | LETTERS.indexOf(letters.charAt(i));
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        secret[at++] = (byte) (buffer >> bits);
      }
    }
    return new TestTotp(secret);
  }

  /** The code of now, or of so many steps later. */
  public String code(int later) {
    return code(Clock.systemUTC(), later);
  }

  /** The same by another clock. */
  public String code(java.time.InstantSource clock, int later) {
    return Totp.code(secret, Totp.step(clock.instant()) + later);
  }
}
