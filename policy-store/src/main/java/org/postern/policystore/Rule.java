package org.postern.policystore;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// One rule of one of the three lists. Names are unique over all three. In each list the first rule
/// that matches decides.
public sealed interface Rule permits AccessRule, SessionRule, ForwardingRule {
  /// The name, by which everything else speaks of it.
  String name();

  /// When it matches.
  RuleMatch match();

  /// How far it is in force.
  RuleMode mode();

  /// From when on it never matches; null: never.
  @Nullable Instant expires();
}
