package org.postern.broker.admin;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.postern.policystore.Truth;
import org.postern.policystore.decision.Facts;

/** Facts in the words in which a question gives them. */
final class FactText {
  private FactText() {}

  /** Those that are known; a posture profile that is unknown is left out. */
  static Map<String, Object> of(Facts facts) {
    Map<String, Object> known = new LinkedHashMap<>();
    put(known, "clientType", facts.clientType() == null ? null : word(facts.clientType()));
    put(known, "platform", facts.platform() == null ? null : word(facts.platform()));
    put(known, "source", facts.source() == null ? null : facts.source().toString());
    put(known, "country", facts.country());
    put(known, "risk", facts.risk() == null ? null : word(facts.risk()));
    put(
        known,
        "trustedNetworks",
        facts.trustedNetworks() == null
            ? null
            : facts.trustedNetworks().stream().sorted().toList());
    Map<String, Boolean> posture = new TreeMap<>();
    facts
        .posture()
        .forEach((profile, result) -> {
          if (result != Truth.UNKNOWN) {
            posture.put(profile, result == Truth.TRUE);
          }
        });
    known.put("posture", posture);
    return known;
  }

  private static void put(
      Map<String, Object> known, String name, @org.jspecify.annotations.Nullable Object value) {
    if (value != null) {
      known.put(name, value);
    }
  }

  private static String word(Enum<?> constant) {
    return ImpactDesk.word(constant);
  }
}
