package org.postern.policystore.yaml;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.postern.policystore.AddressRange;
import org.postern.policystore.ConditionText;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.PolicyTest;
import org.postern.policystore.Transport;
import org.postern.policystore.Truth;

/// Policy tests as they are written: in the document, and one by one where they are kept.
public final class TestText {
  private TestText() {}

  /// One test as the keys and values of a mapping, a key to a line; the same test, the same text.
  public static String write(PolicyTest test) {
    return keys(test).entrySet().stream()
        .map(each -> each.getKey() + ": " + each.getValue())
        .collect(Collectors.joining("\n"));
  }

  /// Tests that were written with [#write].
  ///
  /// @throws IllegalStateException for any other text
  public static List<PolicyTest> read(Collection<String> texts) {
    StringBuilder document = new StringBuilder("version: 1\ntests:");
    if (texts.isEmpty()) {
      return List.of();
    }
    for (String text : texts) {
      document.append("\n  - ").append(text.replace("\n", "\n    "));
    }
    PolicyLimits limits = PolicyLimits.DEFAULT.withDocumentBytes(Integer.MAX_VALUE);
    return switch (new PolicyParser(limits).parse(document.toString())) {
      case PolicyParser.Result.Parsed(PolicyDocument parsed) ->
          parsed.over(PolicyConfiguration.EMPTY).tests();
      case PolicyParser.Result.Failed(List<PolicyError> errors) ->
          throw new IllegalStateException("a policy test that is kept cannot be read: " + errors);
    };
  }

  /// Values in YAML flow style, by key, in the order of the document's grammar.
  static Map<String, String> keys(PolicyTest test) {
    Map<String, String> keys = new LinkedHashMap<>();
    keys.put("name", PolicyWriter.quote(test.name()));
    keys.put("expect", ConditionText.word(test.expect()));
    text(keys, "rule", test.rule());
    keys.put("host", PolicyWriter.quote(test.target().host()));
    keys.put("port", String.format(Locale.ROOT, "%d", test.target().port()));
    if (test.target().transport() != Transport.TCP) {
      keys.put("transport", ConditionText.word(test.target().transport()));
    }
    if (test.target().at() != null) {
      keys.put("at", PolicyWriter.quote(test.target().at().toString()));
    }
    text(keys, "user", test.person().user());
    text(keys, "provider", test.person().provider());
    list(keys, "groups", test.person().groups());
    if (!test.person().attributes().isEmpty()) {
      keys.put(
          "attributes",
          test.person().attributes().entrySet().stream()
              .map(each ->
                  PolicyWriter.quote(each.getKey()) + ": " + PolicyWriter.flow(each.getValue()))
              .collect(Collectors.joining(", ", "{", "}")));
    }
    if (test.signIn().at() != null) {
      keys.put("authenticated", PolicyWriter.quote(test.signIn().at().toString()));
    }
    text(keys, "context", test.signIn().context());
    list(keys, "methods", test.signIn().methods());
    situation(keys, test.situation());
    return keys;
  }

  private static void situation(Map<String, String> keys, PolicyTest.Situation situation) {
    if (situation.clientType() != null) {
      keys.put("clientType", ConditionText.word(situation.clientType()));
    }
    if (situation.platform() != null) {
      keys.put("platform", ConditionText.word(situation.platform()));
    }
    List<String> posture = new ArrayList<>();
    situation
        .posture()
        .forEach((profile, result) ->
            posture.add(
                result == Truth.TRUE ? profile : profile + "=" + ConditionText.word(result)));
    list(keys, "posture", posture);
    AddressRange source = situation.source();
    if (source != null) {
      keys.put("source", PolicyWriter.quote(source.toString()));
    }
    if (situation.trustedNetworks() != null) {
      keys.put("trustedNetworks", PolicyWriter.flow(situation.trustedNetworks()));
    }
    text(keys, "country", situation.country());
    if (situation.risk() != null) {
      keys.put("risk", ConditionText.word(situation.risk()));
    }
  }

  private static void text(Map<String, String> keys, String key, String value) {
    if (!value.isEmpty()) {
      keys.put(key, PolicyWriter.quote(value));
    }
  }

  private static void list(Map<String, String> keys, String key, List<String> values) {
    if (!values.isEmpty()) {
      keys.put(key, PolicyWriter.flow(values));
    }
  }
}
