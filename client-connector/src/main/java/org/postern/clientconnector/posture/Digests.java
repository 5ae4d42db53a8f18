package org.postern.clientconnector.posture;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * SHA-256 of files, computed again only when the file is another or was written to. Confined to one
 * thread.
 */
final class Digests {
  private static final int PIECE = 1 << 16;

  private final long bytesMax;
  private final Map<Seen, String> known;

  /** A file as it was when it was digested. */
  private record Seen(@Nullable Object key, long size, FileTime modified) {}

  Digests(PostureLimits limits) {
    this.bytesMax = limits.digestBytes();
    this.known =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1;

          @Override
          protected boolean removeEldestEntry(Map.Entry<Seen, String> eldest) {
            return size() > limits.digestsKept();
          }
        };
  }

  /**
   * The digest in hexadecimal.
   *
   * @throws IOException if it is no plain file, too large or cannot be read
   */
  String of(Path file) throws IOException {
    BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
    if (!now.isRegularFile()) {
      throw new IOException("not a plain file");
    }
    if (now.size() > bytesMax) {
      throw new IOException("larger than " + bytesMax + " bytes");
    }
    Seen seen = new Seen(now.fileKey(), now.size(), now.lastModifiedTime());
    String digest = known.get(seen);
    if (digest == null) {
      digest = compute(file);
      known.put(seen, digest);
    }
    return digest;
  }

  private String compute(Path file) throws IOException {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
    byte[] piece = new byte[PIECE];
    long total = 0;
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
        total += read;
        if (total > bytesMax) {
          throw new IOException("larger than " + bytesMax + " bytes");
        }
        sha256.update(piece, 0, read);
      }
    }
    return HexFormat.of().formatHex(sha256.digest());
  }
}
