package org.postern.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.postern.demo.Proofs.Evidence;

/** What goes through the tunnel arrives as it was sent. */
final class TrafficProofs {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration BULK = Duration.ofMinutes(5);
  private static final long GIBIBYTE = 1L << 30;
  private static final String QUESTION =
      "select count(*) || ' orders, the last is ' || max(id) from orders";
  private static final String ANSWER = "1000 orders, the last is 1000";

  private final Scene scene;
  private final Layout.App wiki;

  TrafficProofs(Scene scene) {
    this.scene = scene;
    this.wiki = scene.layout().wiki();
  }

  void proveAll(Proofs proofs) {
    proofs.prove("the page is byte-identical to the one inside the VPC", this::samePage);
    proofs.prove("1 GiB down has the same SHA-256 at both ends", () -> bulk("download", 1));
    proofs.prove("1 GiB up has the same SHA-256 at both ends", () -> bulk("upload", 2));
    proofs.prove("an ssh session works", this::ssh);
    proofs.prove("a psql session works", this::psql);
  }

  private Evidence samePage() throws DemoException {
    JsonNode inside =
        scene
            .vpc()
            .call("get", Map.of("host", wiki.address(), "port", wiki.port(), "path", "/"), LIMIT);
    JsonNode outside =
        scene
            .user()
            .call("get", Map.of("host", wiki.host(), "port", wiki.port(), "path", "/"), LIMIT);
    String curl = "but curl, the unmodified program, is missing (package curl)";
    boolean same = inside.path("sha256").equals(outside.path("sha256"));
    boolean present = Tools.find("curl").isPresent();
    if (present) {
      List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "20"));
      if (!scene.ground().apart()) {
        command.addAll(List.of("-x", "socks5h://127.0.0.1:" + scene.socksPort()));
      }
      command.add("http://%s:%d/".formatted(wiki.host(), wiki.port()));
      Postern.Said said = scene.postern().tool(Room.USER, command.toArray(String[]::new));
      boolean alike = said.text().strip().equals(inside.path("body").asText().strip());
      same &= alike && said.code() == 0;
      curl = alike ? "curl gets the same" : "curl got: " + said.text();
    }
    return new Evidence(
        verdict(same, present),
        "SHA-256 %s... inside, %s... through the tunnel, %d bytes; %s"
            .formatted(
                BulkStream.shown(inside.path("sha256").asText()),
                BulkStream.shown(outside.path("sha256").asText()),
                outside.path("bytes").asInt(),
                curl));
  }

  private Evidence bulk(String direction, long seed) throws DemoException {
    Map<String, Object> with = new HashMap<>();
    with.put("host", wiki.host());
    with.put("port", wiki.port());
    with.put("seed", seed);
    with.put("bytes", GIBIBYTE);
    JsonNode said = scene.user().call(direction, with, BULK);
    String sent = said.path("sent").asText();
    String received = said.path("received").asText();
    double seconds = said.path("nanos").asLong() / 1e9;
    return new Evidence(
        sent.equals(received) && !sent.isEmpty() && said.path("bytes").asLong() == GIBIBYTE,
        String.format(
            Locale.ROOT,
            "%d bytes, sent %s..., received %s..., %.1f s, %.0f MB/s with hashing",
            said.path("bytes").asLong(),
            BulkStream.shown(sent),
            BulkStream.shown(received),
            seconds,
            GIBIBYTE / 1e6 / seconds));
  }

  private Evidence ssh() throws DemoException {
    if (!scene.hasSsh()) {
      return Evidence.none(
          "sshd, ssh or ssh-keygen is missing (packages openssh-server and openssh-client)");
    }
    List<String> command = new ArrayList<>(SshServer.client(scene));
    command.add("echo logged in to $(echo $SSH_CONNECTION | cut -d' ' -f3,4)");
    Postern.Said said = scene.postern().tool(Room.USER, command.toArray(String[]::new));
    String wanted =
        "logged in to %s %d".formatted(scene.layout().git().address(), scene.layout().git().port());
    return new Evidence(
        said.code() == 0 && said.text().contains(wanted),
        "ssh ended with %d and printed: %s".formatted(said.code(), said.text()));
  }

  /** Without the program that the claim is about, what else was seen can only speak against it. */
  private static Proofs.Verdict verdict(boolean right, boolean complete) {
    if (!right) {
      return Proofs.Verdict.FAILED;
    }
    return complete ? Proofs.Verdict.PROVEN : Proofs.Verdict.NOT_PROVEN;
  }

  private Evidence psql() throws DemoException {
    Layout.App orders = scene.layout().orders();
    JsonNode rows =
        scene
            .user()
            .call(
                "sql",
                Map.of(
                    "host",
                    orders.host(),
                    "port",
                    orders.port(),
                    "database",
                    "postgres",
                    "text",
                    QUESTION),
                LIMIT);
    String driver = rows.path("rows").asText();
    boolean right = driver.equals(ANSWER);
    if (Tools.find("psql").isEmpty() || !scene.ground().apart()) {
      return new Evidence(
          verdict(right, false),
          "%s; the JDBC driver got: %s"
              .formatted(
                  scene.ground().apart()
                      ? "psql is missing (package postgresql-client)"
                      : "psql does not apply on loopback: it knows no proxy",
                  driver));
    }
    Postern.Said said =
        scene
            .postern()
            .tool(
                Room.USER,
                "psql",
                "-X",
                "-h",
                orders.host(),
                "-p",
                Integer.toString(orders.port()),
                "-U",
                "demo",
                "-Atc",
                QUESTION,
                "postgres");
    return new Evidence(
        right && said.code() == 0 && said.text().equals(ANSWER),
        "psql got: %s; the JDBC driver: %s".formatted(said.text(), driver));
  }
}
