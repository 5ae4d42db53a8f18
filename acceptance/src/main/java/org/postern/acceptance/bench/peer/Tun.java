package org.postern.acceptance.bench.peer;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;
import org.postern.acceptance.ground.RunningProgram;

/**
 * Waits inside a room, by the shell there, because interfaces and addresses of a room are not to be
 * seen from outside.
 */
final class Tun {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private Tun() {}

  /** Until the device exists. */
  static void await(NetworkNamespaces networks, Room room, String device)
      throws IOException, InterruptedException {
    until(networks, room, "ip link show " + device);
  }

  /** Until the address answers. */
  static void awaitAnswer(NetworkNamespaces networks, Room room, String address)
      throws IOException, InterruptedException {
    until(networks, room, "ping -c 1 -W 1 " + address);
  }

  /** Until somebody listens on the TCP port. */
  static void awaitListening(NetworkNamespaces networks, Room room, int port)
      throws IOException, InterruptedException {
    until(networks, room, "ss -Hltn sport = :" + port + " | grep -q LISTEN");
  }

  private static void until(NetworkNamespaces networks, Room room, String condition)
      throws IOException, InterruptedException {
    String loop =
        "for i in $(seq 100); do "
            + condition
            + " >/dev/null 2>&1 && exit 0; sleep 0.1; done; "
            + condition;
    RunningProgram.run(LIMIT, networks.in(room, List.of("sh", "-c", loop)));
  }
}
