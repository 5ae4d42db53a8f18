package org.postern.broker.signin;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HexFormat;
import org.postern.policystore.SecretSealer;

/**
 * What lets a browser begin a test sign-in: an administrator asked for it a moment ago. Else
 * anybody with an account at the provider could overwrite what the administrator is about to read.
 * Sealed, so any broker can open it; good for one provider and a few minutes. Safe on any thread.
 */
public final class TestTickets {
  private static final String PURPOSE = "test sign-in";
  private static final Duration AGE = Duration.ofMinutes(10);
  private static final int NONCE_BYTES = 16;
  private static final int TEXT_MAX = 1_024;

  private final SecretSealer sealer;
  private final SecureRandom random;
  private final InstantSource clock;

  /** Sealed with the deployment's key. */
  public TestTickets(SecretSealer sealer, SecureRandom random, InstantSource clock) {
    this.sealer = sealer;
    this.random = random;
    this.clock = clock;
  }

  /** A ticket for a test sign-in at this provider. */
  public String issue(String provider) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    String text =
        clock.instant().plus(AGE).getEpochSecond()
            + " "
            + HexFormat.of().formatHex(nonce)
            + " "
            + provider;
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(sealer.seal(text.getBytes(StandardCharsets.UTF_8), PURPOSE));
  }

  /** Whether it is one for this provider, and in time. */
  boolean isGood(String ticket, String provider) {
    if (ticket.isEmpty() || ticket.length() > TEXT_MAX) {
      return false;
    }
    try {
      byte[] plain = sealer.open(Base64.getUrlDecoder().decode(ticket), PURPOSE);
      String[] parts = new String(plain, StandardCharsets.UTF_8).split(" ", 3);
      return parts.length == 3
          && clock.instant().isBefore(Instant.ofEpochSecond(Long.parseLong(parts[0])))
          && parts[2].equals(provider);
    } catch (RuntimeException e) {
      // Made up, damaged, or sealed by another deployment.
      return false;
    }
  }
}
