package org.postern.broker.administrators;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.postern.policystore.SecretSealer;

/**
 * What the broker has to remember between two requests of a browser, kept by the browser under the
 * deployment's sealing key. So strangers cannot fill a table by beginning what they never finish,
 * and any broker takes the second request. Challenges are made of it: whoever answers one answers
 * this very state.
 */
final class SealedState {
  static final int TEXT_MAX = 4_096;
  private static final String UNTIL = "until";
  private static final String NONCE = "nonce";
  private static final int NONCE_BYTES = 16;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SecretSealer sealer;
  private final SecureRandom random;
  private final InstantSource clock;

  SealedState(SecretSealer sealer, SecureRandom random, InstantSource clock) {
    this.sealer = sealer;
    this.random = random;
    this.clock = clock;
  }

  /** Opened again. */
  record Opened(Map<String, String> fields, Instant until) {
    String get(String name) {
      return fields.getOrDefault(name, "");
    }
  }

  String seal(String purpose, Duration age, Map<String, String> fields) {
    Map<String, String> all = new LinkedHashMap<>(fields);
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    all.put(NONCE, Base64.getUrlEncoder().withoutPadding().encodeToString(nonce));
    all.put(UNTIL, clock.instant().plus(age).toString());
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(sealer.seal(JSON.writeValueAsBytes(all), context(purpose)));
    } catch (IOException e) {
      throw new IllegalStateException("a map of texts is always JSON", e);
    }
  }

  /** Empty for made up, damaged, expired and for another purpose alike. */
  Optional<Opened> open(String purpose, String text) {
    if (text.isEmpty() || text.length() > TEXT_MAX) {
      return Optional.empty();
    }
    try {
      byte[] plain = sealer.open(Base64.getUrlDecoder().decode(text), context(purpose));
      Map<String, String> fields = JSON.readValue(plain, new TypeReference<>() {});
      Instant until = Instant.parse(fields.getOrDefault(UNTIL, ""));
      return until.isAfter(clock.instant())
          ? Optional.of(new Opened(fields, until))
          : Optional.empty();
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  private static String context(String purpose) {
    return "administrators " + purpose;
  }

  /** The challenge that goes with a state. */
  static byte[] challenge(String state) {
    try {
      return MessageDigest.getInstance("SHA-256")
          .digest(("challenge " + state).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
