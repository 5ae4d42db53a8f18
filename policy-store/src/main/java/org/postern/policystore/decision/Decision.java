package org.postern.policystore.decision;

import org.jspecify.annotations.Nullable;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.DenyReason;
import org.postern.policystore.Obligations;

/// The answer of policy to one question. Made when the snapshot is built, so that asking allocates
/// nothing.
public sealed interface Decision {

  /// The flow may be opened.
  record Allow(AccessRule rule, Application application) implements Decision {
    /// What the connector must hold to.
    public Obligations obligations() {
      return application.obligations();
    }
  }

  /// The flow may not be opened.
  ///
  /// @param rule the rule that denies it; null if none matched or policy was not the reason. For
  ///   the administrator's eyes only: the user learns the same of every denied name
  record Deny(@Nullable AccessRule rule, DenyReason reason) implements Decision {}
}
