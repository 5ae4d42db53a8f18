package org.postern.broker.admin;

import com.fasterxml.jackson.databind.JsonNode;
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
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.Platform;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.RiskLevel;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.Transport;
import org.postern.policystore.Truth;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.Decision;
import org.postern.policystore.decision.Explanation;
import org.postern.policystore.decision.Facts;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.decision.SubjectView;

/**
 * A question to the real engine about somebody who may not exist: signed in a moment ago on a good
 * device, with the facts that are given and no others. Fields: user, groups, provider, attributes,
 * authenticated (how long ago is the time of the question), methods, context, platform, clientType,
 * posture, source, trustedNetworks, country, risk, at, host, port, transport.
 */
final class WhatIf {
  private static final String SOMEBODY = "u-somebody";
  private static final String DEVICE = "d-something";
  private static final long SESSION_SECONDS = 3_600;

  private final JsonNode question;
  private final Instant now;

  WhatIf(JsonNode question, Instant now) {
    this.question = question;
    this.now = time(question, "at", now);
  }

  private static Instant time(JsonNode node, String field, Instant otherwise) {
    String text = node.path(field).asText("");
    try {
      return text.isEmpty() ? otherwise : Instant.parse(text);
    } catch (java.time.DateTimeException e) {
      throw AdminProblem.field(field, "expected: a time such as 2026-03-01T10:00:00Z");
    }
  }

  /** Of somebody made up, by a configuration. */
  Explanation askOf(PolicyConfiguration configuration) {
    IdentityState people = people(configuration, Optional.empty());
    Snapshot snapshot = Snapshot.build(0, configuration, people);
    return explain(snapshot, snapshot.subject(SOMEBODY, DEVICE, facts()));
  }

  /** Only the answer. */
  Decision decide(Snapshot snapshot) {
    return snapshot.decide(
        snapshot.subject(SOMEBODY, DEVICE, facts()),
        host(),
        port(),
        transport(),
        now.toEpochMilli());
  }

  /** Of a real user on a real device. */
  Explanation askOf(Snapshot snapshot, String userId, String deviceId) {
    return explain(snapshot, snapshot.subject(userId, deviceId, facts()));
  }

  /** The made-up person in a snapshot of {@link #people}. */
  SubjectView somebody(Snapshot snapshot) {
    return snapshot.subject(SOMEBODY, DEVICE, facts());
  }

  /** A real user on a real device: the given facts, and as far as none are given the known. */
  SubjectView view(Snapshot snapshot, String userId, String deviceId, Facts known) {
    Facts given = facts();
    Map<String, Truth> posture = new HashMap<>(known.posture());
    posture.putAll(given.posture());
    return snapshot.subject(
        userId,
        deviceId,
        new Facts(
            given.clientType() == null ? known.clientType() : given.clientType(),
            given.platform() == null ? known.platform() : given.platform(),
            posture,
            given.source(),
            given.trustedNetworks(),
            given.country(),
            given.risk() == null ? known.risk() : given.risk()));
  }

  /** The time of the question, in milliseconds since the epoch. */
  long millis() {
    return now.toEpochMilli();
  }

  private Explanation explain(Snapshot snapshot, SubjectView subject) {
    return snapshot.explain(subject, host(), port(), transport(), now.toEpochMilli());
  }

  private String host() {
    String host = question.path("host").asText("").toLowerCase(Locale.ROOT);
    if (host.isEmpty() || host.length() > 253) {
      throw AdminProblem.field("host", "is missing (expected: a name or address)");
    }
    return host;
  }

  private int port() {
    int port = question.path("port").asInt(0);
    if (port < 1 || port > 65_535) {
      throw AdminProblem.field("port", "expected: 1 to 65535");
    }
    return port;
  }

  private Transport transport() {
    return word(Transport.class, "transport", Transport.TCP);
  }

  private <E extends Enum<E>> E word(Class<E> type, String field, E otherwise) {
    E value = wordOrNull(type, field);
    return value == null ? otherwise : value;
  }

