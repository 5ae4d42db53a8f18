package org.postern.acceptance.bench.peer;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.Passage;
import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;
import org.postern.acceptance.ground.RunningProgram;

/**
 * OpenVPN over UDP, point to point, mutual TLS, AES-GCM, in user space as the kernel has no DCO
 * module here.
 */
public final class Openvpn implements Passage {
  private static final Duration SHORT = Duration.ofSeconds(20);

  @Override
  public String label() {
    return "openvpn";
  }

  @Override
  public Entrance open(BenchRun run, NetworkNamespaces networks) throws Exception {
    Path folder = run.folder(label());
    certificate(folder, "server");
    certificate(folder, "client");
    networks.start(
        Room.CLOUD,
        command(
            folder,
            "server",
            "client",
            "--local",
            Room.CLOUD.address(),
            "--tls-server",
            "--dh",
            "none",
            "--ifconfig",
            "10.93.0.2",
            "10.93.0.1"));
    RunningProgram client =
        networks.start(
            Room.USER,
            command(
                folder,
                "client",
                "server",
                "--tls-client",
                "--remote",
                Room.CLOUD.address(),
                "--ifconfig",
                "10.93.0.1",
                "10.93.0.2"));
    client.awaitOutput("Initialization Sequence Completed", SHORT);
    return new Entrance("10.93.0.2", SERVER_PORT, ASK_PORT, Room.CLOUD);
  }

  private static List<String> command(Path folder, String own, String other, String... more) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "openvpn",
                "--dev",
                "tun-" + own,
                "--dev-type",
                "tun",
                "--proto",
                "udp4",
                "--port",
                "1194",
                "--topology",
                "p2p",
                "--data-ciphers",
                "AES-128-GCM",
                "--cipher",
                "AES-128-GCM",
                "--sndbuf",
                "1048576",
                "--rcvbuf",
                "1048576",
                "--txqueuelen",
                "1000",
                "--cert",
                folder.resolve(own + ".pem").toString(),
                "--key",
                folder.resolve(own + ".key").toString(),
                "--ca",
                folder.resolve(other + ".pem").toString()));
    command.addAll(List.of(more));
    return command;
  }

  /** Self-signed, so that each side trusts exactly the other. */
  private static void certificate(Path folder, String name)
      throws IOException, InterruptedException {
    RunningProgram.run(
        SHORT,
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=" + name,
        "-keyout",
        folder.resolve(name + ".key").toString(),
        "-out",
        folder.resolve(name + ".pem").toString());
  }
}
