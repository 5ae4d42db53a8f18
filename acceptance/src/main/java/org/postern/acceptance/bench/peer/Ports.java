package org.postern.acceptance.bench.peer;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.postern.acceptance.ground.RunningProgram;

/** Knocks until somebody opens. */
public final class Ports {
  private static final Duration BETWEEN_KNOCKS = Duration.ofMillis(20);

  private Ports() {}

  /**
   * Waits until a connection to the address succeeds.
   *
   * @throws IOException when the program ended, or the time was over, before that
   */
  public static void awaitListening(
      RunningProgram program, InetSocketAddress address, Duration limit) throws IOException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (true) {
      try (Socket socket = new Socket()) {
        socket.connect(address, 1000);
        return;
      } catch (IOException refused) {
        if (!program.isAlive() || System.nanoTime() > deadline) {
          throw new IOException("nobody listens on " + address + ":\n" + program.output(), refused);
        }
      }
      LockSupport.parkNanos(BETWEEN_KNOCKS.toNanos());
    }
  }
}
