package org.postern.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.postern.demo.Proofs.Evidence;

/** What happens to live flows when policy changes, and when parts are killed. */
final class CutProofs {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration PROMPT = Duration.ofSeconds(3);
  private static final Duration BROKER_LOST = Duration.ofSeconds(15);

  /** A connector that the broker loses is waited for three seconds: it might only have moved. */
  private static final Duration CONNECTOR_LOST = Duration.ofSeconds(5);

  private static final Duration RECOVERY = Duration.ofSeconds(60);

  private final Scene scene;
  private final Await await;
  private final Layout.App wiki;

  CutProofs(Scene scene, Await await) {
    this.scene = scene;
    this.await = await;
    this.wiki = scene.layout().wiki();
  }

  void proveAll(Proofs proofs) {
    proofs.prove("deleting the rule cuts the live flow, and status says why", this::ruleDeleted);
    proofs.proveApart(
        "kill -9 of the client connector leaves resolv.conf as it was, private names gone; it"
            + " works when started again",
        this::clientKilled);
    proofs.prove(
        "kill -9 of the app connector resets the flow at both ends, and all reconnects",
        this::connectorKilled);
    proofs.prove(
        "kill -9 of the broker ends the flow at both ends, and all reconnects", this::brokerKilled);
  }

  private void hold(String name) throws DemoException {
    scene
        .user()
        .call("hold", Map.of("name", name, "host", wiki.host(), "port", wiki.port()), LIMIT);
  }

  private JsonNode held(String name, Duration limit) throws DemoException {
    return scene
        .user()
        .call("held", Map.of("name", name, "millis", limit.toMillis()), limit.plus(LIMIT));
  }

  /** Until a page comes through; how long that took, milliseconds. */
  private long works(long since) throws DemoException {
    await.untilTrue(
        "the wiki answers again",
        RECOVERY,
        () -> {
          scene
              .user()
              .call("get", Map.of("host", wiki.host(), "port", wiki.port(), "path", "/"), LIMIT);
          return true;
        });
    return await.millisSince(since);
  }

  private Evidence ruleDeleted() throws DemoException {
    hold("rule");
    long start = await.now();
    scene.apply("policy-without-rule.yaml");
    long applied = await.now();
    JsonNode end = held("rule", PROMPT);
    boolean cut = end.path("ended").asBoolean();
    long afterStart = (end.path("endedNanos").asLong() - start) / 1_000_000;
    Optional<String> reason = cut ? reason() : Optional.empty();
    boolean gone =
        !scene.ground().apart()
            || scene.postern().tool(Room.USER, "getent", "ahostsv4", wiki.host()).code() != 0;
    scene.apply("policy.yaml");
    long back = works(await.now());
    return new Evidence(
        cut && reason.isPresent() && gone,
        "the flow %s %d ms after the command was typed (which took %d ms): %s; status: %s; the name is %s; back %d ms after the rule"
            .formatted(
                cut ? "ended" : "LIVES",
                cut ? afterStart : 0,
                (applied - start) / 1_000_000,
                end.path("how").asText(),
                reason.orElse("no reason shown"),
                gone ? "gone" : "still there",
                back));
  }

  private Optional<String> reason() throws DemoException {
    try {
      return Optional.of(
          await.until(
              "status shows why the flow ended",
              PROMPT,
              () -> {
                for (JsonNode each : scene.status().path("tunnel").path("ended")) {
                  if (each.path("target").asText().startsWith(wiki.host())
                      && each.path("target").asText().endsWith(":" + wiki.port())) {
                    return Optional.of(
                        "%s (%s)"
                            .formatted(each.path("reason").asText(), each.path("text").asText()));
                  }
                }
                return Optional.empty();
              }));
    } catch (DemoException e) {
      return Optional.empty();
    }
  }

  private Evidence clientKilled() throws DemoException {
    String during = scene.resolvConf();
    boolean pointed = !during.equals(scene.resolvConfBefore());
    long start = await.now();
    scene.client().kill();
    await.untilTrue(
        "resolv.conf is as it was",
        PROMPT,
        () -> scene.resolvConf().equals(scene.resolvConfBefore()));
    long restored = await.millisSince(start);
    boolean gone = scene.postern().tool(Room.USER, "getent", "ahostsv4", wiki.host()).code() != 0;
    String publicName =
        scene
            .postern()
            .tool(Room.USER, "getent", "ahostsv4", scene.layout().brokerHost())
            .text()
            .split("\\s+", 2)[0];
    long again = await.now();
    scene.startClient();
    long back = works(again);
    return new Evidence(
        pointed && gone && publicName.equals(scene.layout().brokerAddress()),
        "resolv.conf restored in %d ms, %s %s, public names resolve (%s); started again, works after %d ms"
            .formatted(
                restored, wiki.host(), gone ? "is unknown" : "STILL RESOLVES", publicName, back));
  }

  private Evidence connectorKilled() throws DemoException {
    hold("connector");
    long start = await.now();
    scene.connector().kill();
    JsonNode end = held("connector", CONNECTOR_LOST);
    Optional<Long> inside = insideEnded("connector", CONNECTOR_LOST);
    long again = await.now();
    scene.startConnector();
    long back = works(again);
    return bothEnds(end, inside, start, "the connector was started again, and nothing else", back);
  }

  private Evidence brokerKilled() throws DemoException {
    hold("broker");
    long start = await.now();
    scene.broker().kill();
    JsonNode end = held("broker", BROKER_LOST);
    Optional<Long> inside = insideEnded("broker", BROKER_LOST);
    long again = await.now();
    scene.startBroker();
    long back = works(again);
    return bothEnds(end, inside, start, "the broker was started again, and nothing else", back);
  }

  private static Evidence bothEnds(
      JsonNode end, Optional<Long> inside, long start, String what, long back) {
    boolean ended = end.path("ended").asBoolean();
    return new Evidence(
        ended && inside.isPresent(),
        "the user's end %s (%s), the application's end %s; %s: works after %d ms"
            .formatted(
                ended
                    ? "after " + (end.path("endedNanos").asLong() - start) / 1_000_000 + " ms"
                    : "LIVES",
                end.path("how").asText(),
                inside.map(at -> "after " + (at - start) / 1_000_000 + " ms").orElse("LIVES"),
                what,
                back));
  }

  private Optional<Long> insideEnded(String name, Duration limit) throws DemoException {
    try {
      return Optional.of(
          await.until(
              "the application saw the end",
              limit,
              () -> {
                JsonNode said = scene.vpc().call("ticksEnded", Map.of("name", name), LIMIT);
                return said.has("endedNanos")
                    ? Optional.of(said.path("endedNanos").asLong())
                    : Optional.empty();
              }));
    } catch (DemoException e) {
      return Optional.empty();
    }
  }
}
