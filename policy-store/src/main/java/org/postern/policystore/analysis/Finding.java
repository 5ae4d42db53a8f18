package org.postern.policystore.analysis;

/// Something about a configuration that its author may not have meant.
///
/// @param kind what it is
/// @param subject the rule, application or connector group, by name
/// @param text one sentence for people: what, and what to do
public record Finding(Kind kind, String subject, String text) {
  /// Kinds of findings.
  public enum Kind {
    /// An earlier rule decides whenever this one would, the same way.
    SHADOWED,
    /// An earlier rule decides whenever this one would, another way.
    CONTRADICTING,
    /// The rule never decided anything.
    NEVER_HIT,
    /// The rule asks for posture that some platform cannot report.
    UNCOVERED_PLATFORM,
    /// The pattern covers very much.
    WIDE,
    /// Fewer than two connectors can serve it.
    SINGLE_CONNECTOR,
    /// The rule asks for a fact that nobody tells.
    MISSING_FACT,
    /// Nobody can be in the group.
    EMPTY_GROUP
  }
}
