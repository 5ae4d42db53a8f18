package org.postern.policystore.decision;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Truth;

/// Why a decision is what it is, for administrators: it names what the person may not know.
///
/// @param decision what [Snapshot#decide] answers
/// @param layer which part of policy gave the answer
/// @param applications the applications that the host and port belong to, the narrowest first
/// @param rules the rules about them, in order, at most [#RULES_MAX]
/// @param reconsiderAtMillis when the answer may change by itself; [Long#MAX_VALUE]: never
public record Explanation(
    Decision decision,
    Layer layer,
    List<String> applications,
    List<RuleTrace> rules,
    long reconsiderAtMillis) {
  /// How many rules are shown at most.
  public static final int RULES_MAX = 1_000;

  /// Copies the lists.
  public Explanation {
    applications = List.copyOf(applications);
    rules = List.copyOf(rules);
  }

  /// The facts that were missing and kept a rule from being sure, each once, in order.
  public List<String> missingFacts() {
    return rules.stream()
        .filter(rule -> rule.truth() == Truth.UNKNOWN)
        .flatMap(rule -> rule.conditions().stream())
        .filter(condition -> condition.truth() == Truth.UNKNOWN)
        .map(ConditionTrace::text)
        .distinct()
        .toList();
  }

  /// The parts of policy, in the order in which they have a say.
  public enum Layer {
    /// The session, user or device is not admitted, whatever it asks for.
    SUBJECT,
    /// No application has the host and port.
    APPLICATION,
    /// An access rule, or that there is none.
    ACCESS,
    /// A session rule.
    SESSION
  }

  /// What became of one rule.
  ///
  /// @param truth whether it matches
  public record RuleTrace(
      String name, Layer layer, Truth truth, Role role, List<ConditionTrace> conditions) {
    /// Copies the list.
    public RuleTrace {
      conditions = List.copyOf(conditions);
    }
  }

  /// What a rule did.
  public enum Role {
    /// It gave the answer.
    DECIDED,
    /// It was asked and does not match, or may match and must not count.
    PASSED,
    /// It matches or may match, and only reports.
    REPORTED,
    /// An earlier rule had decided.
    NOT_ASKED
  }

  /// What became of one condition.
  ///
  /// @param text the condition in the words of the configuration
  /// @param fact what was known; null: the fact is missing
  public record ConditionTrace(String text, Truth truth, @Nullable String fact) {}
}
