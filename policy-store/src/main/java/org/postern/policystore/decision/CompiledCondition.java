package org.postern.policystore.decision;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Condition;
import org.postern.policystore.Operand;
import org.postern.policystore.TimeWindow;
import org.postern.policystore.Truth;
import org.postern.policystore.UserRecord;

/// One condition of a rule, made ready for being asked. Conditions about the application are not
/// here: they are settled when a rule meets the applications.
record CompiledCondition(Condition source, Check check) {

  /// Prepares a condition.
  ///
  /// @param wantsUnknown whether this place in this kind of rule may ask for a missing posture
  ///   result: only where that cannot add access
  static CompiledCondition of(Condition condition, boolean wantsUnknown) {
    return new CompiledCondition(condition, check(condition.operand(), wantsUnknown));
  }

  static boolean isAboutApplication(Operand operand) {
    return operand instanceof Operand.Applications
        || operand instanceof Operand.ApplicationGroups
        || operand instanceof Operand.Labels;
  }

  Truth test(SubjectFacts subject, long nowMillis) {
    Truth truth = check.test(subject, nowMillis);
    return source.negated() ? truth.not() : truth;
  }

  /// Whether it wants a result to be missing that is: learning it would turn the answer.
  boolean mayTurn(SubjectFacts subject) {
    return source.operand() instanceof Operand.Posture(var results)
        && results.stream()
            .anyMatch(each ->
                each.result() == Truth.UNKNOWN && subject.posture(each.profile()) == Truth.UNKNOWN);
  }

  private static Check check(Operand operand, boolean wantsUnknown) {
    return switch (operand) {
      case Operand.Applications names -> throw aboutApplication(operand);
      case Operand.ApplicationGroups names -> throw aboutApplication(operand);
      case Operand.Labels labels -> throw aboutApplication(operand);
      case Operand.Users(var emails) -> (subject, now) -> subject.isUser(emails);
      case Operand.Groups(var names) -> (subject, now) -> anyGroup(subject, names);
      case Operand.Attribute(var name, var values) ->
          (subject, now) -> attribute(subject.user(), name, values);
      case Operand.Providers(var names) ->
          (subject, now) ->
              subject.session() == null
                  ? Truth.UNKNOWN
                  : Truth.of(names.contains(subject.session().provider()));
      case Operand.Workloads(var names) ->
          (subject, now) ->
              Truth.of(subject.workload() != null && names.contains(subject.workload()));
      case Operand.ClientTypes(var types) ->
          (subject, now) -> oneOf(subject.facts().clientType(), types);
      case Operand.Platforms(var platforms) ->
          (subject, now) -> oneOf(subject.facts().platform(), platforms);
      case Operand.Posture(var results) ->
          (subject, now) -> posture(subject, results, wantsUnknown);
      case Operand.TrustedNetworks(var names) -> (subject, now) -> anyNetwork(subject, names);
      case Operand.Sources(var ranges) -> (subject, now) -> subject.from(ranges);
      case Operand.Countries(var codes) ->
          (subject, now) -> oneOf(subject.facts().country(), codes);
      case Operand.Risks(var levels) -> (subject, now) -> oneOf(subject.facts().risk(), levels);
      case Operand.Times(var windows) -> new TimesCheck(windows);
      case Operand.AuthenticationAge(var most) -> new AgeCheck(most);
      case Operand.AuthenticationMethods(var methods) ->
          (subject, now) ->
              subject.session() == null
                  ? Truth.UNKNOWN
                  : anyOf(subject.session().strength().methods(), methods);
      case Operand.AuthenticationContexts(var contexts) ->
          (subject, now) ->
              subject.session() == null || subject.session().strength().context().isEmpty()
                  ? Truth.UNKNOWN
                  : Truth.of(contexts.contains(subject.session().strength().context()));
    };
  }

  private static IllegalArgumentException aboutApplication(Operand operand) {
    return new IllegalArgumentException(operand + " (expected: an operand about the subject)");
  }

  static Truth anyGroup(SubjectFacts subject, List<String> groups) {
    Truth any = Truth.FALSE;
    for (String group : groups) {
      any = any.or(subject.memberOf(group));
    }
    return any;
  }

  private static Truth attribute(@Nullable UserRecord user, String name, List<String> wanted) {
    Map<String, List<String>> attributes = user == null ? Map.of() : user.attributes();
    return anyOf(attributes.getOrDefault(name, List.of()), wanted);
  }

  /// Nothing said is a missing fact.
  private static Truth anyOf(List<String> said, List<String> wanted) {
    return said.isEmpty() ? Truth.UNKNOWN : Truth.of(said.stream().anyMatch(wanted::contains));
  }

  private static <T> Truth oneOf(@Nullable T fact, List<T> wanted) {
    return fact == null ? Truth.UNKNOWN : Truth.of(wanted.contains(fact));
  }

  private static Truth anyNetwork(SubjectFacts subject, List<String> names) {
    Truth any = Truth.FALSE;
    for (String name : names) {
      any = any.or(subject.onNetwork(name));
    }
    return any;
  }

  private static Truth posture(
      SubjectFacts subject, List<Operand.PostureResult> results, boolean wantsUnknown) {
    Truth any = Truth.FALSE;
    for (Operand.PostureResult wanted : results) {
      Truth result = subject.posture(wanted.profile());
      any =
          any.or(
              switch (wanted.result()) {
                case TRUE -> result;
                case FALSE -> result.not();
                case UNKNOWN -> wantsUnknown ? Truth.of(result == Truth.UNKNOWN) : Truth.UNKNOWN;
              });
    }
    return any;
  }

  /// Any of several time windows.
  private static final class TimesCheck implements Check {
    private final TimeCheck[] checks;

    TimesCheck(List<TimeWindow> windows) {
      this.checks = windows.stream().map(TimeCheck::new).toArray(TimeCheck[]::new);
    }

    @Override
    public Truth test(SubjectFacts subject, long nowMillis) {
      for (TimeCheck check : checks) {
        if (check.test(subject, nowMillis) == Truth.TRUE) {
          return Truth.TRUE;
        }
      }
      return Truth.FALSE;
    }

    @Override
    public long next(SubjectFacts subject, long nowMillis) {
      long next = Long.MAX_VALUE;
      for (TimeCheck check : checks) {
        next = Math.min(next, check.next(subject, nowMillis));
      }
      return next;
    }

    @Override
    public boolean isTimed() {
      return true;
    }
  }

  /// Signed in at most so long ago.
  private record AgeCheck(long seconds) implements Check {
    AgeCheck(Duration most) {
      this(Objects.requireNonNull(most).toSeconds());
    }

    @Override
    public Truth test(SubjectFacts subject, long nowMillis) {
      return subject.session() == null
          ? Truth.UNKNOWN
          : Truth.of(nowMillis < subject.youngUntil(seconds));
    }

    @Override
    public long next(SubjectFacts subject, long nowMillis) {
      long end = subject.youngUntil(seconds);
      return end > nowMillis ? end : Long.MAX_VALUE;
    }

    @Override
    public boolean isTimed() {
      return true;
    }
  }
}
