package org.postern.broker.signin.oidc;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Claims as texts: what can be compared in a rule. Objects inside objects are left out. */
final class ClaimTexts {
  private ClaimTexts() {}

  static Map<String, List<String>> of(Map<String, Object> claims) {
    Map<String, List<String>> texts = new TreeMap<>();
    claims.forEach((name, value) -> {
      List<String> values = new ArrayList<>();
      List<?> listed =
          value instanceof List<?> list ? list : value == null ? List.of() : List.of(value);
      for (Object each : listed) {
        switch (each) {
          case String text -> values.add(text);
          case Boolean truth when !(value instanceof List) -> values.add(truth.toString());
          case Number number when !(value instanceof List) -> values.add(number.toString());
          default -> {}
        }
      }
      if (!values.isEmpty()) {
        texts.put(name, values);
      }
    });
    return texts;
  }
}
