package org.postern.policystore.decision;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.DenyReason;
import org.postern.policystore.Obligations;
import org.postern.policystore.Rule;

/// The answer of policy to one question. Asking the same again gives the same object, so that
/// asking allocates nothing. When it may change because time passes is asked apart:
/// `Snapshot.reconsiderAt`.
public sealed interface Decision {

  /// The rule that decided; null if none matched or policy was not the reason. For the
  /// administrator's eyes: the person learns at most its message.
  @Nullable Rule rule();

  /// The flow may be opened.
  ///
  /// @param connectorGroups the groups whose connectors may serve it; empty if the rule steers to
  ///   groups that do not serve the application
  /// @param obligations what the connector must hold to: the application's, and the session rules'
  record Allow(
      AccessRule rule,
      Application application,
      List<String> connectorGroups,
      Obligations obligations)
      implements Decision {
    /// Copies the list.
    public Allow {
      connectorGroups = List.copyOf(connectorGroups);
    }

    /// On the application's own terms, as far as the rule does not steer.
    static Allow of(AccessRule rule, Application application, Duration idleMax) {
      List<String> steered = rule.terms().connectorGroups();
      List<String> groups =
          steered.isEmpty()
              ? application.connectorGroups()
              : steered.stream().filter(application.connectorGroups()::contains).toList();
      Obligations own = application.obligations();
      boolean shorter =
          !idleMax.isZero()
              && (own.idleTimeout().isZero() || idleMax.compareTo(own.idleTimeout()) < 0);
      Obligations obligations =
          shorter
              ? new Obligations(
                  idleMax,
                  own.ageMax(),
                  own.allowLoopback(),
                  own.allowLinkLocal(),
                  own.lanePerFlow())
              : own;
      return new Allow(rule, application, groups, obligations);
    }
  }

  /// The flow may not be opened.
  ///
  /// @param rule the rule that denies it; null if none matched or policy was not the reason
  record Deny(@Nullable AccessRule rule, DenyReason reason) implements Decision {}

  /// The flow may not be opened with this sign-in; a fresher or stronger one would do.
  ///
  /// @param rule an access rule that asks for a step-up, or a session rule whose time is over
  /// @param required what would do
  record StepUp(Rule rule, Application application, AccessRule.SignInStrength required)
      implements Decision {}

  /// The flow may not be opened before an approver says yes.
  record RequireApproval(AccessRule rule, Application application) implements Decision {}
}
