package org.postern.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** OpenSSH inside the VPC, with keys and configuration of its own, where it is installed. */
final class SshServer {
  private static final Duration KEYGEN = Duration.ofSeconds(20);

  /** A root's server wants a folder that packages make at boot; what we made, we take away. */
  private static final String WITH_ITS_FOLDER =
      """
      if [ -d /run/sshd ] || [ "$(id -u)" != 0 ]; then exec "$@"; fi
      mkdir -m 755 /run/sshd
      trap 'kill $server 2>/dev/null; wait; rmdir /run/sshd 2>/dev/null; exit' TERM INT HUP
      "$@" & server=$!
      wait $server
      rmdir /run/sshd
      """;

  private SshServer() {}

  /** Starts it; null where there is no OpenSSH server or client. */
  static @Nullable Program start(Ground ground, Path work) throws DemoException {
    Optional<Path> sshd = Tools.find("sshd");
    Optional<Path> keygen = Tools.find("ssh-keygen");
    if (sshd.isEmpty() || keygen.isEmpty() || Tools.find("ssh").isEmpty()) {
      return null;
    }
    Path folder = work.resolve("ssh");
    Layout.App git = ground.layout().git();
    try {
      Files.createDirectories(folder);
      makeKey(keygen.get(), folder.resolve("host_key"), work);
      makeKey(keygen.get(), folder.resolve("demo_key"), work);
      Files.copy(folder.resolve("demo_key.pub"), folder.resolve("authorized_keys"));
      Files.writeString(
          folder.resolve("known_hosts"),
          "%s %s".formatted(git.host(), Files.readString(folder.resolve("host_key.pub"))));
      Files.writeString(
          folder.resolve("sshd_config"),
          """
          ListenAddress %s
          Port %d
          HostKey %s
          AuthorizedKeysFile %s
          PidFile none
          UsePAM no
          StrictModes no
          PasswordAuthentication no
          KbdInteractiveAuthentication no
          PermitRootLogin prohibit-password
          Subsystem sftp internal-sftp
          """
              .formatted(
                  git.address(),
                  git.port(),
                  folder.resolve("host_key"),
                  folder.resolve("authorized_keys")));
    } catch (IOException e) {
      throw new DemoException("cannot prepare the SSH server: " + e.getMessage(), e);
    }
    List<String> command = new ArrayList<>(asOneself(ground, work));
    if (!ground.apart()) {
      command.addAll(List.of("sh", "-c", WITH_ITS_FOLDER, "sshd"));
    }
    command.addAll(List.of(sshd.get().toString(), "-D", "-e", "-f"));
    command.add(folder.resolve("sshd_config").toString());
    return Program.start(new Program.Order("sshd", ground.in(Room.VPC, command), Map.of()), work);
  }

  /**
   * In an ordinary user's namespaces we seem to be root, and a root's server changes to the user of
   * each session, which the kernel refuses there. As oneself it need not.
   */
  private static List<String> asOneself(Ground ground, Path work) throws DemoException {
    try {
      Object user = Files.getAttribute(work, "unix:uid");
      Object group = Files.getAttribute(work, "unix:gid");
      if (!ground.apart() || user.equals(0)) {
        return List.of();
      }
      return List.of("unshare", "--user", "--map-user=" + user, "--map-group=" + group);
    } catch (IOException e) {
      throw new DemoException("cannot tell whose folder %s is".formatted(work), e);
    }
  }

  private static void makeKey(Path keygen, Path file, Path work) throws DemoException {
    Program program =
        Program.start(
            new Program.Order(
                "ssh-keygen",
                List.of(keygen.toString(), "-q", "-t", "ed25519", "-N", "", "-f", file.toString()),
                Map.of()),
            work);
    if (program.awaitExit(KEYGEN) != 0) {
      throw new DemoException("ssh-keygen failed: " + program.lastWords(3));
    }
  }

  /** The command that logs in; more words may follow. */
  static List<String> client(Scene scene) {
    Layout.App git = scene.layout().git();
    Path folder = scene.work().resolve("ssh");
    List<String> command =
        new ArrayList<>(
            List.of(
                "ssh",
                "-F",
                "/dev/null",
                "-i",
                folder.resolve("demo_key").toString(),
                "-o",
                "UserKnownHostsFile=" + folder.resolve("known_hosts"),
                "-o",
                "BatchMode=yes",
                "-p",
                Integer.toString(git.port())));
    if (!scene.ground().apart()) {
      command.addAll(
          List.of(
              "-o",
              "HostKeyAlias=" + git.host(),
              "-o",
              "ProxyCommand=%s connect --run-dir %s %%h:%%p"
                  .formatted(
                      Path.of(System.getProperty("postern.home", "."), "postern"),
                      scene.work().resolve("run"))));
    }
    command.add(System.getProperty("user.name") + "@" + git.host());
    return command;
  }
}
