package org.postern.acceptance.bench.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.Passage;
import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;
import org.postern.acceptance.ground.RunningProgram;

/** WireGuard in user space, one peer in the user's room and one in the cloud. */
public final class WireguardGo implements Passage {
  private static final Duration SHORT = Duration.ofSeconds(10);

  @Override
  public String label() {
    return "wireguard-go";
  }

  @Override
  public Entrance open(BenchRun run, NetworkNamespaces networks) throws Exception {
    Path folder = run.folder(label());
    String user = key(folder, "user");
    String cloud = key(folder, "cloud");
    raise(networks, Room.USER, "wg-user", "10.91.0.1/24");
    raise(networks, Room.CLOUD, "wg-cloud", "10.91.0.2/24");
    String userKey = folder.resolve("user").toString();
    String cloudKey = folder.resolve("cloud").toString();
    networks.run(
        Room.CLOUD,
        "wg",
        "set",
        "wg-cloud",
        "listen-port",
        "51820",
        "private-key",
        cloudKey,
        "peer",
        user,
        "allowed-ips",
        "10.91.0.1/32");
    networks.run(
        Room.USER,
        "wg",
        "set",
        "wg-user",
        "private-key",
        userKey,
        "peer",
        cloud,
        "allowed-ips",
        "10.91.0.2/32",
        "endpoint",
        Room.CLOUD.address() + ":51820");
    return new Entrance("10.91.0.2", SERVER_PORT, ASK_PORT, Room.CLOUD);
  }

  /** Makes a private key in a file and returns the public one. */
  private static String key(Path folder, String name) throws IOException, InterruptedException {
    Path file = folder.resolve(name);
    Files.writeString(file, RunningProgram.run(SHORT, "wg", "genkey"));
    return RunningProgram.run(SHORT, "sh", "-c", "wg pubkey < '" + file + "'").strip();
  }

  private static void raise(NetworkNamespaces networks, Room room, String device, String address)
      throws Exception {
    networks.start(room, List.of("env", "WG_PROCESS_FOREGROUND=1", "wireguard-go", "-f", device));
    Tun.await(networks, room, device);
    networks.run(room, "ip", "addr", "add", address, "dev", device);
    networks.run(room, "ip", "link", "set", device, "up");
  }
}
