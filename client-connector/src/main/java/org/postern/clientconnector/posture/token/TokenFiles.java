package org.postern.clientconnector.posture.token;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Files that only we or root may have written, and a PIN that nobody else may read. */
final class TokenFiles {
  private static final int PIN_BYTES_MAX = 256;
  private static final int FOR_OTHERS = 0077;
  private static final int WRITE_FOR_ALL = 0002;
  private static final int STICKY = 01000;

  private TokenFiles() {}

  /** The module itself, without links; code of strangers is not loaded. */
  static Path module(String text) throws TokenException {
    Path real;
    try {
      real = Path.of(text).toRealPath();
    } catch (IOException | IllegalArgumentException e) {
      throw new TokenException("there is no such file");
    }
    for (Path each = real; each != null; each = each.getParent()) {
      Rights rights = rights(each);
      boolean writable = (rights.mode() & WRITE_FOR_ALL) != 0;
      boolean kept = Files.isDirectory(each) && (rights.mode() & STICKY) != 0;
      if (!rights.ours() || (writable && !kept)) {
        throw new TokenException(
            each + " may be changed by others (expected: owned by root or by who runs this)");
      }
    }
    return real;
  }

  /** The first line of the PIN's file. */
  static byte[] pin(String text) throws TokenException {
    Path file = Path.of(text);
    Rights rights = rights(file);
    if (!rights.ours() || (rights.mode() & FOR_OTHERS) != 0) {
      throw new TokenException(
          "the PIN's file may be read by others (expected: mode 0600, owned by who runs this)");
    }
    try {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
          || Files.size(file) > PIN_BYTES_MAX) {
        throw new TokenException("the PIN's file is no small plain file");
      }
      return Files.readString(file).strip().getBytes(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new TokenException("the PIN's file cannot be read");
    }
  }

  private record Rights(boolean ours, int mode) {}

  private static int number(Path path, String attribute, LinkOption... options) throws IOException {
    return ((Number) Files.getAttribute(path, attribute, options)).intValue();
  }

  private static Rights rights(Path path) throws TokenException {
    try {
      int own = number(Path.of("/proc/self"), "unix:uid");
      int owner = number(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
      return new Rights(
          owner == 0 || owner == own, number(path, "unix:mode", LinkOption.NOFOLLOW_LINKS));
    } catch (IOException e) {
      throw new TokenException(path + " cannot be looked at");
    }
  }
}
