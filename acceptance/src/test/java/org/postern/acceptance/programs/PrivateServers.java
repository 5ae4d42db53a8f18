package org.postern.acceptance.programs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;
import org.postern.acceptance.ground.RunningProgram;

/** What listens in the private network: a web server, sshd, PostgreSQL, iperf3. */
final class PrivateServers {
  static final int WEB_PORT = 8080;
  static final int SSH_PORT = 2222;
  static final int SQL_PORT = 5432;
  static final int LOAD_PORT = 5201;

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int PAGE_BYTES = 3_000_001;

  // PostgreSQL refuses to run as root; without privileges it still owns its files.
  private static final String DATABASE =
      """
      set -e
      "$1/initdb" -D "$2" -U bench --auth=trust --no-sync -E UTF8 --locale=C.UTF-8
      echo 'host all all all trust' >> "$2/pg_hba.conf"
      exec "$1/postgres" -D "$2" -c listen_addresses="$3" -c port="$4" \\
        -c unix_socket_directories= -c fsync=off -c shared_buffers=16MB
      """;

  private final NetworkNamespaces networks;
  private final Path folder;

  PrivateServers(NetworkNamespaces networks, Path folder) {
    this.networks = networks;
    this.folder = folder;
  }

  /** The file that the web server gives. */
  Path page() {
    return folder.resolve("www/page");
  }

  Path userKey() {
    return folder.resolve("user_key");
  }

  /** Starts them; the last is ready when this returns. */
  void start(Path postgresPrograms) throws Exception {
    Files.createDirectories(folder.resolve("www"));
    byte[] page = new byte[PAGE_BYTES];
    new Random(7).nextBytes(page);
    Files.write(page(), page);
    RunningProgram database =
        start(
            "unshare",
            "--user",
            "sh",
            "-c",
            DATABASE,
            "database",
            postgresPrograms.toString(),
            folder.resolve("database").toString(),
            Room.APPLICATION_ADDRESS,
            Integer.toString(SQL_PORT));
    startWeb().awaitOutput("Serving", PATIENCE);
    startSsh().awaitOutput("listening", PATIENCE);
    start("iperf3", "-s", "-p", Integer.toString(LOAD_PORT), "--forceflush")
        .awaitOutput("listening", PATIENCE);
    database.awaitOutput("ready to accept connections", PATIENCE);
  }

  private RunningProgram startWeb() throws IOException {
    return start(
        System.getProperty("java.home") + "/bin/jwebserver",
        "-b",
        Room.APPLICATION_ADDRESS,
        "-p",
        Integer.toString(WEB_PORT),
        "-d",
        folder.resolve("www").toString());
  }

  private RunningProgram startSsh() throws Exception {
    for (String name : List.of("host_key", "user_key")) {
      String file = folder.resolve(name).toString();
      RunningProgram.run(PATIENCE, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file);
    }
    List<String> command = new ArrayList<>();
    if (!"root".equals(System.getProperty("user.name"))) {
      // We seem to be root here, and root's server changes to the user of each session, which the
      // kernel refuses. As oneself it need not.
      Object uid = Files.getAttribute(folder, "unix:uid");
      Object gid = Files.getAttribute(folder, "unix:gid");
      command.addAll(List.of("unshare", "--user", "--map-user=" + uid, "--map-group=" + gid));
    }
    command.addAll(List.of("/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null"));
    command.addAll(List.of("-p", Integer.toString(SSH_PORT), "-h"));
    command.add(folder.resolve("host_key").toString());
    for (String option :
        List.of(
            "ListenAddress=" + Room.APPLICATION_ADDRESS,
            "AuthorizedKeysFile=" + folder.resolve("user_key.pub"),
            "StrictModes=no",
            "UsePAM=no",
            "PermitRootLogin=prohibit-password",
            "Subsystem=sftp internal-sftp",
            "PidFile=none")) {
      command.addAll(List.of("-o", option));
    }
    return start(command.toArray(String[]::new));
  }

  private RunningProgram start(String... command) throws IOException {
    return networks.start(Room.VPC_A, command);
  }

  /** The programs of the embedded PostgreSQL, which the broker has unpacked. */
  static Path postgresPrograms(Path brokerFolder) throws IOException {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path home = Path.of(System.getProperty("user.home"), ".cache");
    for (Path place :
        List.of(
            brokerFolder, (cache == null ? home : Path.of(cache)).resolve("postern/postgres"))) {
      if (Files.isDirectory(place)) {
        try (Stream<Path> files = Files.walk(place, 4)) {
          var found = files.filter(each -> each.endsWith("bin/initdb")).findFirst();
          if (found.isPresent()) {
            return found.get().resolveSibling("");
          }
        }
      }
    }
    throw new IOException("the broker has unpacked no PostgreSQL");
  }
}
