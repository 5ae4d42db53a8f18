package org.postern.policystore.yaml;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AddressRange;
import org.postern.policystore.ClientType;
import org.postern.policystore.HostPattern;
import org.postern.policystore.Operand;
import org.postern.policystore.Platform;
import org.postern.policystore.PolicyTest;
import org.postern.policystore.RiskLevel;
import org.postern.policystore.Transport;
import org.postern.policystore.Truth;

/// Reads policy tests. Names of rules, groups and the like have to be in the policy: a test that
/// names what does not exist would prove nothing.
final class TestReader {
  static final List<String> KEYS =
      List.of(
          "name",
          "expect",
          "rule",
          "host",
          "port",
          "transport",
          "at",
          "user",
          "provider",
          "groups",
          "attributes",
          "authenticated",
          "context",
          "methods",
          "clientType",
          "platform",
          "posture",
          "source",
          "trustedNetworks",
          "country",
          "risk");

  private static final int ATTRIBUTES_MAX = 100;

  private final Fields.Reading reading;

  TestReader(Fields.Reading reading) {
    this.reading = reading;
  }

  /// What the place of a test is noted under.
  static String place(String test) {
    return "test " + test;
  }

  Optional<PolicyTest> read(Fields fields) {
    Optional<String> name = fields.name("test", Grammar::groupName);
    String place = place(name.orElse("?"));
    Optional<PolicyTest.Expectation> expect =
        fields.required("expect", text -> Words.constant(text, PolicyTest.Expectation.values()));
    Optional<String> rule = fields.optional("rule", Grammar::name);
    rule.ifPresent(text -> fields.place("rule", place + " rule " + text));
    Optional<String> host = fields.required("host", TestReader::host);
    Optional<Integer> port = fields.required("port", TestReader::port);
    Transport transport =
        fields
            .optional("transport", text -> Words.constant(text, Transport.values()))
            .orElse(Transport.TCP);
    Instant at = fields.optional("at", Words::instant).orElse(null);
    PolicyTest.Person person = person(fields, place);
    PolicyTest.SignIn signIn =
        new PolicyTest.SignIn(
            fields.optional("authenticated", Words::instant).orElse(null),
            fields.optional("context", Grammar::text).orElse(""),
            fields.list("methods", Grammar::text, ""));
    PolicyTest.Situation situation = situation(fields, place);
    if (name.isEmpty() || expect.isEmpty() || host.isEmpty() || port.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new PolicyTest(
            name.get(),
            expect.get(),
            rule.orElse(""),
            new PolicyTest.Target(host.get(), port.get(), transport, at),
            person,
            signIn,
            situation));
  }

  private PolicyTest.Person person(Fields fields, String place) {
    Optional<String> provider = fields.optional("provider", Grammar::name);
    provider.ifPresent(text -> fields.place("provider", place + " identity provider " + text));
    return new PolicyTest.Person(
        fields.optional("user", Grammar::email).orElse(""),
        provider.orElse(""),
        fields.list("groups", Grammar::groupName, place + " group "),
        attributes(fields));
  }

  private PolicyTest.Situation situation(Fields fields, String place) {
    Map<String, Truth> posture = new HashMap<>();
    for (Operand.PostureResult each :
        fields.list("posture", Words::posture, place + " posture profile ")) {
      if (posture.put(each.profile(), each.result()) != null) {
        fields.problem("posture", Problems.quote(each.profile()) + " has two results here");
      }
    }
    Set<String> networks =
        fields.has("trustedNetworks")
            ? new HashSet<>(
                fields.list("trustedNetworks", Grammar::name, place + " trusted network "))
            : null;
    return new PolicyTest.Situation(
        word(fields, "clientType", ClientType.values()),
        word(fields, "platform", Platform.values()),
        posture,
        fields.optional("source", TestReader::address).orElse(null),
        networks,
        fields.optional("country", Words::country).orElse(""),
        word(fields, "risk", RiskLevel.values()));
  }

  private static <E extends Enum<E>> @Nullable E word(Fields fields, String key, E[] constants) {
    return fields.optional(key, text -> Words.constant(text, constants)).orElse(null);
  }

  private Map<String, List<String>> attributes(Fields fields) {
    Map<String, List<String>> attributes = new HashMap<>();
    Node node = fields.get("attributes");
    if (node == null) {
      return attributes;
    }
    if (!(node instanceof Node.Mapping mapping) || mapping.entries().size() > ATTRIBUTES_MAX) {
      fields.problem(
          "attributes",
          "expected at most %d names, each with a list of values, as in department: [it]"
              .formatted(ATTRIBUTES_MAX));
      return attributes;
    }
    List<String> names = new ArrayList<>();
    mapping.entries().forEach(entry -> names.add(entry.key()));
    Fields inner = Fields.of(mapping, fields.at("attributes"), reading, names);
    for (String name : names) {
      if (inner == null) {
        break;
      }
      if (Grammar.attribute(name) instanceof Grammar.Read.Bad<String>(String message)) {
        inner.problem(name, message);
      } else {
        attributes.put(name, inner.list(name, Grammar::text, ""));
      }
    }
    return attributes;
  }

  private static Grammar.Read<String> host(String text) {
    if (Grammar.host(text) instanceof Grammar.Read.Good<HostPattern>(var host)
        && ServerGroupReader.isSingle(host)) {
      return new Grammar.Read.Good<>(host.text());
    }
    return bad(text, "one name or address, as in wiki.corp.internal");
  }

  private static Grammar.Read<Integer> port(String text) {
    if (text.matches("[1-9][0-9]{0,4}") && Integer.parseInt(text) <= 65_535) {
      return new Grammar.Read.Good<>(Integer.valueOf(text));
    }
    return bad(text, "a port from 1 to 65535");
  }

  private static Grammar.Read<AddressRange> address(String text) {
    Optional<AddressRange> range = AddressRange.parse(text);
    return range.isPresent() && range.get().prefixLength() == (range.get().ipv6() ? 128 : 32)
        ? new Grammar.Read.Good<>(range.get())
        : bad(text, "one address, as in 192.0.2.7");
  }

  private static <T> Grammar.Read<T> bad(String text, String expected) {
    return new Grammar.Read.Bad<>(Problems.quote(text) + " (expected: " + expected + ")");
  }
}
