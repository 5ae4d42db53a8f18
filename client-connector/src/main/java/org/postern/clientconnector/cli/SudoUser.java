package org.postern.clientconnector.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.system.SystemCommands;

/**
 * The user who called us by sudo(8), which says so in the environment. Whoever can set that for
 * root is root already.
 *
 * @param home as the user database says
 */
record SudoUser(int uid, int gid, Path home) {
  private static final Duration LOOKUP = Duration.ofSeconds(10);
  private static final int HOME_FIELD = 5;

  /**
   * Empty without sudo, and when root called it.
   *
   * @throws IOException if the user has no home directory
   */
  static Optional<SudoUser> from(Map<String, String> environment) throws IOException {
    int uid = number(environment.get("SUDO_UID"));
    int gid = number(environment.get("SUDO_GID"));
    if (uid <= 0 || gid <= 0) {
      return Optional.empty();
    }
    return Optional.of(new SudoUser(uid, gid, home(uid)));
  }

  private static int number(@Nullable String text) {
    return text != null && text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : -1;
  }

  private static Path home(int uid) throws IOException {
    String entry;
    try {
      entry =
          new SystemCommands(null, LOOKUP)
              .run("", List.of("getent", "passwd", Integer.toString(uid)));
    } catch (IOException e) {
      throw new IOException(
          "sudo was called by user " + uid + ", who is not known here; give --state-dir", e);
    }
    String[] fields = entry.strip().split(":", -1);
    if (fields.length <= HOME_FIELD || !fields[HOME_FIELD].startsWith("/")) {
      throw new IOException(
          "sudo was called by user " + uid + ", who has no home directory; give --state-dir");
    }
    return Path.of(fields[HOME_FIELD]);
  }
}
