package org.postern.policystore;

/// How far a rule is in force.
public sealed interface RuleMode {
  /// In force for everybody.
  Enforce ENFORCE = new Enforce();

  /// Not asked at all.
  record Off() implements RuleMode {}

  /// Counts what it would have done, and does nothing.
  record ReportOnly() implements RuleMode {}

  /// In force for everybody.
  record Enforce() implements RuleMode {}

  /// In force for some of the subjects, always the same ones, and report-only for the others.
  ///
  /// @param percent 1 to 99; a subject that is in at one value is in at all higher ones
  record EnforcePercent(int percent) implements RuleMode {
    /// Refuses shares that are none or all.
    public EnforcePercent {
      if (percent < 1 || percent > 99) {
        throw new IllegalArgumentException("percent " + percent + " (expected: 1 to 99)");
      }
    }
  }

  /// In force for the members of a group, and report-only for the others.
  record EnforceGroup(String group) implements RuleMode {}
}
