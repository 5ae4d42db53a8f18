package org.postern.policystore.jdbc;

import java.util.List;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.yaml.PolicyError;

/// What became of a policy document.
public sealed interface ApplyResult {

  /// It is, or with a dry run would be, in force.
  ///
  /// @param changes one line each, as in `application payments: added`; empty if nothing changed
  /// @param version the policy version afterwards, unchanged if nothing changed
  /// @param configurationVersion that of the configuration alone
  /// @param configuration as it is, or would be, by this change and before any later one
  record Applied(
      List<String> changes,
      long version,
      long configurationVersion,
      PolicyConfiguration configuration)
      implements ApplyResult {
    /// Copies the list.
    public Applied {
      changes = List.copyOf(changes);
    }
  }

  /// It is wrong, and nothing was applied.
  record Refused(List<PolicyError> errors) implements ApplyResult {
    /// Copies the list.
    public Refused {
      errors = List.copyOf(errors);
    }
  }

  /// Somebody else changed the configuration meanwhile, and nothing was applied.
  ///
  /// @param expected the configuration version that the author had seen
  /// @param actual the one that it is
  record Conflict(long expected, long actual) implements ApplyResult {}
}
