package org.postern.policystore.jdbc;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/// Random ids and secrets, and how secrets are stored. Ids are 128 bits in hexadecimal behind a
/// prefix that says of what; secrets are 256 bits behind a prefix, stored as their SHA-256. A
/// secret with that much entropy needs no slow hash, and finding it by its hash in an index tells
/// an attacker nothing that he could use to guess it byte by byte.
final class Tokens {
  private static final int ID_BYTES = 16;
  private static final int SECRET_BYTES = 32;

  private final SecureRandom random;

  Tokens(SecureRandom random) {
    this.random = random;
  }

  String id(String prefix) {
    byte[] bytes = new byte[ID_BYTES];
    random.nextBytes(bytes);
    return prefix + HexFormat.of().formatHex(bytes);
  }

  String secret(String prefix) {
    byte[] bytes = new byte[SECRET_BYTES];
    random.nextBytes(bytes);
    return prefix + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  static byte[] hash(String secret) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
