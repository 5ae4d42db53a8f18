package org.postern.clientconnector.local.resolver;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.system.Commands;

/**
 * What must be undone on this machine, as a shell script that is written before the first change.
 * There is one way to undo, whatever the end was: a watchdog, a shell that holds a pipe to us, runs
 * the script when the pipe breaks. After an orderly end we break it; after a kill -9 the kernel
 * does; and after a reboot, or if the watchdog was killed too, the next start runs the script
 * first.
 *
 * <p>Blocks; used by one thread at a time.
 */
public final class UndoJournal implements Closeable {

  private static final String SCRIPT = "undo.sh";
  private static final String WATCHDOG_PID = "watchdog.pid";
  private static final long UNDO_SECONDS_MAX = 20;

  /** Where nft and resolvconf are, whatever path we were started with. */
  private static final String WITH_SBIN =
      "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH\n";

  /** It must outlive whatever ends us: a Ctrl-C reaches the whole process group. */
  private static final String WATCHDOG =
      "trap '' INT TERM HUP QUIT; while read -r _; do :; done; cd \"$0\" || exit 0; mv undo.sh"
          + " undo.running || exit 0; sh ./undo.running; rm -f undo.running watchdog.pid";

  private final Path directory;
  private final FileChannel lockFile;
  private final Deque<String> steps = new ArrayDeque<>();
  private @Nullable Process watchdog;

  private UndoJournal(Path directory, FileChannel lockFile) {
    this.directory = directory;
    this.lockFile = lockFile;
  }

  /**
   * Takes the directory for this process, and undoes what an earlier one left behind.
   *
   * @param directory made with mode 0700 if it does not exist
   * @throws IOException if another process holds it, or somebody else could have written into it
   */
  public static UndoJournal open(Path directory, Commands commands) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(directory.toAbsolutePath().getParent());
      Files.createDirectory(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    requirePrivate(directory);
    FileChannel lockFile =
        FileChannel.open(
            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (!tryLock(lockFile)) {
        throw new IOException(
            "another client connector uses " + directory + " (stop it first: postern down)");
      }
      awaitWatchdog(directory);
      Path leftover = directory.resolve(SCRIPT);
      Path interrupted = directory.resolve("undo.running");
      for (Path script : List.of(interrupted, leftover)) {
        if (Files.exists(script)) {
          commands.run("", List.of("sh", script.toString()));
          Files.deleteIfExists(script);
        }
      }
      return new UndoJournal(directory, lockFile);
    } catch (IOException e) {
      lockFile.close();
      throw e;
    }
  }

  /** Where files that the script needs may be kept. */
  public Path directory() {
    return directory;
  }

  /**
   * Adds a step before its change is made. The step that was added last is undone first; each must
   * be harmless if its change never happened.
   *
   * @param shell lines for /bin/sh, run in {@link #directory()}
   */
  public void add(String shell) throws IOException {
    steps.push(shell);
    StringBuilder script =
        new StringBuilder(WITH_SBIN).append("cd ").append(quote(directory.toString()));
    script.append(" || exit 1\n");
    steps.forEach(step -> script.append(step).append('\n'));
    write(SCRIPT, script.toString().getBytes(StandardCharsets.UTF_8));
    if (watchdog == null) {
      startWatchdog();
    }
  }

  /** Keeps a file beside the script; replaced as a whole. */
  public void write(String name, byte[] content) throws IOException {
    Path fresh = directory.resolve(name + ".new");
    Files.write(fresh, content);
    Files.move(fresh, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /** A word for /bin/sh that means these characters and nothing else. */
  public static String quote(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }

  /** Undoes everything, and waits for it. */
  @Override
  public void close() throws IOException {
    Process running = watchdog;
    watchdog = null;
    try {
      if (running != null) {
        running.getOutputStream().close();
        if (!running.waitFor(UNDO_SECONDS_MAX, TimeUnit.SECONDS)) {
          throw new IOException(
              "undoing takes too long (look at " + directory.resolve("undo.running") + ")");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lockFile.close();
    }
  }

  private void startWatchdog() throws IOException {
    Process started =
        new ProcessBuilder("/bin/sh", "-c", WATCHDOG, directory.toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    watchdog = started;
    write(WATCHDOG_PID, Long.toString(started.pid()).getBytes(StandardCharsets.US_ASCII));
  }

  private static boolean tryLock(FileChannel lockFile) throws IOException {
    try {
      FileLock lock = lockFile.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // this very process holds it
    }
  }

  /** The script is run with our privileges: nobody else may have been able to write it. */
  private static void requirePrivate(Path directory) throws IOException {
    PosixFileAttributes attributes =
        Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    String mode = PosixFilePermissions.toString(attributes.permissions());
    boolean own = attributes.owner().equals(Files.getOwner(Path.of("/proc/self")));
    if (!attributes.isDirectory() || !own || !mode.endsWith("------")) {
      throw new IOException(
          directory + " is not private: " + mode + " (expected: our own directory with mode 0700)");
    }
  }

  private static boolean watches(long pid, Path directory) throws IOException {
    return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"))
        .contains(directory.toString());
  }

  /** A watchdog of an earlier process may still be at work. */
  private static void awaitWatchdog(Path directory) throws IOException {
    Path file = directory.resolve(WATCHDOG_PID);
    if (!Files.exists(file)) {
      return;
    }
    try {
      long pid = Long.parseLong(Files.readString(file).strip());
      ProcessHandle handle = ProcessHandle.of(pid).orElse(null);
      if (handle != null && watches(pid, directory)) {
        handle.onExit().get(UNDO_SECONDS_MAX, TimeUnit.SECONDS);
      }
    } catch (NumberFormatException | IOException | ExecutionException e) {
      // It is gone, and its script with it, or the script is still there and run next.
    } catch (TimeoutException e) {
      throw new IOException("the watchdog of an earlier process does not end: see " + file, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    Files.deleteIfExists(file);
  }
}