  private <E extends Enum<E>> @Nullable E wordOrNull(Class<E> type, String field) {
    String text = question.path(field).asText("");
    if (text.isEmpty()) {
      return null;
    }
    for (E each : type.getEnumConstants()) {
      if (each.name().equalsIgnoreCase(text.replace('-', '_'))) {
        return each;
      }
    }
    throw AdminProblem.field(
        field,
        "expected: one of " + List.of(type.getEnumConstants()).toString().toLowerCase(Locale.ROOT));
  }

  private List<String> texts(String field) {
    List<String> texts = new ArrayList<>();
    question.path(field).forEach(each -> texts.add(each.asText()));
    return texts;
  }

  /**
   * The one made-up person with a device and a session, as an identity state.
   *
   * @param known whose provider, groups and attributes are theirs as far as none are given
   */
  IdentityState people(PolicyConfiguration configuration, Optional<UserRecord> known) {
    String email = AsciiCase.fold(question.path("user").asText(""));
    String provider =
        question
            .path("provider")
            .asText(known.map(UserRecord::provider).orElse(providerOf(configuration, email)));
    UserRecord user =
        new UserRecord(
            SOMEBODY,
            provider,
            SOMEBODY,
            email,
            email,
            false,
            question.has("groups") || known.isEmpty()
                ? texts("groups")
                : known.get().providerGroups(),
            question.has("attributes") || known.isEmpty()
                ? attributes()
                : known.get().attributes());
    DeviceRecord device =
        new DeviceRecord(
            DEVICE,
            SOMEBODY,
            "",
            question.path("platform").asText(""),
            "",
            DeviceRecord.State.REGISTERED);
    SessionRecord session =
        new SessionRecord(
            "s-something",
            SOMEBODY,
            DEVICE,
            provider,
            time(question, "authenticated", now),
            now.plusSeconds(SESSION_SECONDS),
            false,
            new SessionRecord.SignInMethod(question.path("context").asText(""), texts("methods")));
    return new IdentityState(
        Map.of(SOMEBODY, user), Map.of(DEVICE, device), Map.of(DEVICE, session), Map.of());
  }

  private static String providerOf(PolicyConfiguration configuration, String email) {
    String domain = email.substring(email.indexOf('@') + 1);
    for (IdentityProvider provider : configuration.identityProviders()) {
      if (provider.domains().contains(domain)) {
        return provider.name();
      }
    }
    return configuration.identityProviders().isEmpty()
        ? ""
        : configuration.identityProviders().getFirst().name();
  }

  private Map<String, List<String>> attributes() {
    Map<String, List<String>> attributes = new HashMap<>();
    for (var each : question.path("attributes").properties()) {
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

  private static AddressRange source(String text) {
    AddressRange range =
        AddressRange.parse(text)
            .orElseThrow(
                () -> AdminProblem.field("source", "expected: an address such as 192.0.2.7"));
    if (range.prefixLength() != (range.ipv6() ? 128 : 32)) {
      throw AdminProblem.field("source", "expected: one address and not a network");
    }
    return range;
  }

  private Facts facts() {
    Map<String, Truth> posture = new HashMap<>();
    for (var each : question.path("posture").properties()) {
      posture.put(
          each.getKey(),
          each.getValue().isBoolean()
              ? each.getValue().booleanValue() ? Truth.TRUE : Truth.FALSE
              : Truth.UNKNOWN);
    }
    JsonNode networks = question.path("trustedNetworks");
    Set<String> trusted = networks.isArray() ? new HashSet<>(texts("trustedNetworks")) : null;
    String source = question.path("source").asText("");
    String country = question.path("country").asText("");
    return new Facts(
        wordOrNull(ClientType.class, "clientType"),
        wordOrNull(Platform.class, "platform"),
        posture,
        source.isEmpty() ? null : source(source),
        trusted,
        country.isEmpty() ? null : country.toUpperCase(Locale.ROOT),
        wordOrNull(RiskLevel.class, "risk"));
  }
}
