package org.postern.acceptance.bench.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.Passage;
import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;
import org.postern.acceptance.ground.RunningProgram;

/** {@code ssh -L}: OpenSSH carries one TCP port; sshd in the cloud with keys of its own. */
public final class SshForward implements Passage {
  private static final Duration SHORT = Duration.ofSeconds(20);
  private static final int LOCAL_PORT = 5301;
  private static final int LOCAL_ASK_PORT = 5302;

  @Override
  public String label() {
    return "ssh-L";
  }

  @Override
  public Entrance open(BenchRun run, NetworkNamespaces networks) throws Exception {
    Path folder = run.folder(label());
    Path host = key(folder, "host");
    Path user = key(folder, "user");
    Path authorized = folder.resolve("authorized");
    Files.copy(folder.resolve("user.pub"), authorized);
    networks
        .start(
            Room.CLOUD,
            "/usr/sbin/sshd",
            "-D",
            "-e",
            "-f",
            "/dev/null",
            "-p",
            "2222",
            "-h",
            host.toString(),
            "-o",
            "AuthorizedKeysFile=" + authorized,
            "-o",
            "StrictModes=no",
            "-o",
            "UsePAM=no",
            "-o",
            "PidFile=none")
        .awaitOutput("listening", SHORT);
    networks.start(
        Room.USER,
        "ssh",
        "-N",
        "-F",
        "/dev/null",
        "-p",
        "2222",
        "-i",
        user.toString(),
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
        "-o",
        "ExitOnForwardFailure=yes",
        "-L",
        LOCAL_PORT + ":127.0.0.1:" + SERVER_PORT,
        "-L",
        LOCAL_ASK_PORT + ":127.0.0.1:" + ASK_PORT,
        Room.CLOUD.address());
    Tun.awaitListening(networks, Room.USER, LOCAL_PORT);
    return new Entrance("127.0.0.1", LOCAL_PORT, LOCAL_ASK_PORT, Room.CLOUD);
  }

  private static Path key(Path folder, String name) throws IOException, InterruptedException {
    Path file = folder.resolve(name);
    RunningProgram.run(SHORT, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file.toString());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }
}
