package org.postern.clientconnector.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What root does in a folder of another user's; an ordinary user is told that it cannot. */
final class FileRightsTest {
  private static final int UID = 4711;

  @TempDir private Path folder = Path.of(".");

  private final FileRights rights = FileRights.of(new SudoUser(UID, UID, Path.of("/")));

  private static boolean root() throws IOException {
    return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
  }

  /** A folder of the user's, with a link in it to a file that only root may use. */
  private Path trap() throws IOException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path home = Files.createDirectory(folder.resolve("home"));
    Files.setAttribute(home, "unix:uid", UID);
    Files.setAttribute(home, "unix:gid", UID);
    Path secret = Files.writeString(folder.resolve("secret"), "root's");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-rw----"));
    Files.createSymbolicLink(home.resolve("link"), secret);
    return home;
  }

  @Test
  void filesBelongToTheUserAndLinksLeadNowhereNew() throws Exception {
    if (!root()) {
      assertThatThrownBy(() -> rights.call(() -> "never"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("expected: root");
      return;
    }
    Path home = trap();
    Path made = rights.call(() -> Files.writeString(home.resolve("made"), "x"));
    assertThat(Files.getAttribute(made, "unix:uid")).isEqualTo(UID);
    assertThat(Files.getAttribute(made, "unix:gid")).isEqualTo(UID);
    Path link = home.resolve("link");
    // The group of the file is root's, which this thread is no longer in.
    assertThatThrownBy(() -> rights.call(() -> Files.readString(link)))
        .isInstanceOf(AccessDeniedException.class);
    assertThatThrownBy(() -> rights.call(() -> Files.writeString(link, "the user's")))
        .isInstanceOf(AccessDeniedException.class);
    assertThatThrownBy(() -> rights.call(() -> Files.writeString(folder.resolve("out"), "x")))
        .isInstanceOf(AccessDeniedException.class);
    assertThat(Files.readString(link)).as("this thread is still root").isEqualTo("root's");
  }

  @Test
  void sudoIsKnownByItsVariables() throws Exception {
    assertThat(SudoUser.from(Map.of())).isEmpty();
    assertThat(SudoUser.from(Map.of("SUDO_UID", "0", "SUDO_GID", "0"))).isEmpty();
    assertThat(SudoUser.from(Map.of("SUDO_UID", "x", "SUDO_GID", "1"))).isEmpty();
    assertThat(SudoUser.from(Map.of("SUDO_UID", "65534", "SUDO_GID", "65534")))
        .hasValueSatisfying(user -> assertThat(user.home()).isAbsolute());
    assertThatThrownBy(() -> SudoUser.from(Map.of("SUDO_UID", "987654", "SUDO_GID", "1")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("987654")
        .hasMessageContaining("--state-dir");
  }
}
