package org.postern.policystore.decision;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.ApprovalRecord;
import org.postern.policystore.Condition;
import org.postern.policystore.Group;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.Operand;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.Rule;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.RuleMode;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.TrustedNetwork;
import org.postern.policystore.Truth;
import org.postern.policystore.UserRecord;

/// Whether rules match one person, said plainly. Rules with shares of people are left to a test of
/// their own.
final class NaiveConditions {
  private final PolicyConfiguration configuration;
  private final @Nullable UserRecord user;
  private final @Nullable SessionRecord session;
  private final Facts facts;
  private final List<ApprovalRecord> approvals;

  NaiveConditions(
      PolicyConfiguration configuration,
      @Nullable UserRecord user,
      @Nullable SessionRecord session,
      Facts facts,
      List<ApprovalRecord> approvals) {
    this.configuration = configuration;
    this.user = user;
    this.session = session;
    this.facts = facts;
    this.approvals = approvals;
  }

  boolean isAbout(Rule rule, Application application) {
    RuleMatch.Targets targets = rule.match().targets();
    boolean named =
        targets.any()
            || isOperand(new Operand.Applications(targets.applications()), application)
            || isOperand(new Operand.ApplicationGroups(targets.groups()), application)
            || isOperand(new Operand.Labels(targets.labels()), application);
    return named
        && rule.match().conditions().stream()
            .filter(condition -> isAboutApplications(condition.operand()))
            .allMatch(
                condition -> isOperand(condition.operand(), application) != condition.negated());
  }

  private static boolean isAboutApplications(Operand operand) {
    return operand instanceof Operand.Applications
        || operand instanceof Operand.ApplicationGroups
        || operand instanceof Operand.Labels;
  }

  private boolean isOperand(Operand operand, Application application) {
    return switch (operand) {
      case Operand.Applications(var names) -> names.contains(application.name());
      case Operand.ApplicationGroups(var names) ->
          configuration.applicationGroups().stream()
              .anyMatch(group ->
                  names.contains(group.name())
                      && group.applications().contains(application.name()));
      case Operand.Labels(var labels) ->
          application.traits().labels().stream().anyMatch(labels::contains);
      default -> throw new AssertionError(operand);
    };
  }

  /// Who, all conditions, and whether the rule is in force.
  Truth matches(Rule rule, long now) {
    if (rule.expires() != null && !Instant.ofEpochMilli(now).isBefore(rule.expires())) {
      return Truth.FALSE;
    }
    Truth truth = who(rule.match().subjects());
    for (Condition condition : rule.match().conditions()) {
      if (!isAboutApplications(condition.operand())) {
        Truth holds = test(condition.operand(), rule, condition.negated(), now);
        truth = truth.and(condition.negated() ? holds.not() : holds);
      }
    }
    return switch (rule.mode()) {
      case RuleMode.Off off -> Truth.FALSE;
      case RuleMode.ReportOnly reportOnly -> Truth.FALSE;
      case RuleMode.Enforce enforce -> truth;
      case RuleMode.EnforceGroup(String group) -> truth.and(isIn(group));
      case RuleMode.EnforcePercent percent -> throw new AssertionError(percent);
    };
  }

  private Truth who(RuleMatch.Subjects who) {
    return who.anyone()
        ? Truth.TRUE
        : any(who.groups(), this::isIn).or(any(who.users(), this::isUser));
  }

  private static <T> Truth any(Collection<T> values, Function<T, Truth> test) {
    return values.stream().map(test).reduce(Truth.FALSE, Truth::or);
  }

  /// The e-mail address, if somebody vouches for it who may.
  private Optional<String> email() {
    if (user == null) {
      return Optional.empty();
    }
    for (IdentityProvider provider : configuration.identityProviders()) {
      boolean alone = configuration.identityProviders().size() == 1;
      boolean vouches =
          provider.domains().isEmpty()
              ? alone
              : provider.domains().stream().anyMatch(each -> user.email().endsWith("@" + each));
      if (provider.name().equals(user.provider()) && vouches) {
        return Optional.of(user.email());
      }
    }
    return Optional.empty();
  }

  private Truth isUser(String address) {
    return email().map(mine -> Truth.of(mine.equals(address))).orElse(Truth.UNKNOWN);
  }

  private Truth isIn(String name) {
    Group group =
        configuration.groups().stream()
            .filter(each -> each.name().equals(name))
            .findFirst()
            .orElse(new Group(name, List.of()));
    if (user != null && isSaidToBeIn(user, group)) {
      return Truth.TRUE;
    }
    List<String> members = group.members();
    if (members.isEmpty()) {
      return Truth.FALSE;
    }
    return any(members, this::isUser);
  }

  private boolean isSaidToBeIn(UserRecord someone, Group group) {
    if (!group.sources().isEmpty()) {
      return group.sources().stream()
          .filter(source -> source.provider().equals(someone.provider()))
          .anyMatch(source -> someone.providerGroups().contains(source.group()));
    }
    List<IdentityProvider> all = configuration.identityProviders();
    return all.size() == 1
        && all.getFirst().name().equals(someone.provider())
        && someone.providerGroups().contains(group.name());
  }

