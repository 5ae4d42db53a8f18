package org.postern.clientconnector.posture;

import java.util.Map;
import java.util.TreeMap;
import org.postern.tunnel.message.PostureFact;
import org.postern.tunnel.message.PostureReport;

/** The facts of one look at the device: each once, in a fixed order. Confined to one thread. */
final class FactSheet {
  private static final int WHY_LENGTH = 250;

  private final int textLength;
  private final Map<String, PostureFact> facts = new TreeMap<>();

  FactSheet(PostureLimits limits) {
    this.textLength = limits.textLength();
  }

  void flag(PostureFact.Kind kind, String subject, boolean yes) {
    put(fact(kind, subject).setFlag(yes).build());
  }

  void number(PostureFact.Kind kind, long value) {
    put(fact(kind, "").setNumber(value).build());
  }

  void text(PostureFact.Kind kind, String subject, String value) {
    if (value.isEmpty() || value.length() > textLength || !clean(value).equals(value)) {
      missing(kind, subject, "the value is empty, too long or not text");
    } else {
      put(fact(kind, subject).setText(value).build());
    }
  }

  void missing(PostureFact.Kind kind, String subject, String why) {
    String shown = clean(why);
    put(
        fact(kind, subject)
            .setMissing(shown.length() > WHY_LENGTH ? shown.substring(0, WHY_LENGTH) : shown)
            .build());
  }

  /** Takes the facts of another sheet over. */
  void addAll(FactSheet other) {
    facts.putAll(other.facts);
  }

  private static PostureFact.Builder fact(PostureFact.Kind kind, String subject) {
    return PostureFact.newBuilder().setKind(kind).setSubject(subject);
  }

  private static String clean(String text) {
    StringBuilder clean = new StringBuilder();
    text.codePoints()
        .filter(c -> !Character.isISOControl(c) && !(c >= 0xd800 && c <= 0xdfff))
        .forEach(clean::appendCodePoint);
    return clean.toString();
  }

  private void put(PostureFact fact) {
    facts.put(String.format("%03d %s", fact.getKindValue(), fact.getSubject()), fact);
  }

  PostureReport report() {
    return PostureReport.newBuilder().addAllFacts(facts.values()).build();
  }
}
