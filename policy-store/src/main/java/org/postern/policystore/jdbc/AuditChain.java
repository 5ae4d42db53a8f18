package org.postern.policystore.jdbc;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// The hash, in hexadecimal, that binds an entry of the audit log to the one before: HMAC-SHA256
/// over the previous hash and the row, every text behind its length, so that no two rows are the
/// same bytes.
final class AuditChain {
  /// The end of the chain.
  record Link(long seq, String hash) {
    /// Before the first entry.
    static final Link START = new Link(0, "00".repeat(32));
  }

  /// What is hashed of a row.
  record Row(long seq, Instant at, List<String> texts) {}

  /// A row with the hashes that stand beside it.
  record Stored(Row row, String previous, String hash) {}

  private static final HexFormat HEX = HexFormat.of();
  private static final String ALGORITHM = "HmacSHA256";

  private final SecretKeySpec key;

  AuditChain(byte[] key) {
    this.key = new SecretKeySpec(key, ALGORITHM);
  }

  String hash(String previous, Row row) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update(HEX.parseHex(previous));
      mac.update(
          ByteBuffer.allocate(Long.BYTES + Long.BYTES)
              .putLong(row.seq())
              .putLong(ChronoUnit.MICROS.between(Instant.EPOCH, row.at()))
              .flip());
      for (String text : row.texts()) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        mac.update(bytes);
      }
      return HEX.formatHex(mac.doFinal());
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every Java platform has " + ALGORITHM, e);
    }
  }
}
