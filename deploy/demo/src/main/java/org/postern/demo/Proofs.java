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

  private final boolean apart;
  private final String ground;
  private final Await await;
  private final Teller teller;
  private final long start;
  private final List<Proof> proofs = new ArrayList<>();

  /** For claims about what stands on that ground. */
  Proofs(Ground ground, Await await, Teller teller) {
    this.apart = ground.apart();
    this.ground = ground.words();
    this.await = await;
    this.teller = teller;
    this.start = await.now();
  }

  /** What became of a claim. */
  enum Verdict {
    PROVEN("ok"),
    FAILED("FAILED"),
    /** Nothing speaks against it, but something that the proof needs is not here. */
    NOT_PROVEN("NOT PROVEN");

    private final String word;

    Verdict(String word) {
      this.word = word;
    }
  }

  /** What was measured, and whether it bears the claim. */
  record Evidence(Verdict verdict, String text) {
    Evidence(boolean holds, String text) {
      this(holds ? Verdict.PROVEN : Verdict.FAILED, text);
    }

    /** The proof cannot be made here. */
    static Evidence none(String why) {
      return new Evidence(Verdict.NOT_PROVEN, why);
    }
  }

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

  /** As {@link #prove}, for what can be seen only where the rooms are networks of their own. */
  void proveApart(String claim, Search search) {
    if (apart) {
      prove(claim, search);
    } else {
      add(claim, Evidence.none("does not apply on loopback: it needs networks of their own"));
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
    teller.say("%-10s  %s \u2014 %s".formatted(evidence.verdict().word, claim, evidence.text()));
  }

  /**
   * Whether the demonstration may say that it worked: no claim failed, and with networks of their
   * own none is left without a proof.
   */
  boolean allHold() {
    return count(Verdict.FAILED) == 0 && (!apart || count(Verdict.NOT_PROVEN) == 0);
  }

  private long count(Verdict verdict) {
    return proofs.stream().filter(each -> each.evidence().verdict() == verdict).count();
  }

  String summary() {
    return String.format(
        Locale.ROOT,
        "%d claims, %d failed, %d not proven, in %.1f s; %s",
        proofs.size(),
        count(Verdict.FAILED),
        count(Verdict.NOT_PROVEN),
        await.millisSince(start) / 1000.0,
        ground);
  }

  String json() {
    ObjectNode document = JSON.createObjectNode();
    document.put("ok", allHold()).put("ground", ground);
    ArrayNode list = document.putArray("proofs");
    for (Proof each : proofs) {
      list.addObject()
          .put("claim", each.claim())
          .put("ok", each.evidence().verdict() == Verdict.PROVEN)
          .put("verdict", each.evidence().verdict().word)
          .put("evidence", each.evidence().text());
    }
    return document.toPrettyString();
  }
}
