package org.postern.broker.bootstrap;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;

/** The broker's own folder, locked for as long as the broker runs. */
final class DataDirectory implements AutoCloseable {
  private static final int ID_BYTES = 8;

  private final Path path;
  private final FileChannel lockFile;

  private DataDirectory(Path path, FileChannel lockFile) {
    this.path = path;
    this.lockFile = lockFile;
  }

  static DataDirectory lock(Path path) throws StartException {
    try {
      Files.createDirectories(path);
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
      FileChannel lockFile =
          FileChannel.open(
              path.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        FileLock lock = lockFile.tryLock();
        if (lock != null) {
          return new DataDirectory(path.toRealPath(), lockFile);
        }
      } catch (OverlappingFileLockException e) {
        // Held by this very process, which is as bad.
      }
      lockFile.close();
    } catch (IOException e) {
      throw new StartException(
          "cannot use the data directory %s: %s; expected a folder of this user's own"
              .formatted(path, e.getMessage()),
          e);
    }
    throw new StartException(
        "another broker runs on %s; stop it, or give this one a --data-dir of its own"
            .formatted(path));
  }

  Path path() {
    return path;
  }

  /** This broker's id, made once. */
  String brokerId() throws StartException {
    Path file = path.resolve("broker.id");
    try {
      if (!Files.exists(file)) {
        byte[] random = new byte[ID_BYTES];
        new SecureRandom().nextBytes(random);
        writePrivate(file, "b-" + HexFormat.of().formatHex(random) + "\n");
      }
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new StartException("cannot read or write " + file + ": " + e.getMessage(), e);
    }
  }

  /** Mode 0600, replaced whole. */
  static void writePrivate(Path file, String text) throws IOException {
    Path temporary =
        Files.createTempFile(
            file.toAbsolutePath().getParent(),
            "." + file.getFileName(),
            "",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(temporary, text.getBytes(StandardCharsets.UTF_8));
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void close() throws IOException {
    lockFile.close();
  }
}
