package org.postern.policystore.yaml;

import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.postern.policystore.AddressRange;
import org.postern.policystore.ClientType;
import org.postern.policystore.ConditionText;
import org.postern.policystore.Label;
import org.postern.policystore.Operand;
import org.postern.policystore.Platform;
import org.postern.policystore.RiskLevel;
import org.postern.policystore.TimeWindow;
import org.postern.policystore.Truth;

/// The words of conditions: each method reads one, or answers with what was expected.
final class Words {
  /// The operands, in the order in which a message lists them.
  static final List<String> OPERANDS =
      List.of(
          "applications",
          "applicationGroups",
          "labels",
          "users",
          "groups",
          "attribute",
          "identityProviders",
          "workloads",
          "clientTypes",
          "platforms",
          "posture",
          "trustedNetworks",
          "sources",
          "countries",
          "risks",
          "times",
          "authenticationAge",
          "authenticationMethods",
          "authenticationContexts");

  /// All keys of a condition.
  static final List<String> CONDITION_KEYS = conditionKeys();

  private static final Duration AGE_MAX = Duration.ofDays(90);
  private static final Pattern LABEL =
      Pattern.compile("([a-z0-9][a-z0-9._-]{0,62})=([a-z0-9][a-z0-9._-]{0,62})");
  private static final Pattern POSTURE =
      Pattern.compile("([a-z0-9][a-z0-9._-]{0,62})(?:=(true|false|unknown))?");
  private static final Pattern COUNTRY = Pattern.compile("[A-Z]{2}");
  private static final Pattern PERCENT = Pattern.compile("[1-9][0-9]?");
  private static final Pattern WINDOW =
      Pattern.compile(
          "([a-z,-]+) ([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9]) ([A-Za-z0-9_+/-]{1,64})");

  private Words() {}

  private static List<String> conditionKeys() {
    List<String> keys = new ArrayList<>(OPERANDS);
    keys.add("values");
    keys.add("not");
    return List.copyOf(keys);
  }

  private static <T> Grammar.Read<T> good(T value) {
    return new Grammar.Read.Good<>(value);
  }

  private static <T> Grammar.Read<T> bad(String text, String expected) {
    return new Grammar.Read.Bad<>(Problems.quote(text) + " (expected: " + expected + ")");
  }

  /// Reads one operand of a condition.
  ///
  /// @param place what the places of names in it begin with
  static Optional<Operand> operand(String word, Fields fields, String place) {
    return switch (word) {
      case "applications" ->
          values(fields, word, Grammar::name, place + "application ")
              .map(Operand.Applications::new);
      case "applicationGroups" ->
          values(fields, word, Grammar::name, place + "application group ")
              .map(Operand.ApplicationGroups::new);
      case "labels" -> values(fields, word, Words::label, "").map(Operand.Labels::new);
      case "users" -> values(fields, word, Grammar::email, "").map(Operand.Users::new);
      case "groups" ->
          values(fields, word, Grammar::groupName, place + "group ").map(Operand.Groups::new);
      case "attribute" -> attribute(fields);
      case "identityProviders" ->
          values(fields, word, Grammar::name, place + "identity provider ")
              .map(Operand.Providers::new);
      case "workloads" -> values(fields, word, Grammar::name, "").map(Operand.Workloads::new);
      case "clientTypes" ->
          values(fields, word, text -> constant(text, ClientType.values()), "")
              .map(Operand.ClientTypes::new);
      case "platforms" ->
          values(fields, word, text -> constant(text, Platform.values()), "")
              .map(Operand.Platforms::new);
      case "posture" ->
          values(fields, word, Words::posture, place + "posture profile ")
              .map(Operand.Posture::new);
      case "trustedNetworks" ->
          values(fields, word, Grammar::name, place + "trusted network ")
              .map(Operand.TrustedNetworks::new);
      case "sources" -> values(fields, word, Words::range, "").map(Operand.Sources::new);
      case "countries" -> values(fields, word, Words::country, "").map(Operand.Countries::new);
      case "risks" ->
          values(fields, word, text -> constant(text, RiskLevel.values()), "")
              .map(Operand.Risks::new);
      case "times" -> values(fields, word, Words::window, "").map(Operand.Times::new);
      case "authenticationAge" ->
          fields
              .optional(word, text -> Grammar.duration(text, AGE_MAX))
              .map(Operand.AuthenticationAge::new);
      case "authenticationMethods" ->
          values(fields, word, Grammar::text, "").map(Operand.AuthenticationMethods::new);
      case "authenticationContexts" ->
          values(fields, word, Grammar::text, "").map(Operand.AuthenticationContexts::new);
      default -> Optional.empty();
    };
  }

