package org.postern.clientconnector.posture;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.postern.clientconnector.local.system.Commands;

/**
 * The machine that is examined: its files below a root, and its programs. Blocks, never called on
 * an event loop.
 *
 * @param root where the file system begins; {@code /} but in tests
 * @param userId who we run as; 0 is root
 * @param protectedKeys finds keys that cannot leave their token
 */
public record Machine(
    Path root, Commands commands, long userId, PostureLimits limits, ProtectedKeys protectedKeys) {

  /** One whose tokens are not examined. */
  public Machine(Path root, Commands commands, long userId, PostureLimits limits) {
    this(root, commands, userId, limits, ProtectedKeys.NOT_EXAMINED);
  }

  /** A path of the machine. */
  Path at(String absolute) {
    return root.resolve(absolute.substring(1));
  }

  /** What a path in this process is on the machine. */
  String onMachine(Path path) {
    return path.startsWith(root) ? "/" + root.relativize(path) : path.toString();
  }

  /**
   * The text of a file.
   *
   * @throws IOException if it cannot be read or is larger than the limit
   */
  String text(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(limits.fileBytes() + 1);
      if (bytes.length > limits.fileBytes()) {
        throw new IOException(onMachine(file) + " is larger than " + limits.fileBytes());
      }
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  /** The text of a file of the machine. */
  String text(String absolute) throws IOException {
    return text(at(absolute));
  }
}
