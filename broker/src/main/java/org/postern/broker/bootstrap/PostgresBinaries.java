package org.postern.broker.bootstrap;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/** The PostgreSQL programs that come with the broker, unpacked once for each version. */
final class PostgresBinaries {
  private static final int DIGEST_CHARACTERS = 12;
  private static final int EXECUTABLE_BITS = 0111;

  private PostgresBinaries() {}

  /**
   * The folder that holds {@code bin/postgres}, unpacked below {@code parent} when it is not there.
   *
   * @throws StartException when there are no programs for this processor
   */
  static Path unpack(Path parent) throws StartException {
    String archive = "/postgres-linux-" + architecture() + ".txz";
    try {
      Path home = parent.resolve("server-" + digest(archive));
      if (Files.isExecutable(home.resolve("bin/postgres"))) {
        return home;
      }
      Files.createDirectories(parent);
      Path unpacking = Files.createTempDirectory(parent, "unpacking-");
      extract(archive, unpacking);
      Files.setPosixFilePermissions(unpacking, PosixFilePermissions.fromString("rwxr-xr-x"));
      publish(unpacking, home);
      return home;
    } catch (IOException e) {
      throw new StartException(
          "cannot unpack PostgreSQL below %s: %s; check free space and permissions, or use"
                  .formatted(parent, e.getMessage())
              + " a server of your own with --database-url",
          e);
    }
  }

  private static void publish(Path unpacking, Path home) throws IOException {
    try {
      Files.move(unpacking, home, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      // Somebody else was first; theirs is the same.
      delete(unpacking);
      if (!Files.isExecutable(home.resolve("bin/postgres"))) {
        throw e;
      }
    }
  }

  private static String architecture() {
    return switch (System.getProperty("os.arch", "")) {
      case "amd64", "x86_64" -> "x86_64";
      case "aarch64" -> "arm_64";
      case String other -> other;
    };
  }

  private static InputStream open(String archive) throws IOException, StartException {
    InputStream stream = PostgresBinaries.class.getResourceAsStream(archive);
    if (stream == null) {
      throw new StartException(
          "no embedded PostgreSQL for this processor ("
              + archive
              + "); use a server of your own with --database-url jdbc:postgresql://...");
    }
    return new BufferedInputStream(stream);
  }

  private static String digest(String archive) throws IOException, StartException {
    try (DigestInputStream in =
        new DigestInputStream(open(archive), MessageDigest.getInstance("SHA-256"))) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
      return HexFormat.of()
          .formatHex(in.getMessageDigest().digest())
          .substring(0, DIGEST_CHARACTERS);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  private static void extract(String archive, Path target) throws IOException, StartException {
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(new XZCompressorInputStream(open(archive)))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path file = target.resolve(entry.getName()).normalize();
        if (!file.startsWith(target)) {
          throw new IOException("archive entry outside of its folder: " + entry.getName());
        }
        if (entry.isDirectory()) {
          Files.createDirectories(file);
          continue;
        }
        Files.createDirectories(file.resolveSibling("."));
        if (entry.isSymbolicLink()) {
          Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
        } else {
          Files.copy(tar, file);
          boolean executable = (entry.getMode() & EXECUTABLE_BITS) != 0;
          Files.setPosixFilePermissions(
              file, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
        }
      }
    }
  }

  static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    }
  }
}
