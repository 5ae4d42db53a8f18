package org.postern.broker.bootstrap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One embedded database on disk:
 *
 * <pre>
 * FOLDER/data         PostgreSQL's own
 * FOLDER/password     of the role that the broker uses, mode 0600
 * FOLDER/log          a file for each day of the week
 * FOLDER/startup.log  what was said before the log was there
 * FOLDER/server-*     the programs
 * </pre>
 *
 * Blocking. One process at a time; the caller holds the data directory's lock.
 */
final class PostgresCluster {
  static final String ROLE = "postern";
  static final int MAJOR_VERSION = 18;
  private static final int PASSWORD_BYTES = 24;
  private static final long INITDB_SECONDS = 120;

  private final Path folder;
  private final Path home;

  PostgresCluster(Path folder, Path home) {
    this.folder = folder;
    this.home = home;
  }

  Path folder() {
    return folder;
  }

  Path data() {
    return folder.resolve("data");
  }

  Path startupLog() {
    return folder.resolve("startup.log");
  }

  /** Makes the cluster if there is none; refuses one of another major version. */
  void prepare() throws StartException {
    try {
      Files.createDirectories(folder);
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
      if (!Files.exists(data())) {
        create();
      }
      String version = Files.readString(data().resolve("PG_VERSION")).strip();
      if (!version.equals(Integer.toString(MAJOR_VERSION))) {
        throw new StartException(
            "%s was made by PostgreSQL %s (expected: %d); dump it with that version and load it"
                    .formatted(data(), version, MAJOR_VERSION)
                + " into a new data directory");
      }
    } catch (IOException e) {
      throw new StartException(
          "cannot prepare the database in %s: %s; check its owner, mode and free space"
              .formatted(folder, e.getMessage()),
          e);
    }
  }

  /** Into a folder beside it, renamed when whole, so that a crash leaves no half cluster. */
  private void create() throws IOException, StartException {
    Path fresh = folder.resolve("data.new");
    if (Files.exists(fresh)) {
      PostgresBinaries.delete(fresh);
    }
    writePassword();
    List<String> command = unprivileged();
    command.addAll(
        List.of(
            program("initdb"),
            "--pgdata=" + fresh,
            "--username=" + ROLE,
            "--pwfile=" + passwordFile(),
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--data-checksums"));
    Process initdb = builder(command).start();
    initdb.getOutputStream().close();
    try {
      if (!initdb.waitFor(INITDB_SECONDS, TimeUnit.SECONDS) || initdb.exitValue() != 0) {
        initdb.destroyForcibly();
        throw new StartException("initdb failed: " + tail(startupLog()));
      }
    } catch (InterruptedException e) {
      initdb.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new StartException("interrupted while making the database", e);
    }
    Files.move(fresh, data(), StandardCopyOption.ATOMIC_MOVE);
  }

  private Path passwordFile() {
    return folder.resolve("password");
  }

  private void writePassword() throws IOException {
    byte[] random = new byte[PASSWORD_BYTES];
    new SecureRandom().nextBytes(random);
    Files.deleteIfExists(passwordFile());
    Files.createFile(
        passwordFile(),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(
        passwordFile(),
        Base64.getUrlEncoder().withoutPadding().encodeToString(random) + "\n",
        StandardOpenOption.WRITE);
  }

  String password() throws StartException {
    try {
      return Files.readString(passwordFile()).strip();
    } catch (IOException e) {
      throw new StartException(
          "cannot read the database's password from %s; restore the file from a backup"
              .formatted(passwordFile()),
          e);
    }
  }

  ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
    builder.environment().put("LC_ALL", "C");
    builder.directory(folder.toFile());
    builder.redirectErrorStream(true);
    builder.redirectOutput(startupLog().toFile());
    return builder;
  }

  /** The server's command line, without what makes it unprivileged. */
  List<String> server(int port, int connectionsMax) {
    List<String> command = unprivileged();
    command.addAll(List.of(program("postgres"), "-D", data().toString()));
    for (String setting :
        List.of(
            "listen_addresses=127.0.0.1",
            "port=" + port,
            "unix_socket_directories=",
            "max_connections=" + connectionsMax,
            "shared_buffers=64MB",
            "password_encryption=scram-sha-256",
            "logging_collector=on",
            "log_directory=" + folder.resolve("log"),
            "log_filename=postgresql-%u.log",
            "log_truncate_on_rotation=on",
            "log_rotation_age=1d",
            "log_rotation_size=0",
            "log_file_mode=0600",
            "log_parameter_max_length_on_error=0",
            "timezone=UTC")) {
      command.add("-c");
      command.add(setting);
    }
    return command;
  }

  private String program(String name) {
    return home.resolve("bin").resolve(name).toString();
  }

  /**
   * PostgreSQL refuses to run as root, rightly. In a user namespace of its own it has no privilege
   * and still owns its files.
   */
  private static List<String> unprivileged() {
    List<String> command = new ArrayList<>();
    if (isRoot()) {
      command.addAll(List.of("unshare", "--user"));
    }
    return command;
  }

  static boolean isRoot() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid") instanceof Integer uid
          && uid == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** A server of this cluster that an earlier broker left running. */
  Optional<ProcessHandle> leftBehind() {
    Path pidFile = data().resolve("postmaster.pid");
    try {
      String first = Files.readString(pidFile).lines().findFirst().orElse("").strip();
      Optional<ProcessHandle> handle = ProcessHandle.of(Long.parseLong(first));
      return handle.filter(process -> process.isAlive() && isOurs(process));
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** A number in a file may be another program's by now: its command line has to name our data. */
  private boolean isOurs(ProcessHandle process) {
    try {
      String commandLine = Files.readString(Path.of("/proc", "" + process.pid(), "cmdline"));
      return commandLine.contains(data().toString());
    } catch (IOException e) {
      return false;
    }
  }

  /** Nobody runs on this data any more: what the last one left does not bind the next. */
  void forgetLeftBehind() throws StartException {
    try {
      Files.deleteIfExists(data().resolve("postmaster.pid"));
    } catch (IOException e) {
      throw new StartException("cannot remove the old postmaster.pid in " + data(), e);
    }
  }

  static String tail(Path log) {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join(" | ", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
    } catch (IOException e) {
      return "see " + log;
    }
  }
}
