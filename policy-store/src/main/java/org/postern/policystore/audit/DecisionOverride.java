package org.postern.policystore.audit;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// What somebody does to have other decisions than those that the rules alone would make: for a
/// person, a device, or by switching a rule. What a directory or a transmitter of signals says is a
/// fact for the rules, and none. It is read off an entry of the log, so it is under the log's hash
/// as that is.
public enum DecisionOverride {
  ACCESS_APPROVED("", "approveRequest", "approval.approve"),
  ACCESS_REFUSED("", "refuseRequest", "approval.refuse"),
  ACCESS_WITHDRAWN("", "revokeApproval"),
  USER_DISABLED("disabled", "changeUser"),
  USER_ENABLED("enabled", "changeUser"),
  DEVICE_QUARANTINED("quarantined", "changeDevice"),
  DEVICE_FREED("registered", "changeDevice"),
  DEVICE_REMOVED("", "removeDevice"),
  SESSION_REVOKED("", "revokeSession"),
  CONNECTOR_REVOKED("", "revokeConnector"),
  RISK_SET("", "setRisk"),
  RISK_CLEARED("", "clearRisk"),
  /// A rule is switched off, on, to reporting only, or to some of the people.
  RULE_SWITCHED("");

  private static final String CHANGED = "config.changed";
  private static final Set<String> RULES = Set.of("rules", "session-rules", "forwarding-rules");
  private static final Set<String> MODES = Set.of("mode", "enforceGroup", "enforcePercent");

  private final String state;
  private final String actions;

  DecisionOverride(String state, String... actions) {
    this.state = state;
    this.actions = String.join(" ", actions);
  }

  /// As the API says it: `access-approved`.
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// Which one an event is; empty: none, or it was not done.
  public static Optional<DecisionOverride> of(AuditEvent event) {
    if (event.outcome() != AuditEvent.Outcome.DONE) {
      return Optional.empty();
    }
    if (event.action().equals(CHANGED)) {
      boolean switched =
          RULES.contains(event.objectKind())
              && Stream.of(event.before(), event.after()).anyMatch(DecisionOverride::hasMode);
      return switched ? Optional.of(RULE_SWITCHED) : Optional.empty();
    }
    return Arrays.stream(values())
        .filter(each -> each.ownActions().contains(event.action()))
        .filter(each ->
            each.state.isEmpty() || each.state.equals(event.after().getOrDefault("state", "")))
        .findFirst();
  }

  private static boolean hasMode(Map<String, String> fields) {
    return fields.keySet().stream().anyMatch(MODES::contains);
  }

  private List<String> ownActions() {
    return actions.isEmpty() ? List.of() : List.of(actions.split(" "));
  }

  /// Of entries whose fields are kept as JSON objects with sorted keys: those that are overrides,
  /// as a condition in SQL without parameters.
  public static String condition() {
    String some =
        String.join(
            "', '", Arrays.stream(values()).flatMap(each -> each.ownActions().stream()).toList());
    String modes =
        String.join(
            " or ",
            MODES.stream()
                .sorted()
                .flatMap(mode ->
                    Stream.of("before_fields", "after_fields")
                        .map(column -> column + " like '%\"" + mode + "\":%'"))
                .toList());
    return "outcome = 'done' and (action in ('%s') or (action = '%s' and object_kind in ('%s') and (%s)))"
        .formatted(some, CHANGED, String.join("', '", RULES.stream().sorted().toList()), modes);
  }
}
