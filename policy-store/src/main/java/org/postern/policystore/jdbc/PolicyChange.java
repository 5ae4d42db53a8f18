package org.postern.policystore.jdbc;

import java.util.List;
import java.util.OptionalLong;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.yaml.PolicyError;

/// How a policy document is to be applied.
///
/// @param message why, in the author's words; may be empty
/// @param requestId of the HTTPS request, empty outside one
/// @param from the author's address, empty if there is none
/// @param expected the configuration version that the author has seen; another one is a conflict
/// @param dryRun only say what would change
/// @param review looks at the change before it is made
public record PolicyChange(
    Actor author,
    String message,
    String requestId,
    String from,
    OptionalLong expected,
    boolean dryRun,
    Review review) {

  /// Looks at a change inside its transaction, before it is made. An exception undoes everything.
  @FunctionalInterface
  public interface Review {
    /// Has no objection and nothing to say.
    Review NONE = (before, after) -> new Findings(List.of(), List.of());

    /// What it found.
    Findings review(PolicyConfiguration before, PolicyConfiguration after);
  }

  /// What a review found.
  ///
  /// @param errors why the change may not be made; empty: it may
  /// @param events what the audit log shall say of it, one for each thing that changes
  public record Findings(List<PolicyError> errors, List<AuditEvent> events) {
    /// Copies the lists.
    public Findings {
      errors = List.copyOf(errors);
      events = List.copyOf(events);
    }
  }

  /// A change without ceremony.
  static PolicyChange by(String author, boolean dryRun) {
    return new PolicyChange(
        new Actor(Actor.Kind.ADMINISTRATOR, "", author),
        "",
        "",
        "",
        OptionalLong.empty(),
        dryRun,
        Review.NONE);
  }
}
