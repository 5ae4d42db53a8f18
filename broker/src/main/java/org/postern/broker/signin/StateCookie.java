package org.postern.broker.signin;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import org.postern.broker.front.Head;

/**
 * Binds a sign-in to the browser that began it. The browser keeps a secret, and what goes by way of
 * the provider (its logs, the address line) is made of it: whoever reads a state there cannot make
 * its cookie. One cookie for each sign-in, so that two at once do not disturb each other. SameSite
 * is None because SAML responses come by a POST from the provider's site; the cookie is worth
 * nothing but for this comparison.
 */
final class StateCookie {
  private static final int NAME_CHARACTERS = 16;

  private StateCookie() {}

  /** The state of a sign-in. */
  static String stateOf(String secret) {
    return digest("state", secret);
  }

  static String set(String secret, long seconds) {
    return "%s=%s; Max-Age=%d; Path=/; Secure; HttpOnly; SameSite=None"
        .formatted(name(stateOf(secret)), secret, seconds);
  }

  static String clear(String state) {
    return name(state) + "=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=None";
  }

  static boolean isSameBrowser(Head head, String state) {
    byte[] expected = state.getBytes(StandardCharsets.UTF_8);
    return head.cookie(name(state))
        .map(secret -> stateOf(secret).getBytes(StandardCharsets.US_ASCII))
        .filter(made -> MessageDigest.isEqual(made, expected))
        .isPresent();
  }

  private static String name(String state) {
    return "__Host-signin-" + digest("name", state).substring(0, NAME_CHARACTERS);
  }

  private static String digest(String purpose, String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest((purpose + " " + text).getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
