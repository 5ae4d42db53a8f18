package org.postern.broker.admin;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AddressRange;
import org.postern.policystore.AsciiCase;
import org.postern.policystore.ClientType;
import org.postern.policystore.Platform;
import org.postern.policystore.PolicyTest;
import org.postern.policystore.RiskLevel;
import org.postern.policystore.Transport;
import org.postern.policystore.Truth;
import org.postern.policystore.decision.Facts;

/**
 * A question to the engine as it is written: by whom, with which facts, for what. What is not
 * written is not guessed here. Fields: host, port, transport, at; device, user, provider, groups,
 * attributes; authenticated, methods, context; platform, clientType, posture, source,
 * trustedNetworks, country, risk.
 *
 * @param host in lower case; empty when the question is about no host
 * @param at the time of the question
 */
record Question(String host, int port, Transport transport, Instant at, Who who, Facts facts) {

  /**
   * Whom it is about. Null: not written.
   *
   * @param device a real device; empty: none is named
   * @param user an e-mail address in lower case; empty: nobody is named
   */
  record Who(
      String device,
      String user,
      @Nullable String provider,
      @Nullable List<String> groups,
      @Nullable Map<String, List<String>> attributes,
      SignIn signIn) {
    /** Whether the person is another one than the deployment knows. */
    boolean changesPerson() {
      return provider != null || groups != null || attributes != null;
    }
  }

  /** How the person signed in. Null: not written. */
  record SignIn(@Nullable Instant at, @Nullable String context, @Nullable List<String> methods) {
    boolean isWritten() {
      return at != null || context != null || methods != null;
    }
  }

  /** About a host and a port. */
  static Question of(JsonNode node, Instant now) {
    return read(new Reader(node, new ArrayList<>()), now, true);
  }

  /** About a person, whatever they ask for. */
  static Question aboutSomebody(JsonNode node, Instant now) {
    return read(new Reader(node, new ArrayList<>()), now, false);
  }

  /** That of a policy test. */
  static Question of(PolicyTest test, Instant now) {
    PolicyTest.Target target = test.target();
    PolicyTest.Person person = test.person();
    PolicyTest.SignIn signIn = test.signIn();
    PolicyTest.Situation situation = test.situation();
    return new Question(
        target.host(),
        target.port(),
        target.transport(),
        target.at() == null ? now : target.at(),
        new Who(
            "",
            person.user(),
            person.provider().isEmpty() ? null : person.provider(),
            person.groups(),
            person.attributes(),
            new SignIn(
                signIn.at(),
                signIn.context().isEmpty() ? null : signIn.context(),
                signIn.methods().isEmpty() ? null : signIn.methods())),
        new Facts(
            situation.clientType(),
            situation.platform(),
            situation.posture(),
            situation.source(),
            situation.trustedNetworks(),
            situation.country().isEmpty() ? null : situation.country(),
            situation.risk()));
  }

  private static Question read(Reader reader, Instant now, boolean aboutHost) {
    Question question = reader.question(now, aboutHost);
    if (!reader.errors.isEmpty()) {
      throw AdminProblem.fields(reader.errors);
    }
    return question;
  }

  private record Reader(JsonNode node, List<SchemaCheck.FieldError> errors) {

    Question question(Instant now, boolean aboutHost) {
      Instant written = time("at");
      return new Question(
          host(aboutHost),
          port(aboutHost),
          transport(),
          written == null ? now : written,
          new Who(
              text("device"),
              AsciiCase.fold(text("user")),
              textOrNull("provider"),
              textsOrNull("groups"),
              attributes(),
              new SignIn(time("authenticated"), textOrNull("context"), textsOrNull("methods"))),
          facts());
    }

    private void wrong(String field, String message) {
      errors.add(new SchemaCheck.FieldError(field, message));
    }

    private String text(String field) {
      return node.path(field).asText("");
    }

    private @Nullable String textOrNull(String field) {
      return node.has(field) ? text(field) : null;
    }

    private @Nullable List<String> textsOrNull(String field) {
      if (!node.has(field)) {
        return null;
      }
      List<String> texts = new ArrayList<>();
      node.path(field).forEach(each -> texts.add(each.asText()));
      return List.copyOf(texts);
    }

    private @Nullable Instant time(String field) {
      String text = text(field);
      try {
        return text.isEmpty() ? null : Instant.parse(text);
      } catch (DateTimeException e) {
        wrong(field, "expected: a time such as 2026-03-01T10:00:00Z");
        return null;
      }
    }

    private String host(boolean needed) {
      String host = text("host").toLowerCase(Locale.ROOT);
      if (needed
          && (host.isEmpty() || host.length() > 253 || host.matches(".*[\\s\\p{Cntrl}].*"))) {
        wrong("host", "expected: a name such as wiki.corp.internal, or an address");
      }
      return host;
    }

    private int port(boolean needed) {
      JsonNode written = node.path("port");
      int port = written.canConvertToInt() ? written.asInt(0) : 0;
      if (needed && (port < 1 || port > 65_535)) {
        wrong("port", "expected: 1 to 65535");
      }
      return port;
    }

    private Transport transport() {
      Transport transport = word(Transport.class, "transport");
      return transport == null ? Transport.TCP : transport;
    }

    private <E extends Enum<E>> @Nullable E word(Class<E> type, String field) {
      String text = text(field);
      if (text.isEmpty()) {
        return null;
      }
      List<String> words = new ArrayList<>();
      for (E each : type.getEnumConstants()) {
        words.add(each.name().toLowerCase(Locale.ROOT).replace('_', '-'));
        if (each.name().equalsIgnoreCase(text.replace('-', '_'))) {
          return each;
        }
      }
      wrong(field, "expected: one of " + words);
      return null;
    }

    private @Nullable Map<String, List<String>> attributes() {
      if (!node.has("attributes")) {
        return null;
      }
      Map<String, List<String>> attributes = new HashMap<>();
      for (var each : node.path("attributes").properties()) {
        List<String> values = new ArrayList<>();
        if (each.getValue().isArray()) {
          each.getValue().forEach(value -> values.add(value.asText()));
        } else {
          values.add(each.getValue().asText());
        }
        attributes.put(each.getKey(), List.copyOf(values));
      }
      return attributes;
    }

    private @Nullable AddressRange source() {
      String text = text("source");
      if (text.isEmpty()) {
        return null;
      }
      Optional<AddressRange> range = AddressRange.parse(text);
      if (range.isEmpty() || range.get().prefixLength() != (range.get().ipv6() ? 128 : 32)) {
        wrong("source", "expected: one address such as 192.0.2.7");
        return null;
      }
      return range.get();
    }

    private Map<String, Truth> posture() {
      Map<String, Truth> posture = new HashMap<>();
      for (var each : node.path("posture").properties()) {
        posture.put(
            each.getKey(),
            each.getValue().isBoolean()
                ? each.getValue().booleanValue() ? Truth.TRUE : Truth.FALSE
                : Truth.UNKNOWN);
      }
      return posture;
    }

    private Facts facts() {
      List<String> networks = textsOrNull("trustedNetworks");
      Set<String> trusted = networks == null ? null : new HashSet<>(networks);
      String country = text("country");
      return new Facts(
          word(ClientType.class, "clientType"),
          word(Platform.class, "platform"),
          posture(),
          source(),
          trusted,
          country.isEmpty() ? null : country.toUpperCase(Locale.ROOT),
          word(RiskLevel.class, "risk"));
    }
  }
}
