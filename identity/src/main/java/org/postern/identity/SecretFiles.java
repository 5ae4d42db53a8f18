package org.postern.identity;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;

/** Files that only their owner reads, replaced whole and durably. */
final class SecretFiles {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> OWNER_ONLY_DIRECTORY =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> OTHERS =
      PosixFilePermissions.fromString("---rwxrwx");

  private SecretFiles() {}

  static boolean exists(Path file) {
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
  }

  static void ensureDirectory(Path directory) throws IdentityException {
    try {
      Files.createDirectories(
          directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY_DIRECTORY));
    } catch (IOException e) {
      throw new IdentityException(
          "cannot make directory " + directory + "; check its parent's permissions", e);
    }
  }

  static String readPrivate(Path file) throws IdentityException {
    try {
      Set<PosixFilePermission> open = EnumSet.copyOf(OTHERS);
      open.retainAll(Files.getPosixFilePermissions(file));
      if (!open.isEmpty()) {
        throw new IdentityException(
            file + " can be read or written by others; expected mode 0600: chmod 600 " + file);
      }
      return read(file);
    } catch (NoSuchFileException e) {
      throw new IdentityException("there is no file " + file, e);
    } catch (IOException e) {
      throw new IdentityException("cannot read " + file + "; check its owner and mode", e);
    }
  }

  static String read(Path file) throws IOException, IdentityException {
    if (Files.size(file) > IdentityLimits.MAX_PEM_BYTES) {
      throw new IdentityException(
          file
              + " has more than "
              + IdentityLimits.MAX_PEM_BYTES
              + " bytes; is it the right file?");
    }
    return Files.readString(file, StandardCharsets.UTF_8);
  }

  /** Writes beside, flushes to the disk, renames over: a reader sees the old or the new text. */
  static void replace(Path file, String text) throws IdentityException {
    Path target = file.toAbsolutePath();
    Path temporary = target.resolveSibling(target.getFileName() + "." + UUID.randomUUID());
    try {
      try {
        writeNew(temporary, text);
        Files.move(
            temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        flushDirectory(target);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw new IdentityException(
          "cannot write " + file + "; check free space and the directory's permissions", e);
    }
  }

  /** Makes a file that must not exist; of several that try at once, the first wins. */
  static void createOnce(Path file, String text) throws IdentityException {
    Path target = file.toAbsolutePath();
    Path parent = target.getParent();
    if (parent != null) {
      ensureDirectory(parent);
    }
    Path temporary = target.resolveSibling(target.getFileName() + "." + UUID.randomUUID());
    try {
      try {
        writeNew(temporary, text);
        Files.createLink(target, temporary);
        flushDirectory(target);
      } catch (FileAlreadyExistsException e) {
        // Another process was first; its file is as good as ours.
        return;
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw new IdentityException(
          "cannot write " + file + "; check free space and the directory's permissions", e);
    }
  }

  private static void writeNew(Path file, String text) throws IOException {
    Set<StandardOpenOption> options =
        EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    FileAttribute<Set<PosixFilePermission>> mode = PosixFilePermissions.asFileAttribute(OWNER_ONLY);
    try (FileChannel channel = FileChannel.open(file, options, mode)) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
  }

  private static void flushDirectory(Path file) throws IOException {
    Path parent = file.getParent();
    if (parent != null) {
      try (FileChannel directory = FileChannel.open(parent, StandardOpenOption.READ)) {
        directory.force(true);
      }
    }
  }
}
