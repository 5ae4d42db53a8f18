package org.postern.policystore;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What a client does with the names of the applications it names. Without a matching rule a name
/// is ours if the subject may reach something behind it, and one below our domains does not exist
/// otherwise. Where applications overlap, the narrowest speaks for the name. A rule that only may
/// match (a fact is missing) never bypasses.
public record ForwardingRule(
    String name, RuleMatch match, RuleMode mode, @Nullable Instant expires, Forwarding forwarding)
    implements Rule {

  /// What a client does with a name.
  public enum Forwarding {
    /// The name is ours whether or not the subject may reach it: a forbidden one does not exist.
    INTERCEPT,
    /// The name is ours if the subject may reach something behind it; if not, it is left alone,
    /// also below our domains.
    INTERCEPT_ALLOWED,
    /// The name is not ours: the device resolves and dials as if Postern were not there.
    BYPASS
  }
}
