package org.postern.policystore;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Who may reach what, and on which terms. Rules are asked in order, the first that matches
/// decides, and without one the answer is no.
public record AccessRule(String name, Action action, RuleMatch match, RuleMode mode, Terms terms)
    implements Rule {

  /// A rule in force that names applications and subjects and nothing else.
  public AccessRule(
      String name, Action action, List<String> applications, RuleMatch.Subjects subjects) {
    this(name, action, RuleMatch.of(applications, subjects), RuleMode.ENFORCE, Terms.NONE);
  }

  @Override
  public @Nullable Instant expires() {
    return terms.expires();
  }

  /// What a matching rule says.
  public enum Action {
    /// The flow may be opened.
    ALLOW,
    /// The flow may not be opened, whatever later rules say.
    DENY,
    /// The flow may be opened if the sign-in is as [Terms#stepUp] asks, and otherwise not before it
    /// is.
    STEP_UP,
    /// The flow may be opened while an approval for this person and application is in force, and
    /// otherwise not before one is.
    REQUIRE_APPROVAL
  }

  /// What comes with a rule's answer.
  ///
  /// @param message for the person, when the answer is no; empty: none
  /// @param connectorGroups only connectors of these groups serve what this rule lets in, as far as
  ///   they serve the application at all; empty: the application's own
  /// @param expires from when on the rule never matches; null: never
  /// @param stepUp what a rule that requires a step-up asks for
  public record Terms(
      String message,
      List<String> connectorGroups,
      @Nullable Instant expires,
      SignInStrength stepUp) {
    /// Nothing.
    public static final Terms NONE = new Terms("", List.of(), null, SignInStrength.NONE);

    /// Copies the list.
    public Terms {
      connectorGroups = List.copyOf(connectorGroups);
    }
  }

  /// How fresh and strong a sign-in has to be; everything that is given must hold.
  ///
  /// @param ageMax signed in at most so long ago; zero: any time
  /// @param methods one of these `amr` values was used; empty: any
  /// @param contexts one of these `acr` values; empty: any
  public record SignInStrength(Duration ageMax, List<String> methods, List<String> contexts) {
    /// Any sign-in.
    public static final SignInStrength NONE =
        new SignInStrength(Duration.ZERO, List.of(), List.of());

    /// Sorts the lists.
    public SignInStrength {
      methods = methods.stream().distinct().sorted().toList();
      contexts = contexts.stream().distinct().sorted().toList();
    }
  }
}
