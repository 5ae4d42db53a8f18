package org.postern.clientconnector.posture.token;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.HexFormat;
import org.postern.identity.IdentityException;
import org.postern.identity.KeyCertificate;

/**
 * That the key of a certificate is on the token: it signs a fresh value, and the certificate checks
 * the signature. What is signed begins with words of ours, so that it means nothing to anybody
 * else.
 */
final class Possession {
  private static final byte[] WORDS =
      "postern posture: this key is on this token\0".getBytes(StandardCharsets.US_ASCII);
  private static final int FRESH_BYTES = 32;

  /** What goes before a SHA-256 in a signature of RSA (RFC 8017 section 9.2). */
  private static final byte[] SHA256_INFO =
      HexFormat.of().parseHex("3031300d060960864801650304020105000420");

  private final PublicKey key;
  private final byte[] text;

  private Possession(PublicKey key, SecureRandom random) {
    this.key = key;
    byte[] fresh = new byte[FRESH_BYTES];
    random.nextBytes(fresh);
    this.text = join(WORDS, fresh);
  }

  /** A fresh question for the key of a certificate (DER). */
  static Possession of(byte[] certificate, SecureRandom random) throws TokenException {
    try {
      PublicKey key = KeyCertificate.of(certificate).key();
      if (key instanceof RSAPublicKey || key instanceof ECPublicKey) {
        return new Possession(key, random);
      }
      throw new TokenException("its key is of a kind that is not examined (expected: RSA, EC)");
    } catch (IdentityException e) {
      throw new TokenException("its certificate cannot be read");
    }
  }

  long mechanism() {
    return key instanceof RSAPublicKey ? Cryptoki.RSA_PKCS : Cryptoki.ECDSA;
  }

  /** What the token is to sign. Hashed here: not every token hashes. */
  byte[] input() {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text);
      return key instanceof RSAPublicKey ? join(SHA256_INFO, digest) : digest;
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  boolean isProvenBy(byte[] signature) {
    try {
      Signature check =
          Signature.getInstance(
              key instanceof RSAPublicKey ? "SHA256withRSA" : "SHA256withECDSAinP1363Format");
      check.initVerify(key);
      check.update(text);
      return check.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static byte[] join(byte[] one, byte[] other) {
    byte[] both = new byte[one.length + other.length];
    System.arraycopy(one, 0, both, 0, one.length);
    System.arraycopy(other, 0, both, one.length, other.length);
    return both;
  }
}
