package org.postern.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/** What every agent can do on the network of its room. Blocking. */
final class NetworkActions {
  private static final Duration DNS_PATIENCE = Duration.ofSeconds(5);
  private static final int BODY_SHOWN_MAX = 4096;
  private static final int MESSAGE_BYTES_MAX = 4096;

  private final Network network;
  private final LongSupplier nanoTime;
  private final Map<String, HeldStream> held = new ConcurrentHashMap<>();

  NetworkActions(Network network, LongSupplier nanoTime) {
    this.network = network;
    this.nanoTime = nanoTime;
  }

  Map<String, AgentAction> actions() {
    Map<String, AgentAction> actions = new HashMap<>();
    actions.put("resolve", this::resolve);
    actions.put("race", this::race);
    actions.put("get", this::get);
    actions.put("download", this::download);
    actions.put("upload", this::upload);
    actions.put("connect", this::connect);
    actions.put("hold", this::hold);
    actions.put("held", this::held);
    actions.put("sql", NetworkActions::sql);
    return actions;
  }

  private static final class Answered {
    private final byte[] message;
    private final long nanos;

    Answered(byte[] message, long nanos) {
      this.message = message;
      this.nanos = nanos;
    }
  }

  private Answered ask(String server, int port, String name) throws IOException {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.setSoTimeout((int) DNS_PATIENCE.toMillis());
      socket.connect(new InetSocketAddress(InetAddress.ofLiteral(server), port));
      int id = ThreadLocalRandom.current().nextInt(1 << 16);
      byte[] query = DnsMessage.query(id, name, DnsMessage.TYPE_A);
      byte[] buffer = new byte[MESSAGE_BYTES_MAX];
      DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
      long start = nanoTime.getAsLong();
      socket.send(new DatagramPacket(query, query.length));
      socket.receive(packet);
      long took = nanoTime.getAsLong() - start;
      return new Answered(Arrays.copyOf(buffer, packet.getLength()), took);
    }
  }

  private Map<String, ?> resolve(JsonNode with) throws IOException {
    Answered answered =
        ask(with.path("server").asText(), with.path("port").asInt(53), with.path("name").asText());
    return Map.of(
        "rcode", DnsMessage.rcode(answered.message),
        "addresses", DnsMessage.addresses(answered.message));
  }

  /** Two kinds of names that must look alike, asked in turns, each a name never asked before. */
  private Map<String, ?> race(JsonNode with) throws IOException {
    String server = with.path("server").asText();
    String[] suffixes = {with.path("forbidden").asText(), with.path("nonsense").asText()};
    int count = with.path("count").asInt();
    String run = Integer.toString(ThreadLocalRandom.current().nextInt(1 << 20, 1 << 24), 36);
    long[][] nanos = new long[2][count];
    int differing = 0;
    for (int i = -count / 10; i < count; i++) {
      byte[][] told = new byte[2][];
      for (int turn = 0; turn < 2; turn++) {
        int kind = (i & 1) == 0 ? turn : 1 - turn;
        String label = "n%04d%s".formatted(i + count, run);
        Answered answered = ask(server, 53, label + "." + suffixes[kind]);
        told[kind] = DnsMessage.tellingPart(answered.message);
        if (i >= 0) {
          nanos[kind][i] = answered.nanos;
        }
      }
      differing += Arrays.equals(told[0], told[1]) ? 0 : 1;
    }
    byte[] exact = DnsMessage.tellingPart(ask(server, 53, suffixes[0]).message);
    byte[] none = DnsMessage.tellingPart(ask(server, 53, suffixes[1]).message);
    differing += Arrays.equals(exact, none) ? 0 : 1;
    return Map.of(
        "forbiddenMicros",
        median(nanos[0]) / 1000.0,
        "nonsenseMicros",
        median(nanos[1]) / 1000.0,
        "differing",
        differing,
        "rcode",
        exact[1] & 0x0f);
  }

  private static long median(long[] values) {
    long[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private Map<String, ?> get(JsonNode with) throws IOException {
    byte[] body =
        network.get(
            with.path("host").asText(), with.path("port").asInt(), with.path("path").asText());
    return Map.of(
        "bytes",
        body.length,
        "sha256",
        BulkStream.hash(body),
        "body",
        body.length > BODY_SHOWN_MAX ? "" : new String(body, StandardCharsets.UTF_8));
  }

  private Map<String, ?> download(JsonNode with) throws IOException {
    String host = with.path("host").asText();
    int port = with.path("port").asInt();
    String seed = with.path("seed").asText();
    long start = nanoTime.getAsLong();
    BulkStream.Read read;
    try (Socket socket = network.connect(host, port)) {
      Network.request(
          socket, "GET", "/bulk?seed=" + seed + "&bytes=" + with.path("bytes").asText(), host, -1);
      read = BulkStream.read(Network.body(socket));
    }
    long took = nanoTime.getAsLong() - start;
    String sent = new String(network.get(host, port, "/sent?seed=" + seed), StandardCharsets.UTF_8);
    return Map.of("bytes", read.bytes(), "received", read.sha256(), "sent", sent, "nanos", took);
  }

  private Map<String, ?> upload(JsonNode with) throws IOException {
    String host = with.path("host").asText();
    long bytes = with.path("bytes").asLong();
    long start = nanoTime.getAsLong();
    try (Socket socket = network.connect(host, with.path("port").asInt())) {
      Network.request(socket, "PUT", "/bulk", host, bytes);
      String sent = BulkStream.write(with.path("seed").asLong(), bytes, socket.getOutputStream());
      String[] said =
          new String(Network.body(socket).readAllBytes(), StandardCharsets.UTF_8).split(" ", 2);
      return Map.of(
          "bytes",
          Long.parseLong(said[0]),
          "received",
          said[1],
          "sent",
          sent,
          "nanos",
          nanoTime.getAsLong() - start);
    }
  }

  private Map<String, ?> connect(JsonNode with) {
    long start = nanoTime.getAsLong();
    String outcome;
    try (Socket socket =
        network.connect(
            with.path("host").asText(),
            with.path("port").asInt(),
            with.path("patience").asInt(Network.CONNECT_MILLIS))) {
      outcome = "connected to " + socket.getRemoteSocketAddress();
    } catch (IOException e) {
      outcome = e.getMessage() == null ? e.toString() : e.getMessage();
    }
    return Map.of("outcome", outcome, "millis", (nanoTime.getAsLong() - start) / 1_000_000);
  }

  private Map<String, ?> hold(JsonNode with) throws IOException {
    String name = with.path("name").asText();
    String host = with.path("host").asText();
    Socket socket = network.connect(host, with.path("port").asInt());
    Network.request(socket, "GET", "/ticks?name=" + name, host, -1);
    InputStream body = Network.body(socket);
    HeldStream stream = new HeldStream(socket, body, nanoTime);
    held.put(name, stream);
    return stream.awaitFirst();
  }

  private Map<String, ?> held(JsonNode with) throws InterruptedException {
    HeldStream stream = held.get(with.path("name").asText());
    return stream == null
        ? Map.of("ended", false)
        : stream.awaitEnd(Duration.ofMillis(with.path("millis").asLong()));
  }

  private static Map<String, ?> sql(JsonNode with) throws SQLException {
    String url =
        "jdbc:postgresql://%s:%d/%s?user=demo&connectTimeout=10&socketTimeout=30"
            .formatted(
                with.path("host").asText(),
                with.path("port").asInt(),
                with.path("database").asText());
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      StringBuilder rows = new StringBuilder();
      if (statement.execute(with.path("text").asText())) {
        try (ResultSet result = statement.getResultSet()) {
          while (result.next()) {
            rows.append(rows.isEmpty() ? "" : "\n").append(result.getString(1));
          }
        }
      }
      return Map.of("rows", rows.toString());
    }
  }
}
