package org.postern.appconnector.enroll;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The secret that lets a connector enroll. Never in a log, a URL or an argument list. */
public final class ProvisioningKey {
  private static final int BYTES_MAX = 4096;

  private final String secret;

  private ProvisioningKey(String secret) {
    this.secret = secret;
  }

  /**
   * Reads the key from a file, or from standard input if the path is {@code -}. Surrounding white
   * space is not part of it. Blocking.
   *
   * @throws IOException when it cannot be read, is empty or is too long to be one
   */
  public static ProvisioningKey read(Path file, InputStream standardInput) throws IOException {
    byte[] bytes;
    if (file.toString().equals("-")) {
      bytes = standardInput.readNBytes(BYTES_MAX + 1);
    } else {
      try (InputStream in = Files.newInputStream(file)) {
        bytes = in.readNBytes(BYTES_MAX + 1);
      }
    }
    String text = new String(bytes, StandardCharsets.UTF_8).strip();
    if (text.isEmpty() || bytes.length > BYTES_MAX || text.lines().count() != 1) {
      throw new IOException(
          file + " holds no provisioning key; expected one line, as the broker printed it");
    }
    return new ProvisioningKey(text);
  }

  String secret() {
    return secret;
  }

  @Override
  public String toString() {
    return "ProvisioningKey[***]";
  }
}