  private Truth test(Operand operand, Rule rule, boolean negated, long now) {
    return switch (operand) {
      case Operand.Applications names -> throw new AssertionError(names);
      case Operand.ApplicationGroups names -> throw new AssertionError(names);
      case Operand.Labels labels -> throw new AssertionError(labels);
      case Operand.Users(var emails) -> any(emails, this::isUser);
      case Operand.Groups(var names) -> any(names, this::isIn);
      case Operand.Attribute(String name, var values) -> {
        List<String> mine = user == null ? null : user.attributes().get(name);
        yield mine == null ? Truth.UNKNOWN : any(mine, value -> Truth.of(values.contains(value)));
      }
      case Operand.Providers(var names) -> fact(session, s -> names.contains(s.provider()));
      case Operand.Workloads names -> Truth.FALSE;
      case Operand.ClientTypes(var types) -> fact(facts.clientType(), types::contains);
      case Operand.Platforms(var platforms) -> fact(facts.platform(), platforms::contains);
      case Operand.Posture(var results) -> any(results, wanted -> posture(wanted, rule, negated));
      case Operand.TrustedNetworks(var names) -> any(names, this::isOn);
      case Operand.Sources(var ranges) ->
          fact(facts.source(), source -> ranges.stream().anyMatch(r -> r.contains(source)));
      case Operand.Countries(var codes) -> fact(facts.country(), codes::contains);
      case Operand.Risks(var levels) -> fact(facts.risk(), levels::contains);
      case Operand.Times(var windows) ->
          Truth.of(windows.stream().anyMatch(window -> window.contains(Instant.ofEpochMilli(now))));
      case Operand.AuthenticationAge(Duration most) -> Truth.of(isSignedInSince(most, now));
      case Operand.AuthenticationMethods(var methods) ->
          session == null || session.strength().methods().isEmpty()
              ? Truth.UNKNOWN
              : Truth.of(session.strength().methods().stream().anyMatch(methods::contains));
      case Operand.AuthenticationContexts(var contexts) ->
          session == null || session.strength().context().isEmpty()
              ? Truth.UNKNOWN
              : Truth.of(contexts.contains(session.strength().context()));
    };
  }

  private static <T> Truth fact(@Nullable T fact, Function<T, Boolean> test) {
    return fact == null ? Truth.UNKNOWN : Truth.of(test.apply(fact));
  }

  private Truth posture(Operand.PostureResult wanted, Rule rule, boolean negated) {
    Truth result = Truth.UNKNOWN;
    for (PostureProfile profile : configuration.postureProfiles()) {
      if (profile.name().equals(wanted.profile())
          && facts.platform() != null
          && profile.platforms().contains(facts.platform())) {
        result = facts.posture().getOrDefault(wanted.profile(), Truth.UNKNOWN);
      }
    }
    boolean mayAskForUnknown =
        rule instanceof AccessRule access
            && access.action() == (negated ? AccessRule.Action.ALLOW : AccessRule.Action.DENY);
    return switch (wanted.result()) {
      case TRUE -> result;
      case FALSE -> result.not();
      case UNKNOWN -> mayAskForUnknown ? Truth.of(result == Truth.UNKNOWN) : Truth.UNKNOWN;
    };
  }

  boolean isOnAnyNetwork() {
    return configuration.trustedNetworks().stream()
        .anyMatch(network -> isOn(network.name()) == Truth.TRUE);
  }

  private Truth isOn(String name) {
    for (TrustedNetwork network : configuration.trustedNetworks()) {
      if (network.name().equals(name)) {
        return network.sources().isEmpty()
            ? fact(facts.trustedNetworks(), said -> said.contains(name))
            : fact(
                facts.source(),
                source -> network.sources().stream().anyMatch(r -> r.contains(source)));
      }
    }
    return Truth.UNKNOWN;
  }

  boolean isSignedInSince(Duration most, long now) {
    return session != null
        && Instant.ofEpochMilli(now).isBefore(session.authenticatedAt().plus(most));
  }

  boolean isSignedInAs(AccessRule.SignInStrength required, long now) {
    return session != null
        && (required.ageMax().isZero() || isSignedInSince(required.ageMax(), now))
        && (required.methods().isEmpty()
            || session.strength().methods().stream().anyMatch(required.methods()::contains))
        && (required.contexts().isEmpty()
            || required.contexts().contains(session.strength().context()));
  }

  boolean isApproved(String application, long now) {
    Instant instant = Instant.ofEpochMilli(now);
    return approvals.stream()
        .anyMatch(approval ->
            approval.application().equals(application)
                && !approval.revoked()
                && !instant.isBefore(approval.startsAt())
                && instant.isBefore(approval.endsAt()));
  }
}
