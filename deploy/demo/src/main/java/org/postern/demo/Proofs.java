package org.postern.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Claims with their evidence, told as they come. */
final class Proofs {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Scene scene;
  private final Await await;
  private final Teller teller;
  private final long start;
  private final List<Proof> proofs = new ArrayList<>();

  Proofs(Scene scene, Await await, Teller teller) {
    this.scene = scene;
    this.await = await;
    this.teller = teller;
    this.start = await.now();
  }

  /** What was measured, and whether it bears the claim. */
  record Evidence(boolean holds, String text) {}

  private record Proof(String claim, Evidence evidence) {}

  /** Looks for evidence. */
  interface Search {
    Evidence find() throws Exception;
  }

  /** Tries to prove a claim; a failure on the way is evidence against it. */
  void prove(String claim, Search search) {
    try {
      add(claim, search.find());
    } catch (Exception e) {
      add(
          claim,
          new Evidence(false, e instanceof DemoException ? text(e) : e + " " + firstFrame(e)));
    }
  }

  private static String text(Exception e) {
    return String.valueOf(e.getMessage());
  }

  private static String firstFrame(Exception e) {
    return e.getStackTrace().length == 0 ? "" : "at " + e.getStackTrace()[0];
  }

  void add(String claim, Evidence evidence) {
    proofs.add(new Proof(claim, evidence));
    teller.say(
        "%-6s  %s \u2014 %s".formatted(evidence.holds() ? "ok" : "FAILED", claim, evidence.text()));
  }

  boolean allHold() {
    return proofs.stream().allMatch(each -> each.evidence().holds());
  }

  String summary() {
    long failed = proofs.stream().filter(each -> !each.evidence().holds()).count();
    return String.format(
        Locale.ROOT,
        "%d proofs, %d failed, in %.1f s; %s",
        proofs.size(),
        failed,
        await.millisSince(start) / 1000.0,
        scene.ground().words());
  }

  String json() {
    ObjectNode document = JSON.createObjectNode();
    document.put("ok", allHold()).put("ground", scene.ground().words());
    ArrayNode list = document.putArray("proofs");
    for (Proof each : proofs) {
      list.addObject()
          .put("claim", each.claim())
          .put("ok", each.evidence().holds())
          .put("evidence", each.evidence().text());
    }
    return document.toPrettyString();
  }
}
