package org.postern.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;

/** Bytes that are told by a seed, and their hashes. */
final class BulkStream {
  private static final int BLOCK_BYTES = 128 << 10;

  private BulkStream() {}

  /** Writes that many bytes of the seed's stream; the SHA-256 of them. */
  static String write(long seed, long bytes, OutputStream out) throws IOException {
    MessageDigest digest = sha256();
    SplittableRandom random = new SplittableRandom(seed);
    byte[] block = new byte[BLOCK_BYTES];
    for (long left = bytes; left > 0; left -= BLOCK_BYTES) {
      random.nextBytes(block);
      int length = (int) Math.min(left, BLOCK_BYTES);
      digest.update(block, 0, length);
      out.write(block, 0, length);
    }
    out.flush();
    return HexFormat.of().formatHex(digest.digest());
  }

  /** What was read. */
  record Read(long bytes, String sha256) {}

  /** Reads to the end. */
  static Read read(InputStream in) throws IOException {
    MessageDigest digest = sha256();
    byte[] block = new byte[BLOCK_BYTES];
    long bytes = 0;
    for (int n = in.read(block); n >= 0; n = in.read(block)) {
      digest.update(block, 0, n);
      bytes += n;
    }
    return new Read(bytes, HexFormat.of().formatHex(digest.digest()));
  }

  static String hash(byte[] bytes) {
    return HexFormat.of().formatHex(sha256().digest(bytes));
  }

  /** The first digits, for people. */
  static String shown(String hash) {
    return String.valueOf(Arrays.copyOf(hash.toCharArray(), Math.min(16, hash.length())));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
