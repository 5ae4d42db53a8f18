package org.postern.demo;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** One run of the whole cast, with the ground and the folder under it; it leaves nothing behind. */
final class Stage implements AutoCloseable {
  private final @Nullable Path logs;
  private @Nullable WorkFolder folder;
  private @Nullable Ground ground;
  private @Nullable Scene scene;
  private boolean closed;

  /**
   * An empty one.
   *
   * @param logs where the logs of all processes go at the end, or null
   */
  Stage(@Nullable Path logs) {
    this.logs = logs;
  }

  /**
   * Starts everything; blocking. What was started when it fails is taken away by {@link #close}.
   */
  Scene start(Teller teller, Await await, boolean loopback) throws DemoException {
    WorkFolder own = WorkFolder.create(Path.of(System.getProperty("java.io.tmpdir")));
    folder = own;
    Ground below = new Tools(teller, own.path()).ground(loopback);
    ground = below;
    teller.tell("ground: " + below.words());
    Path home = Path.of(System.getProperty("postern.home", ".")).toAbsolutePath();
    Scene playing = new Scene(below, home, own.path(), await, teller);
    scene = playing;
    playing.start();
    return playing;
  }

  /** Once, by whoever comes first: the end of the command, or a signal. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (scene != null) {
      scene.close();
    }
    if (ground != null) {
      ground.close();
    }
    // Whatever was just being started when the signal came.
    ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
    if (folder != null) {
      if (logs != null) {
        folder.copyLogs(logs);
      }
      folder.close();
    }
  }
}
