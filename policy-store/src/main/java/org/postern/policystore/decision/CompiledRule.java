package org.postern.policystore.decision;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Condition;
import org.postern.policystore.DenyReason;
import org.postern.policystore.ForwardingRule;
import org.postern.policystore.Operand;
import org.postern.policystore.Rule;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.RuleMode;
import org.postern.policystore.SessionRule;
import org.postern.policystore.Truth;

/// A rule, made ready for being asked. Depends on nothing but the rule, so it outlives snapshots.
final class CompiledRule {
  private static final int PERCENT = 100;

  final Rule rule;
  final RuleCounter counter;
  final List<CompiledCondition> conditions;
  final @Nullable Decision deny;
  final AccessRule.SignInStrength strength;
  private final CompiledCondition[] standing;
  private final CompiledCondition[] timed;
  private final long expiresAtMillis;

  /// Compiles.
  ///
  /// @param shared conditions about the time that are compiled already, and get those of this rule:
  ///   what many rules ask at every decision is one object, and near
  CompiledRule(Rule rule, RuleCounter counter, Map<Condition, CompiledCondition> shared) {
    this.rule = rule;
    this.counter = counter;
    List<CompiledCondition> all = new ArrayList<>();
    for (Condition condition : rule.match().conditions()) {
      if (!CompiledCondition.isAboutApplication(condition.operand())) {
        CompiledCondition made = CompiledCondition.of(condition, mayWantUnknown(rule, condition));
        all.add(made.check().isTimed() ? shared.computeIfAbsent(condition, key -> made) : made);
      }
    }
    this.conditions = List.copyOf(all);
    this.standing = select(all, false);
    this.timed = select(all, true);
    this.expiresAtMillis = rule.expires() == null ? Long.MAX_VALUE : rule.expires().toEpochMilli();
    this.deny =
        rule instanceof AccessRule access
            ? new Decision.Deny(access, DenyReason.POLICY_DENIED)
            : null;
    this.strength =
        switch (rule) {
          case AccessRule access -> access.terms().stepUp();
          case SessionRule session ->
              new AccessRule.SignInStrength(session.ageMax(), List.of(), List.of());
          case ForwardingRule forwarding -> AccessRule.SignInStrength.NONE;
        };
  }

  /// Adds the conditions about the time.
  void share(Map<Condition, CompiledCondition> shared) {
    for (CompiledCondition condition : timed) {
      shared.putIfAbsent(condition.source(), condition);
    }
  }

  private static CompiledCondition[] select(List<CompiledCondition> all, boolean isTimed) {
    return all.stream()
        .filter(condition -> condition.check().isTimed() == isTimed)
        .toArray(CompiledCondition[]::new);
  }

  /// Learning a posture result may then only turn a denial off, or an allowance on.
  private static boolean mayWantUnknown(Rule rule, Condition condition) {
    if (!(rule instanceof AccessRule access)) {
      return false;
    }
    return condition.negated()
        ? access.action() == AccessRule.Action.ALLOW
        : access.action() == AccessRule.Action.DENY;
  }

  /// Whether the rule is about the subject at all.
  Truth who(SubjectFacts subject) {
    RuleMatch.Subjects who = rule.match().subjects();
    if (subject.workload() != null) {
      // Whether a workload would be one of the people is a question without an answer.
      boolean people = who.anyone() || !who.groups().isEmpty() || !who.users().isEmpty();
      return Truth.of(who.workloads().contains(subject.workload()))
          .or(people ? Truth.UNKNOWN : Truth.FALSE);
    }
    if (who.anyone()) {
      return Truth.TRUE;
    }
    Truth users = who.users().isEmpty() ? Truth.FALSE : subject.isUser(who.users());
    return users.or(CompiledCondition.anyGroup(subject, who.groups()));
  }

  /// Whether the rule is in force for the subject; where that is unknown it is, as a rule that may
  /// or may not match.
  Truth inForce(SubjectFacts subject) {
    return switch (rule.mode()) {
      case RuleMode.Off off -> Truth.FALSE;
      case RuleMode.ReportOnly reportOnly -> Truth.FALSE;
      case RuleMode.Enforce enforce -> Truth.TRUE;
      case RuleMode.EnforcePercent(int percent) -> Truth.of(share(subject.id()) < percent);
      case RuleMode.EnforceGroup(String group) -> subject.memberOf(group);
    };
  }

  private int share(String id) {
    long mixed = (31L * rule.name().hashCode() + id.hashCode()) * 0x9e3779b97f4a7c15L;
    return Math.floorMod((int) (mixed >>> 32), PERCENT);
  }

  /// Whether nothing but the time and whom the rule names is asked.
  boolean isPlain() {
    return standing.length == 0 && rule.mode() instanceof RuleMode.Enforce;
  }

  /// What can be said of the rule and the subject whatever the time.
  ///
  /// @param who what came of [#who]
  Truth standing(Truth who, SubjectFacts subject) {
    Truth truth = who;
    for (CompiledCondition condition : standing) {
      if (truth == Truth.FALSE) {
        return truth;
      }
      truth = truth.and(condition.test(subject, 0));
    }
    return truth;
  }

  /// Adds what depends on the time.
  Truth at(Truth standingTruth, SubjectFacts subject, long nowMillis) {
    if (nowMillis >= expiresAtMillis) {
      return Truth.FALSE;
    }
    Truth truth = standingTruth;
    for (CompiledCondition condition : timed) {
      truth = truth.and(condition.test(subject, nowMillis));
    }
    return truth;
  }

  /// Whether a condition wants a posture result to be missing: then learning it may change what is
  /// surely so now.
  boolean wantsUnknown() {
    return conditions.stream().anyMatch(CompiledRule::wantsUnknown);
  }

  private static boolean wantsUnknown(CompiledCondition condition) {
    return condition.source().operand() instanceof Operand.Posture(var results)
        && results.stream().anyMatch(each -> each.result() == Truth.UNKNOWN);
  }

  /// What can be said of the rule and the subject whatever may still become known.
  Truth whateverIsLearnt(SubjectFacts subject, long nowMillis) {
    if (nowMillis >= expiresAtMillis) {
      return Truth.FALSE;
    }
    Truth truth = who(subject).and(inForce(subject));
    for (CompiledCondition condition : conditions) {
      truth =
          truth.and(
              condition.mayTurn(subject) ? Truth.UNKNOWN : condition.test(subject, nowMillis));
    }
    return truth;
  }

  /// The next instant at which [#at] may come to something else.
  long next(SubjectFacts subject, long nowMillis) {
    long next = expiresAtMillis > nowMillis ? expiresAtMillis : Long.MAX_VALUE;
    for (CompiledCondition condition : timed) {
      next = Math.min(next, condition.check().next(subject, nowMillis));
    }
    return next;
  }
}