  private static Optional<Operand> attribute(Fields fields) {
    Optional<String> name = fields.optional("attribute", Grammar::text);
    Optional<List<String>> values = values(fields, "values", Grammar::text, "");
    return name.isEmpty()
        ? Optional.empty()
        : values.map(list -> new Operand.Attribute(name.get(), list));
  }

  private static <T> Optional<List<T>> values(
      Fields fields, String key, Function<String, Grammar.Read<T>> grammar, String place) {
    List<T> values = fields.list(key, grammar, place);
    if (fields.items(key).isEmpty()) {
      fields.problem(key, "empty (expected: at least one value)");
    }
    return values.isEmpty() ? Optional.empty() : Optional.of(values);
  }

  static <E extends Enum<E>> Grammar.Read<E> constant(String text, E[] constants) {
    for (E constant : constants) {
      if (ConditionText.word(constant).equals(text)) {
        return good(constant);
      }
    }
    return bad(
        text,
        Arrays.stream(constants).map(ConditionText::word).collect(Collectors.joining(" or ")));
  }

  static Grammar.Read<Label> label(String text) {
    Matcher matcher = LABEL.matcher(text);
    return matcher.matches()
        ? good(new Label(matcher.group(1), matcher.group(2)))
        : bad(text, "a label as in env=prod");
  }

  static Grammar.Read<Operand.PostureResult> posture(String text) {
    Matcher matcher = POSTURE.matcher(text);
    if (!matcher.matches()) {
      return bad(text, "a posture profile, or one with =true, =false or =unknown behind it");
    }
    String result = matcher.group(2) == null ? "true" : matcher.group(2);
    return good(
        new Operand.PostureResult(
            matcher.group(1), Truth.valueOf(result.toUpperCase(Locale.ROOT))));
  }

  static Grammar.Read<AddressRange> range(String text) {
    return AddressRange.parse(text)
        .map(Words::good)
        .orElseGet(() ->
            bad(
                text,
                "an address or a CIDR range with all bits below the prefix zero, as in"
                    + " 192.0.2.0/24"));
  }

  static Grammar.Read<String> country(String text) {
    return COUNTRY.matcher(text).matches()
        ? good(text)
        : bad(text, "a country as two capital letters (ISO 3166), as in DE");
  }

  static Grammar.Read<Instant> instant(String text) {
    try {
      return good(Instant.parse(text));
    } catch (DateTimeException e) {
      return bad(text, "an instant in UTC, as in 2026-12-31T18:00:00Z");
    }
  }

  static Grammar.Read<String> mode(String text) {
    return switch (text) {
      case "off", "report-only", "enforce" -> good(text);
      default -> bad(text, "off, report-only or enforce");
    };
  }

  static Grammar.Read<Integer> percent(String text) {
    return PERCENT.matcher(text).matches()
        ? good(Integer.valueOf(text))
        : bad(text, "a whole number from 1 to 99");
  }

  static Grammar.Read<TimeWindow> window(String text) {
    Matcher matcher = WINDOW.matcher(text);
    if (matcher.matches()) {
      List<DayOfWeek> days = days(matcher.group(1));
      int from = minute(matcher.group(2), matcher.group(3));
      int to = minute(matcher.group(4), matcher.group(5));
      Optional<ZoneId> zone = zone(matcher.group(6));
      if (!days.isEmpty()
          && from < TimeWindow.DAY_MINUTES
          && 0 < to
          && to <= TimeWindow.DAY_MINUTES
          && zone.isPresent()) {
        return good(new TimeWindow(days, from, to, zone.get()));
      }
    }
    return bad(text, "days, hours and a zone, as in mon-fri 08:00-18:00 Europe/Berlin");
  }

  private static int minute(String hours, String minutes) {
    return Integer.parseInt(hours) * 60 + Integer.parseInt(minutes);
  }

  private static Optional<ZoneId> zone(String text) {
    return ZoneId.getAvailableZoneIds().contains(text)
        ? Optional.of(ZoneId.of(text))
        : Optional.empty();
  }

  /// None if it is not a list of days.
  private static List<DayOfWeek> days(String text) {
    if (text.equals("daily")) {
      return List.of(DayOfWeek.values());
    }
    List<DayOfWeek> days = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      String[] ends = part.split("-", -1);
      Optional<DayOfWeek> first = day(ends[0]);
      Optional<DayOfWeek> last = day(ends[ends.length - 1]);
      if (ends.length > 2 || first.isEmpty() || last.isEmpty()) {
        return List.of();
      }
      DayOfWeek day = first.get();
      days.add(day);
      while (day != last.get()) {
        day = day.plus(1);
        days.add(day);
      }
    }
    return days;
  }

  private static Optional<DayOfWeek> day(String text) {
    for (DayOfWeek day : DayOfWeek.values()) {
      if (day.name().toLowerCase(Locale.ROOT).startsWith(text) && text.length() == 3) {
        return Optional.of(day);
      }
    }
    return Optional.empty();
  }
}
