package org.postern.acceptance.bench.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.postern.acceptance.bench.Passage;
import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;
import org.postern.acceptance.ground.RunningProgram;

/** iperf3 as an unmodified program whose TCP connections take a passage. */
public final class Iperf {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Duration LIMIT = Duration.ofSeconds(20);

  private Iperf() {}

  /**
   * A server for one measurement, ended by closing it: after a connection that stalled, one that
   * stays would be busy for the next.
   */
  public static RunningProgram serve(NetworkNamespaces networks, Room room) throws Exception {
    return networks
        .start(room, "iperf3", "-s", "-p", Integer.toString(Passage.SERVER_PORT), "--forceflush")
        .awaitOutput("listening", Duration.ofSeconds(10));
  }

  /** Mbit/s that arrived, after one second of warm-up, from the user's room to the server. */
  public static double megabits(
      NetworkNamespaces networks, Passage.Entrance entrance, int flows, int seconds)
      throws Exception {
    List<String> command =
        networks.in(
            Room.USER,
            List.of(
                "iperf3",
                "-c",
                entrance.host(),
                "-p",
                Integer.toString(entrance.port()),
                "-P",
                Integer.toString(flows),
                "-O",
                "1",
                "-t",
                Integer.toString(seconds),
                "-J"));
    String output;
    try (RunningProgram server = serve(networks, entrance.serverRoom())) {
      output = RunningProgram.run(Duration.ofSeconds(seconds + 20L), command);
      assert server.isAlive();
    }
    JsonNode received = JSON.readTree(output).path("end").path("sum_received");
    if (received.isMissingNode()) {
      throw new IOException("iperf3 told no result:\n" + output);
    }
    return received.path("bits_per_second").asDouble() / 1e6;
  }

  /** A bulk connection that goes on until it is closed. */
  public static Bulk bulk(NetworkNamespaces networks, Passage.Entrance entrance) throws Exception {
    RunningProgram server = serve(networks, entrance.serverRoom());
    RunningProgram client =
        networks.start(
            Room.USER,
            "iperf3",
            "-c",
            entrance.host(),
            "-p",
            Integer.toString(entrance.port()),
            "-t",
            "600",
            "--forceflush");
    client.awaitOutput("Mbits/sec or Gbits/sec", text -> text.contains("bits/sec"), LIMIT);
    return new Bulk(client, server);
  }

  /** Closing ends the connection. */
  public record Bulk(RunningProgram client, RunningProgram server) implements AutoCloseable {
    /** A bulk flow that broke off would make its neighbours look good. */
    public void assertRunning() {
      if (!client.isAlive()) {
        throw new IllegalStateException("the bulk flow ended:\n" + client.output());
      }
    }

    @Override
    public void close() {
      client.close();
      server.close();
    }
  }
}
