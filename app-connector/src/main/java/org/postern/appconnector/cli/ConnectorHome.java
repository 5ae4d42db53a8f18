package org.postern.appconnector.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.postern.appconnector.enroll.Enrolled;
import org.postern.identity.CredentialStore;
import org.postern.identity.IdentityException;
import org.postern.tunnel.link.DialerConfig;

/**
 * The data directory (mode 0700): the identity, {@code broker.json} (where to dial), {@code
 * status.json} (what the running process is doing) and {@code lock} (one process at a time).
 * Blocking.
 */
final class ConnectorHome {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TUNNEL_PORT = 443;

  private final Path directory;
  private final CredentialStore store;

  ConnectorHome(Path directory) {
    this.directory = directory;
    this.store = new CredentialStore(directory);
  }

  Path directory() {
    return directory;
  }

  CredentialStore store() {
    return store;
  }

  void save(Enrolled enrolled) throws CommandFailure {
    try {
      prepare();
      // The identity last: it is what says that enrollment is complete.
      replace(
          "broker.json",
          JSON.createObjectNode()
              .put("host", enrolled.tunnelHost())
              .put("port", enrolled.tunnelPort()));
      store.save(enrolled.credential(), enrolled.trust());
    } catch (IOException | IdentityException e) {
      throw new CommandFailure(
          ExitCode.FAILED, "cannot write to " + directory + ": " + e.getMessage());
    }
  }

  Optional<CredentialStore.Stored> load() throws CommandFailure {
    try {
      return store.load();
    } catch (IdentityException e) {
      throw new CommandFailure(ExitCode.NOT_ENROLLED, String.valueOf(e.getMessage()));
    }
  }

  DialerConfig.Target broker() throws CommandFailure {
    Path file = directory.resolve("broker.json");
    try {
      JsonNode json = JSON.readTree(Files.readString(file, StandardCharsets.UTF_8));
      String host = json.path("host").asText();
      int port = json.path("port").asInt(TUNNEL_PORT);
      if (host.isEmpty() || port < 1 || port > 65_535) {
        throw new IOException("no host and port in it");
      }
      return new DialerConfig.Target(host, port);
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.NOT_ENROLLED, "cannot read " + file + ": " + e.getMessage() + "; enroll again");
    }
  }

  /** Takes the directory for this process, until it ends. */
  FileLock lock() throws CommandFailure {
    try {
      prepare();
      FileChannel channel =
          FileChannel.open(
              directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return lock;
      }
      channel.close();
    } catch (OverlappingFileLockException e) {
      // Told below.
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.FAILED, "cannot use " + directory + ": " + e.getMessage() + "; check its owner");
    }
    throw new CommandFailure(
        ExitCode.FAILED,
        "another connector is running with "
            + directory
            + "; each needs a --data-dir of its own (postern connector status shows it)");
  }

  void writeStatus(ObjectNode status) {
    try {
      replace("status.json", status);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Optional<JsonNode> readStatus() {
    try {
      return Optional.of(
          JSON.readTree(
              Files.readString(directory.resolve("status.json"), StandardCharsets.UTF_8)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  void deleteStatus() {
    try {
      Files.deleteIfExists(directory.resolve("status.json"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void prepare() throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private void replace(String name, ObjectNode json) throws IOException {
    Path beside = directory.resolve(name + ".new");
    Files.writeString(beside, json.toPrettyString() + "\n", StandardCharsets.UTF_8);
    Files.move(
        beside,
        directory.resolve(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }
}
