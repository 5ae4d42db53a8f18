package org.postern.broker.signals;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.postern.broker.signin.SignIn;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.SignalStream;
import org.postern.policystore.UserRecord;
import org.postern.policystore.jdbc.Devices;
import org.postern.policystore.jdbc.Users;

/**
 * Finds whom a subject identifier (RFC 9493, OpenID SSF 1.0 section 3) means. Never beyond the
 * people of the stream's own provider, whatever it says. Blocking.
 */
final class Subjects {
  private static final int ALIASES_MAX = 16;

  private final Users users;
  private final Devices devices;
  private final Supplier<List<IdentityProvider>> providers;
  private final SignalLimits limits;

  Subjects(
      Users users,
      Devices devices,
      Supplier<List<IdentityProvider>> providers,
      SignalLimits limits) {
    this.users = users;
    this.devices = devices;
    this.providers = providers;
    this.limits = limits;
  }

  Concerned find(SignalStream stream, Map<String, ?> subject) {
    List<String> words = new ArrayList<>();
    boolean complex = isComplex(subject);
    Map<?, ?> user = complex ? part(subject, "user") : subject;
    Map<?, ?> session = complex ? part(subject, "session") : Map.of();
    Map<?, ?> device = complex ? part(subject, "device") : Map.of();
    Set<String> found = new LinkedHashSet<>();
    people(stream, user, 0).forEach(each -> found.add(each.id()));
    describe("", user, words);
    describe("session ", session, words);
    describe("device ", device, words);
    String opaque = complex ? "" : text(subject, "id");
    String wanted = complex ? text(device, "id") : opaque;
    return new Concerned(
        List.copyOf(found),
        text(session, "id"),
        device(stream, wanted, found).map(DeviceRecord::id).orElse(""),
        opaque,
        String.join(", ", words));
  }

  /** By its format, or by having parts: drafts of SSF left the format out. */
  private static boolean isComplex(Map<String, ?> subject) {
    Object format = subject.get("format");
    return "complex".equals(format)
        || (format == null
            && (subject.get("user") instanceof Map<?, ?>
                || subject.get("session") instanceof Map<?, ?>
                || subject.get("device") instanceof Map<?, ?>));
  }

  private static Map<?, ?> part(Map<?, ?> subject, String name) {
    return subject.get(name) instanceof Map<?, ?> map ? map : Map.of();
  }

  /** A text that fits, or nothing: what is too long, or no text, is nobody's. */
  private String text(Map<?, ?> subject, String name) {
    return subject.get(name) instanceof String text
            && text.length() <= limits.textMax()
            && text.chars().noneMatch(Character::isISOControl)
        ? text
        : "";
  }

  private List<UserRecord> people(SignalStream stream, Map<?, ?> subject, int depth) {
    // Drafts of RFC 9493 called it subject_type.
    String format =
        word(subject.containsKey("format") ? subject.get("format") : subject.get("subject_type"));
    return switch (format) {
      case "iss_sub" ->
          issuers(stream).contains(text(subject, "iss"))
              ? withSubject(stream, text(subject, "sub"))
              : List.of();
      case "email" -> withEmail(stream, text(subject, "email"));
      case "opaque" -> withSubject(stream, text(subject, "id"));
      case "aliases" -> aliases(stream, subject.get("identifiers"), depth);
      default -> List.of();
    };
  }

  private static String word(@Nullable Object value) {
    return value instanceof String text ? text.replace('-', '_') : "";
  }

  private List<UserRecord> aliases(SignalStream stream, @Nullable Object listed, int depth) {
    List<UserRecord> all = new ArrayList<>();
    if (depth == 0 && listed instanceof List<?> list && list.size() <= ALIASES_MAX) {
      for (Object each : list) {
        if (each instanceof Map<?, ?> map) {
          all.addAll(people(stream, map, depth + 1));
        }
      }
    }
    return all;
  }

  private List<UserRecord> withSubject(SignalStream stream, String subject) {
    return subject.isEmpty()
        ? List.of()
        : users.withSubject(stream.provider(), subject).stream().toList();
  }

  private List<UserRecord> withEmail(SignalStream stream, String email) {
    return email.isEmpty() ? List.of() : users.withEmail(stream.provider(), email);
  }

  /** Names under which the provider may speak of its own people. */
  private Set<String> issuers(SignalStream stream) {
    Set<String> issuers = new LinkedHashSet<>();
    issuers.add(stream.issuer());
    for (IdentityProvider each : providers.get()) {
      if (each.name().equals(stream.provider())) {
        issuers.add(
            switch (each.protocol()) {
              case IdentityProvider.OpenIdConnect openId -> openId.issuer();
              case IdentityProvider.Saml saml -> saml.entityId();
            });
      }
    }
    issuers.remove("");
    return issuers;
  }

  /** By our own id of it; or by its name, among the devices of the one person who is named. */
  private Optional<DeviceRecord> device(SignalStream stream, String wanted, Set<String> people) {
    if (wanted.isEmpty()) {
      return Optional.empty();
    }
    Optional<DeviceRecord> known =
        devices.find(wanted).filter(each -> isOf(stream, each) && fits(each, people));
    if (known.isPresent() || people.size() != 1) {
      return known;
    }
    List<DeviceRecord> named =
        devices.list(people.iterator().next()).stream()
            .filter(each ->
                each.state() != DeviceRecord.State.REMOVED && each.name().equalsIgnoreCase(wanted))
            .toList();
    return named.size() == 1 ? Optional.of(named.getFirst()) : Optional.empty();
  }

  private boolean isOf(SignalStream stream, DeviceRecord device) {
    return users
        .find(device.userId())
        .filter(user -> user.provider().equals(stream.provider()))
        .isPresent();
  }

  private static boolean fits(DeviceRecord device, Set<String> people) {
    return people.isEmpty() || people.contains(device.userId());
  }

  private void describe(String before, Map<?, ?> subject, List<String> words) {
    for (String name : List.of("email", "sub", "id")) {
      String value = text(subject, name);
      if (!value.isEmpty()) {
        words.add(before + SignIn.printable(value));
        return;
      }
    }
  }
}
