package org.postern.identity;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The key under which secrets are stored: AES-256-GCM (NIST SP 800-38D) with a random nonce, the
 * purpose as associated data.
 *
 * <pre>
 *  0      4   5            13         25
 *  | PSTN | 1 | key id (8) | nonce(12) | ciphertext ... tag (16) |
 * </pre>
 *
 * Everything before the nonce is authenticated too. The key id is a hash and tells a wrong key from
 * damaged bytes. Safe on any thread.
 */
public final class SealingKey {
  private static final byte[] MAGIC = {'P', 'S', 'T', 'N'};
  private static final byte VERSION = 1;
  private static final int KEY_BYTES = 32;
  private static final int KEY_ID_BYTES = 8;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final int HEADER_BYTES = MAGIC.length + 1 + KEY_ID_BYTES;
  private static final String EXPECTED =
      "expected 32 random bytes in base64 (openssl rand -base64 32)";

  private final SecretKeySpec key;
  private final byte[] keyId;
  private final SecureRandom random = new SecureRandom();

  private SealingKey(byte[] bytes) {
    this.key = new SecretKeySpec(bytes, "AES");
    ByteBuffer labelled = ByteBuffer.allocate(64 + bytes.length);
    labelled.put("postern sealing key id".getBytes(StandardCharsets.US_ASCII)).put(bytes);
    byte[] hash = Certs.sha256(Arrays.copyOf(labelled.array(), labelled.position()));
    this.keyId = Arrays.copyOf(hash, KEY_ID_BYTES);
    Arrays.fill(labelled.array(), (byte) 0);
  }

  /**
   * Reads the key from an environment variable.
   *
   * @param environment usually {@code System.getenv()}
   * @throws IdentityException when the variable is missing or is not a key
   */
  public static SealingKey fromEnvironment(Map<String, String> environment, String variable)
      throws IdentityException {
    String text = environment.get(variable);
    if (text == null) {
      throw new IdentityException("environment has no variable " + variable + "; " + EXPECTED);
    }
    return parse("environment variable " + variable, text);
  }

  /**
   * Reads the key from a file that its owner alone may read.
   *
   * @throws IdentityException when the file is missing, open to others or not a key
   */
  public static SealingKey fromFile(Path file) throws IdentityException {
    return parse("sealing key file " + file, SecretFiles.readPrivate(file));
  }

  /** Reads the key from a file, or makes a new one there with mode 0600 if there is no file. */
  public static SealingKey loadOrCreate(Path file) throws IdentityException {
    if (!SecretFiles.exists(file)) {
      byte[] bytes = new byte[KEY_BYTES];
      new SecureRandom().nextBytes(bytes);
      SecretFiles.createOnce(file, Base64.getEncoder().encodeToString(bytes) + "\n");
    }
    return fromFile(file);
  }

  private static SealingKey parse(String where, String text) throws IdentityException {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(text.strip());
    } catch (IllegalArgumentException e) {
      // The cause would repeat a piece of the key.
      throw new IdentityException(where + " is not base64; " + EXPECTED);
    }
    if (bytes.length != KEY_BYTES) {
      throw new IdentityException(where + " has " + bytes.length + " bytes; " + EXPECTED);
    }
    SealingKey key = new SealingKey(bytes);
    Arrays.fill(bytes, (byte) 0);
    return key;
  }

  /** Seals; only the same key and the same purpose open it again. */
  public byte[] seal(String purpose, byte[] secret) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    byte[] header = header();
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, purpose, header, nonce);
      byte[] sealed = cipher.doFinal(secret);
      return ByteBuffer.allocate(HEADER_BYTES + NONCE_BYTES + sealed.length)
          .put(header)
          .put(nonce)
          .put(sealed)
          .array();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has AES-GCM", e);
    }
  }

  /**
   * Opens what {@link #seal} made.
   *
   * @throws IdentityException when it was sealed with another key or for another purpose, is
   *     damaged, or is of a version we do not know
   */
  public byte[] open(String purpose, byte[] sealed) throws IdentityException {
    if (sealed.length < HEADER_BYTES + NONCE_BYTES + TAG_BITS / 8
        || !Arrays.equals(sealed, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new IdentityException(
          purpose + ": not sealed bytes of Postern; restore them from a backup");
    }
    if (sealed[MAGIC.length] != VERSION) {
      throw new IdentityException(
          purpose
              + ": sealed in format "
              + sealed[MAGIC.length]
              + ", expected "
              + VERSION
              + "; start the version of Postern that wrote it");
    }
    byte[] header = Arrays.copyOf(sealed, HEADER_BYTES);
    byte[] usedKeyId = Arrays.copyOfRange(header, MAGIC.length + 1, HEADER_BYTES);
    if (!Arrays.equals(usedKeyId, keyId)) {
      throw new IdentityException(
          purpose
              + ": sealed with key "
              + HexFormat.of().formatHex(usedKeyId)
              + ", but the given sealing key is "
              + id()
              + "; give the key that this deployment was created with");
    }
    byte[] nonce = Arrays.copyOfRange(sealed, HEADER_BYTES, HEADER_BYTES + NONCE_BYTES);
    int start = HEADER_BYTES + NONCE_BYTES;
    try {
      Cipher cipher = cipher(Cipher.DECRYPT_MODE, purpose, header, nonce);
      return cipher.doFinal(sealed, start, sealed.length - start);
    } catch (AEADBadTagException e) {
      throw new IdentityException(
          purpose
              + ": sealed bytes are damaged or were sealed for another purpose;"
              + " restore them from a backup",
          e);
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has AES-GCM", e);
    }
  }

  /** Names the key without telling it: 16 hex digits of a hash. */
  public String id() {
    return HexFormat.of().formatHex(keyId);
  }

  private byte[] header() {
    return ByteBuffer.allocate(HEADER_BYTES).put(MAGIC).put(VERSION).put(keyId).array();
  }

  private Cipher cipher(int mode, String purpose, byte[] header, byte[] nonce)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(header);
    cipher.updateAAD(purpose.getBytes(StandardCharsets.UTF_8));
    return cipher;
  }

  @Override
  public String toString() {
    return "SealingKey[" + id() + ", redacted]";
  }
}
