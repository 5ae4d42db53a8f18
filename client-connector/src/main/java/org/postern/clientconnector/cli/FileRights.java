package org.postern.clientconnector.cli;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.postern.clientconnector.local.system.ThreadRights;
import org.postern.identity.IdentityException;

/**
 * With whose rights the device's files are used: ours, or those of the user who called sudo. Under
 * sudo the files lie where that user may put links, so root must not follow them as root.
 */
final class FileRights {
  /** Those of this process. */
  static final FileRights OWN = new FileRights(Optional.empty());

  private final Optional<SudoUser> user;

  private FileRights(Optional<SudoUser> user) {
    this.user = user;
  }

  static FileRights of(SudoUser user) {
    return new FileRights(Optional.of(user));
  }

  /** What is done with files. */
  interface Work<T> {
    T run() throws IOException, IdentityException;
  }

  /** Does it and waits for it; with another user's rights on a thread that ends with it. */
  <T> T call(Work<T> work) throws IOException, IdentityException {
    if (user.isEmpty()) {
      return work.run();
    }
    SudoUser as = user.get();
    FutureTask<T> task =
        new FutureTask<>(() -> {
          ThreadRights.assume(as.uid(), as.gid());
          return work.run();
        });
    Thread.ofPlatform().name("files-of-" + as.uid()).daemon().start(task);
    try {
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (CancellationException e) {
      throw new IOException(e);
    } catch (ExecutionException e) {
      throw rethrown(e);
    }
  }

  private static IOException rethrown(ExecutionException e) throws IdentityException {
    return switch (e.getCause()) {
      case IdentityException identity -> throw identity;
      case IOException io -> io;
      case RuntimeException programming -> throw programming;
      case Error error -> throw error;
      case null, default -> new IOException(e);
    };
  }
}
