package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a change does to people, and what it carves out, as a person reads it. */
final class ImpactText {
  private static final int NAMES = 20;

  private ImpactText() {}

  static void print(PrintWriter out, JsonNode body) {
    for (JsonNode warning : body.path("warnings")) {
      out.println("warning: " + Table.printable(warning.path("text").asText()));
    }
    JsonNode effects = body.path("effects");
    effects.path("loses").forEach(each -> effect(out, "loses", each));
    effects.path("gains").forEach(each -> effect(out, "gains", each));
    if (effects.has("complete") && !effects.path("complete").asBoolean()) {
      out.println("there is more: not everybody and everything could be looked at");
    }
    int tests = body.path("testsPassed").asInt();
    if (tests > 0) {
      out.println(tests + (tests == 1 ? " policy test passes" : " policy tests pass"));
    }
  }

  private static void effect(PrintWriter out, String word, JsonNode effect) {
    Map<String, List<String>> byOutcome = new LinkedHashMap<>();
    for (JsonNode who : effect.path("who")) {
      String from = who.path("from").asText();
      String to = who.path("to").asText();
      String name = who.path("name").asText();
      String shown = who.path("kind").asText().equals("group") ? "anybody in group " + name : name;
      byOutcome
          .computeIfAbsent(outcome(word, from, to), _ -> new ArrayList<>())
          .add(Table.printable(shown));
    }
    String where =
        " to "
            + Table.printable(effect.path("application").asText())
            + " ("
            + some(texts(effect.path("hosts")))
            + ")";
    byOutcome.forEach((outcome, names) -> out.println(outcome + ": " + some(names) + where));
    if (byOutcome.isEmpty()) {
      out.println(word + " access: " + effect.path("people").asLong() + " people" + where);
    }
  }

  private static String outcome(String word, String from, String to) {
    if (word.equals("loses")) {
      return switch (to) {
        case "none" -> from.equals("possible") ? "loses possible access" : "loses access";
        case "possible" -> "loses access unless more becomes known";
        default -> "needs " + text(to) + " for access";
      };
    }
    return switch (to) {
      case "allowed" -> "gains access";
      case "possible" -> "gains access if more becomes known";
      default -> "gains, with " + text(to) + ", access";
    };
  }

  private static String text(String access) {
    return access.equals("approval") ? "an approval" : "a fresher or stronger sign-in";
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(Table.printable(each.asText())));
    return texts;
  }

  static String some(List<String> names) {
    List<String> shown = names.subList(0, Math.min(NAMES, names.size()));
    return String.join(", ", shown)
        + (names.size() > NAMES ? " and " + (names.size() - NAMES) + " more" : "");
  }
}
