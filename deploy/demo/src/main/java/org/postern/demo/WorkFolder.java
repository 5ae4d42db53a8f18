package org.postern.demo;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A temporary folder that is gone afterwards. It is locked while its run lives, so that a later run
 * can tell what a killed one left behind, and takes it away.
 */
final class WorkFolder implements AutoCloseable {
  private static final String PREFIX = "postern-demo-";
  private static final String LOCK = "lock";

  private final Path path;
  private final FileChannel channel;

  private WorkFolder(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /** Makes one below the parent, after clearing what dead runs left there. */
  static WorkFolder create(Path parent) throws DemoException {
    try {
      clearLeftovers(parent);
      Path path = Files.createTempDirectory(parent, PREFIX);
      FileChannel channel =
          FileChannel.open(
              path.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      FileLock lock = channel.lock();
      assert lock.isValid();
      return new WorkFolder(path, channel);
    } catch (IOException e) {
      throw new DemoException("cannot work in " + parent + ": " + e.getMessage(), e);
    }
  }

  /** Deletes the folders of runs that are dead. */
  static void clearLeftovers(Path parent) throws IOException {
    List<Path> old;
    try (Stream<Path> entries = Files.list(parent)) {
      old =
          entries
              .filter(each -> each.getFileName().toString().startsWith(PREFIX))
              .filter(Files::isDirectory)
              .filter(Files::isWritable)
              .toList();
    }
    for (Path each : old) {
      if (isDead(each.resolve(LOCK))) {
        delete(each);
      }
    }
  }

  /** A folder without a lock is being made this moment, or is not ours. */
  private static boolean isDead(Path lockFile) {
    if (!Files.isWritable(lockFile)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
        @Nullable FileLock lock = channel.tryLock()) {
      return lock != null;
    } catch (IOException | java.nio.channels.OverlappingFileLockException e) {
      return false;
    }
  }

  Path path() {
    return path;
  }

  /** Copies what the processes said. */
  void copyLogs(Path target) {
    try (Stream<Path> files = Files.list(path)) {
      Files.createDirectories(target);
      for (Path file : files.filter(each -> each.toString().endsWith(".log")).toList()) {
        Files.copy(file, target.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      System.err.println("could not keep the logs in " + target + ": " + e.getMessage());
    }
  }

  private static void delete(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e)
              throws IOException {
            Files.deleteIfExists(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  @Override
  public void close() {
    try {
      delete(path);
      channel.close();
    } catch (IOException e) {
      System.err.println("could not delete " + path + ": " + e.getMessage());
    }
  }
}
