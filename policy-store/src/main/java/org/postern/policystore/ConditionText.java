package org.postern.policystore;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/// Conditions in the words of the configuration.
public final class ConditionText {
  private static final int DAY_SECONDS = 86_400;
  private static final int HOUR_SECONDS = 3_600;

  private ConditionText() {}

  /// The key under which the configuration writes an operand.
  public static String word(Operand operand) {
    return switch (operand) {
      case Operand.Applications names -> "applications";
      case Operand.ApplicationGroups names -> "applicationGroups";
      case Operand.Labels labels -> "labels";
      case Operand.Users emails -> "users";
      case Operand.Groups names -> "groups";
      case Operand.Attribute attribute -> "attribute";
      case Operand.Providers names -> "identityProviders";
      case Operand.Workloads names -> "workloads";
      case Operand.ClientTypes types -> "clientTypes";
      case Operand.Platforms platforms -> "platforms";
      case Operand.Posture results -> "posture";
      case Operand.TrustedNetworks names -> "trustedNetworks";
      case Operand.Sources ranges -> "sources";
      case Operand.Countries codes -> "countries";
      case Operand.Risks levels -> "risks";
      case Operand.Times windows -> "times";
      case Operand.AuthenticationAge age -> "authenticationAge";
      case Operand.AuthenticationMethods methods -> "authenticationMethods";
      case Operand.AuthenticationContexts contexts -> "authenticationContexts";
    };
  }

  /// The values as the configuration writes them, in canonical order. An attribute's name is not
  /// among them.
  public static List<String> values(Operand operand) {
    return switch (operand) {
      case Operand.Applications(var names) -> names;
      case Operand.ApplicationGroups(var names) -> names;
      case Operand.Labels(var labels) -> texts(labels);
      case Operand.Users(var emails) -> emails;
      case Operand.Groups(var names) -> names;
      case Operand.Attribute(var name, var values) -> values;
      case Operand.Providers(var names) -> names;
      case Operand.Workloads(var names) -> names;
      case Operand.ClientTypes(var types) -> words(types);
      case Operand.Platforms(var platforms) -> words(platforms);
      case Operand.Posture(var results) -> texts(results);
      case Operand.TrustedNetworks(var names) -> names;
      case Operand.Sources(var ranges) -> texts(ranges);
      case Operand.Countries(var codes) -> codes;
      case Operand.Risks(var levels) -> words(levels);
      case Operand.Times(var windows) -> texts(windows);
      case Operand.AuthenticationAge(var most) -> List.of(duration(most));
      case Operand.AuthenticationMethods(var methods) -> methods;
      case Operand.AuthenticationContexts(var contexts) -> contexts;
    };
  }

  /// One line for people: `not platforms: linux, macos`, `attribute department: finance`.
  public static String line(Condition condition) {
    String name =
        condition.operand() instanceof Operand.Attribute attribute ? " " + attribute.name() : "";
    return (condition.negated() ? "not " : "")
        + word(condition.operand())
        + name
        + ": "
        + String.join(", ", values(condition.operand()));
  }

  /// The shortest whole number with a unit: `30m`, `12h`.
  public static String duration(Duration duration) {
    long seconds = duration.toSeconds();
    if (seconds % DAY_SECONDS == 0) {
      return seconds / DAY_SECONDS + "d";
    }
    if (seconds % HOUR_SECONDS == 0) {
      return seconds / HOUR_SECONDS + "h";
    }
    return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }

  /// A constant as the configuration writes it: `on-access`.
  public static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static List<String> texts(Collection<?> values) {
    return values.stream().map(Object::toString).toList();
  }

  private static List<String> words(Collection<? extends Enum<?>> values) {
    return values.stream().map(ConditionText::word).toList();
  }
}
