package org.postern.broker.signin.oidc;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.postern.policystore.SecretSealer;

/**
 * ID tokens, kept for the day on which somebody signs out: with its own token back, a provider ends
 * its session without asking (OpenID Connect RP-Initiated Logout 1.0, {@code id_token_hint}).
 * Sealed, since they say who somebody is. Safe on any thread.
 */
final class SignOutHints {
  private static final String PURPOSE = "sign-out hint";

  /** Longer ones are not kept; then the provider asks. */
  private static final int TOKEN_MAX = 16 * 1024;

  private final SecretSealer sealer;

  SignOutHints(SecretSealer sealer) {
    this.sealer = sealer;
  }

  /** To be stored; empty for a token that is too long. */
  String seal(String idToken) {
    return idToken.length() > TOKEN_MAX
        ? ""
        : Base64.getEncoder()
            .encodeToString(sealer.seal(idToken.getBytes(StandardCharsets.US_ASCII), PURPOSE));
  }

  /** What was sealed. */
  Optional<String> open(String sealed) {
    return sealed.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new String(
                sealer.open(Base64.getDecoder().decode(sealed), PURPOSE),
                StandardCharsets.US_ASCII));
  }
}
