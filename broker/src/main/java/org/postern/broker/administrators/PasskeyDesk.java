package org.postern.broker.administrators;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.postern.broker.administrators.passkey.PasskeyException;
import org.postern.broker.administrators.passkey.Passkeys;
import org.postern.policystore.ShownText;
import org.postern.policystore.jdbc.AdministratorCredentials;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Questions to a browser's passkeys, and their answers. */
final class PasskeyDesk {
  private static final Logger LOG = LoggerFactory.getLogger(PasskeyDesk.class);
  private static final int NAME_MAX = 64;

  private final PublicPlace place;
  private final Passkeys passkeys;
  private final AdministratorLimits limits;

  PasskeyDesk(PublicPlace place, AdministratorLimits limits) {
    this.place = place;
    this.passkeys = new Passkeys(place.host(), place.origin());
    this.limits = limits;
  }

  /** {@code PublicKeyCredentialCreationOptionsJSON}; the state becomes the challenge. */
  Map<String, Object> creation(String state, String name) {
    List<Map<String, Object>> algorithms = new ArrayList<>();
    Passkeys.ALGORITHMS.forEach(
        number -> algorithms.add(Map.of("type", "public-key", "alg", number)));
    Map<String, Object> options = new LinkedHashMap<>();
    options.put("rp", Map.of("id", place.host(), "name", "Postern"));
    options.put("user", Map.of("id", handle(name), "name", name, "displayName", name));
    options.put("challenge", base64(SealedState.challenge(state)));
    options.put("pubKeyCredParams", algorithms);
    options.put("timeout", limits.ceremony().toMillis());
    options.put("attestation", "none");
    options.put(
        "authenticatorSelection",
        Map.of(
            "residentKey", "required", "requireResidentKey", true, "userVerification", "required"));
    return options;
  }

  /** {@code PublicKeyCredentialRequestOptionsJSON} that names nobody: the authenticator knows. */
  Map<String, Object> request(String state) {
    Map<String, Object> options = new LinkedHashMap<>();
    options.put("challenge", base64(SealedState.challenge(state)));
    options.put("rpId", place.host());
    options.put("timeout", limits.ceremony().toMillis());
    options.put("userVerification", "required");
    return options;
  }

  /** A new passkey, or a refusal. */
  AdministratorCredentials.NewPasskey register(Ask ask, String state) throws Refusal {
    String name = ShownText.of(ask.text("passkeyName", 2 * NAME_MAX)).strip();
    try {
      Passkeys.Registered made = passkeys.register(ask.credential(), SealedState.challenge(state));
      return new AdministratorCredentials.NewPasskey(
          made.credentialId(),
          name.isEmpty() ? "Passkey" : name.substring(0, Math.min(name.length(), NAME_MAX)),
          made.attested(),
          made.signCount());
    } catch (PasskeyException e) {
      LOG.info("a new passkey was refused: {}", e.getMessage());
      throw Refusal.badPasskey();
    }
  }

  Passkeys.Shown read(Ask ask) throws Refusal, PasskeyException {
    return passkeys.read(ask.credential());
  }

  long verify(Passkeys.Shown shown, AdministratorCredentials.Passkey stored, String state)
      throws PasskeyException {
    return passkeys.verify(
        shown, stored.attested(), stored.signCount(), SealedState.challenge(state));
  }

  /** The same for every passkey of one name, so that authenticators keep one for each. */
  private static String handle(String name) {
    try {
      return base64(
          MessageDigest.getInstance("SHA-256")
              .digest(("administrator " + name).getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
