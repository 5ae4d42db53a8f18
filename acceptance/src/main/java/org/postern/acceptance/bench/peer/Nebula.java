package org.postern.acceptance.bench.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.Passage;
import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;
import org.postern.acceptance.ground.RunningProgram;

/**
 * The nearest overlay peer: certificates, a lighthouse in the cloud and a host in the user's room.
 */
public final class Nebula implements Passage {
  private static final Duration SHORT = Duration.ofSeconds(10);

  @Override
  public String label() {
    return "nebula";
  }

  @Override
  public Entrance open(BenchRun run, NetworkNamespaces networks) throws Exception {
    Path folder = run.folder(label());
    String ca = folder.resolve("ca").toString();
    RunningProgram.run(
        SHORT,
        "nebula-cert",
        "ca",
        "-name",
        "bench",
        "-out-crt",
        ca + ".crt",
        "-out-key",
        ca + ".key");
    start(networks, folder, Room.CLOUD, "10.92.0.2", true);
    start(networks, folder, Room.USER, "10.92.0.1", false);
    Tun.awaitAnswer(networks, Room.USER, "10.92.0.2");
    return new Entrance("10.92.0.2", SERVER_PORT, ASK_PORT, Room.CLOUD);
  }

  private static void start(
      NetworkNamespaces networks, Path folder, Room room, String address, boolean lighthouse)
      throws IOException, InterruptedException {
    String ca = folder.resolve("ca").toString();
    String own = folder.resolve(room.namespace()).toString();
    RunningProgram.run(
        SHORT,
        "nebula-cert",
        "sign",
        "-ca-crt",
        ca + ".crt",
        "-ca-key",
        ca + ".key",
        "-name",
        room.namespace(),
        "-ip",
        address + "/24",
        "-out-crt",
        own + ".crt",
        "-out-key",
        own + ".key");
    Path file = folder.resolve(room.namespace() + ".yml");
    Files.writeString(
        file,
        """
        pki: {ca: %s.crt, cert: %s.crt, key: %s.key}
        static_host_map: {"10.92.0.2": ["%s:4242"]}
        lighthouse: {am_lighthouse: %s, hosts: %s}
        listen: {host: %s, port: 4242, read_buffer: 10485760, write_buffer: 10485760}
        tun: {dev: neb-%s, mtu: 1300, tx_queue: 500}
        logging: {level: warning}
        firewall:
          outbound: [{port: any, proto: any, host: any}]
          inbound: [{port: any, proto: any, host: any}]
        """
            .formatted(
                ca,
                own,
                own,
                Room.CLOUD.address(),
                lighthouse,
                lighthouse ? "[]" : "[10.92.0.2]",
                room.address(),
                room.namespace()));
    networks.start(room, "nebula", "-config", file.toString());
  }
}
