package org.postern.policystore.decision;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AccessRule;
import org.postern.policystore.DenyReason;
import org.postern.policystore.ForwardingRule;
import org.postern.policystore.SessionRule;
import org.postern.policystore.Truth;

/// The one way through the rules, for decisions, for explanations, and for the instant at which a
/// decision may change. Allocates nothing.
final class Walk {
  static final Decision NO_RULE = new Decision.Deny(null, DenyReason.POLICY_NO_RULE);

  private static final int INT_BITS = 32;
  private static final long INT_MASK = 0xffff_ffffL;

  private Walk() {}

  /// What a rule whose truth is known means for the answer.
  private enum Effect {
    NONE,
    ALLOW,
    DENY,
    STEP_UP,
    APPROVAL
  }

  /// What the rules say of a subject in good standing about an entry that there is.
  ///
  /// @param matching which of the entry's applications are meant, as bits
  static Decision decide(
      SubjectView view, HostEntry entry, long matching, long nowMillis, @Nullable Witness witness) {
    return decide(view, entry, matching, entry, nowMillis, witness);
  }

  /// What the rules say of a subject in good standing.
  ///
  /// @param matching which of the entry's applications are meant, as bits
  /// @param stranger whose rules are gone through when nothing matches, so that what no rule lets
  ///   in takes as long as what does not exist
  static Decision decide(
      SubjectView view,
      HostEntry entry,
      long matching,
      HostEntry stranger,
      long nowMillis,
      @Nullable Witness witness) {
    CompiledPolicy policy = view.snapshot.policy();
    RuleLayer layer = policy.access;
    // Behind a name that is nobody's the rules of some application are gone through all the same,
    // and come to nothing.
    long counting = matching == 0 ? 0 : -1;
    HostEntry walked = matching == 0 ? stranger : entry;
    long meant = matching == 0 ? walked.all() : matching;
    int found = -1;
    Effect effect = Effect.NONE;
    for (int word = layer.next(walked, meant, 0);
        word < layer.words && found < 0;
        word = layer.next(walked, meant, word + 1)) {
      long bits = bits(layer, walked, meant, word) & view.access.maybe()[word] & counting;
      for (; bits != 0 && found < 0; bits &= bits - 1) {
        int index = (word << 6) + Long.numberOfTrailingZeros(bits);
        Truth truth = truth(layer, view.access, view.subject, index, nowMillis);
        if (witness != null) {
          witness.asked(layer, index, truth);
        }
        if (truth != Truth.FALSE && !view.access.isReportOnly(index)) {
          effect = effect(view, entry, matching, index, truth, nowMillis, witness);
          found = effect == Effect.NONE ? -1 : index;
        }
      }
    }
    if (found < 0) {
      return NO_RULE;
    }
    CompiledRule rule = layer.rules[found];
    CompiledApplication application = application(layer, entry, matching, found);
    AccessRule access = (AccessRule) rule.rule;
    return switch (effect) {
      case ALLOW -> {
        long terms = sessionTerms(view, entry, matching, nowMillis, witness);
        long end = endOfSignIn(view, terms);
        if (witness != null && end > nowMillis) {
          witness.changesAt(end);
        }
        yield nowMillis < end
            ? policy.decisions.allow(access, application, terms & INT_MASK)
            : signInAgain(view, entry, matching, application, terms >>> INT_BITS, nowMillis);
      }
      case STEP_UP -> policy.decisions.stepUp(access, application, rule.strength);
      case APPROVAL -> policy.decisions.approval(access, application);
      case NONE, DENY -> rule.deny == null ? NO_RULE : rule.deny;
    };
  }

  /// Sixty-four rules that are about one of the matching applications.
  static long bits(RuleLayer layer, HostEntry entry, long matching, int word) {
    long bits = 0;
    for (long rest = matching; rest != 0; rest &= rest - 1) {
      bits |= layer.word(entry.applications[Long.numberOfTrailingZeros(rest)], word);
    }
    return bits;
  }

  static Truth truth(
      RuleLayer layer, LayerView view, SubjectFacts subject, int index, long nowMillis) {
    return layer.rules[index].at(view.standing(index), subject, nowMillis);
  }

  /// The narrowest of the matching applications that a rule is about.
  private static CompiledApplication application(
      RuleLayer layer, HostEntry entry, long matching, int rule) {
    for (long rest = matching; rest != 0; rest &= rest - 1) {
      CompiledApplication application = entry.applications[Long.numberOfTrailingZeros(rest)];
      if (layer.isAbout(rule, application)) {
        return application;
      }
    }
    throw new AssertionError("rule " + rule + " is about none of the applications it matched for");
  }

  private static Effect effect(
      SubjectView view,
      HostEntry entry,
      long matching,
      int index,
      Truth truth,
      long nowMillis,
      @Nullable Witness witness) {
    RuleLayer layer = view.snapshot.policy().access;
    CompiledRule rule = layer.rules[index];
    AccessRule.Action action = ((AccessRule) rule.rule).action();
    boolean met =
        switch (action) {
          case ALLOW -> true;
          case DENY -> false;
          case STEP_UP -> {
            if (witness != null) {
              witness.changesAt(endOf(rule.strength, view.subject, nowMillis));
            }
            yield isMet(rule.strength, view.subject, nowMillis);
          }
          case REQUIRE_APPROVAL -> {
            if (witness != null) {
              witness.changesAt(view.subject.nextApproval(nowMillis));
            }
            String application = application(layer, entry, matching, index).application.name();
            yield view.subject.approved(application, nowMillis);
          }
        };
    if (truth == Truth.UNKNOWN) {
      // A missing fact gives nothing, not even a way to ask; it can only take away.
      return met ? Effect.NONE : Effect.DENY;
    }
    if (met) {
      return Effect.ALLOW;
    }
    return switch (action) {
      case STEP_UP -> Effect.STEP_UP;
      case REQUIRE_APPROVAL -> Effect.APPROVAL;
      case ALLOW, DENY -> Effect.DENY;
    };
  }

  private static boolean isMet(
      AccessRule.SignInStrength required, SubjectFacts subject, long nowMillis) {
    if (subject.session() == null) {
      return false;
    }
    boolean young =
        required.ageMax().isZero() || nowMillis < subject.youngUntil(required.ageMax().toSeconds());
    boolean method =
        required.methods().isEmpty()
            || shareOne(required.methods(), subject.session().strength().methods());
    boolean context =
        required.contexts().isEmpty()
            || required.contexts().contains(subject.session().strength().context());
    return young && method && context;
  }

  private static boolean shareOne(List<String> some, List<String> others) {
    for (int i = 0; i < some.size(); i++) {
      if (others.contains(some.get(i))) {
        return true;
      }
    }
    return false;
  }

  private static long endOf(
      AccessRule.SignInStrength required, SubjectFacts subject, long nowMillis) {
    long end =
        required.ageMax().isZero()
            ? Long.MAX_VALUE
            : subject.youngUntil(required.ageMax().toSeconds());
    return end > nowMillis ? end : Long.MAX_VALUE;
  }

  // -- session rules

  /// When the sign-in gets too old for the terms. Workloads do not sign in.
  private static long endOfSignIn(SubjectView view, long terms) {
    long age = terms >>> INT_BITS;
    return age == 0 || view.subject.workload() != null
        ? Long.MAX_VALUE
        : view.subject.youngUntil(age);
  }

  /// The shortest age (upper half) and idle time (lower half) in seconds of the rules that may
  /// match, up to the first that surely does; 0: none. All matching applications count, whichever
  /// of them a rule let in: otherwise a missing fact could lead round a session rule.
  private static long sessionTerms(
      SubjectView view, HostEntry entry, long matching, long nowMillis, @Nullable Witness witness) {
    RuleLayer layer = view.snapshot.policy().sessions;
    long age = 0;
    long idle = 0;
    boolean done = false;
    for (int word = layer.next(entry, matching, 0);
        word < layer.words && !done;
        word = layer.next(entry, matching, word + 1)) {
      long bits = bits(layer, entry, matching, word) & view.sessions.maybe()[word];
      while (bits != 0 && !done) {
        int index = (word << 6) + Long.numberOfTrailingZeros(bits);
        bits &= bits - 1;
        Truth truth = truth(layer, view.sessions, view.subject, index, nowMillis);
        if (witness != null) {
          witness.asked(layer, index, truth);
        }
        if (truth != Truth.FALSE && !view.sessions.isReportOnly(index)) {
          SessionRule rule = (SessionRule) layer.rules[index].rule;
          age = shorter(age, rule.ageMax().toSeconds());
          idle = shorter(idle, rule.idleMax().toSeconds());
          done = truth == Truth.TRUE;
        }
      }
    }
    return age << INT_BITS | idle;
  }

  private static long shorter(long known, long seconds) {
    return known == 0 || (seconds != 0 && seconds < known) ? seconds : known;
  }

  /// The first session rule with the age that [#sessionTerms] found asks for a new sign-in.
  private static Decision signInAgain(
      SubjectView view,
      HostEntry entry,
      long matching,
      CompiledApplication application,
      long age,
      long nowMillis) {
    CompiledPolicy policy = view.snapshot.policy();
    RuleLayer layer = policy.sessions;
    for (int index = 0; index < layer.rules.length; index++) {
      CompiledRule rule = layer.rules[index];
      long bit = 1L << index;
      int word = index >>> 6;
      boolean counts =
          (bits(layer, entry, matching, word) & view.sessions.maybe()[word] & bit) != 0
              && !view.sessions.isReportOnly(index)
              && truth(layer, view.sessions, view.subject, index, nowMillis) != Truth.FALSE;
      if (counts && ((SessionRule) rule.rule).ageMax().toSeconds() == age) {
        return policy.decisions.stepUp(rule.rule, application, rule.strength);
      }
    }
    throw new AssertionError("no session rule has the age that was found");
  }

  // -- forwarding rules

  /// What a client is to do with an application's names, by the rules alone; null: no rule says.
  static ForwardingRule.@Nullable Forwarding forwarding(
      SubjectView view, CompiledApplication application, long nowMillis) {
    RuleLayer layer = view.snapshot.policy().forwarding;
    int index = forwardingRule(view, application, nowMillis, false);
    if (index < 0) {
      return null;
    }
    // What only may match never has a name left alone, not even one that is not allowed.
    boolean surely = truth(layer, view.forwarding, view.subject, index, nowMillis) == Truth.TRUE;
    ForwardingRule.Forwarding said = forwarding(layer, index);
    return surely || said == ForwardingRule.Forwarding.INTERCEPT ? said : null;
  }

  /// What a rule says; null for -1, which is no rule.
  static ForwardingRule.@Nullable Forwarding forwarding(RuleLayer layer, int rule) {
    return rule < 0 ? null : ((ForwardingRule) layer.rules[rule].rule).forwarding();
  }

  /// The first rule that speaks for an application; -1: none.
  ///
  /// @param reporting whether rules that only report speak too
  static int forwardingRule(
      SubjectView view, CompiledApplication application, long nowMillis, boolean reporting) {
    RuleLayer layer = view.snapshot.policy().forwarding;
    for (int word = 0; word < layer.words; word++) {
      long bits = layer.word(application, word) & view.forwarding.maybe()[word];
      for (; bits != 0; bits &= bits - 1) {
        int index = (word << 6) + Long.numberOfTrailingZeros(bits);
        Truth truth = truth(layer, view.forwarding, view.subject, index, nowMillis);
        boolean bypass = forwarding(layer, index) == ForwardingRule.Forwarding.BYPASS;
        if (truth != Truth.FALSE
            && !(truth == Truth.UNKNOWN && bypass)
            && (reporting || !view.forwarding.isReportOnly(index))) {
          return index;
        }
      }
    }
    return -1;
  }

  // -- counting

  /// Counts the rule that decided, and what rules before it that only report would have done.
  static void count(
      SubjectView view, HostEntry entry, long matching, long nowMillis, Decision decision) {
    RuleLayer layer = view.snapshot.policy().access;
    String name = decision.rule() == null ? "" : decision.rule().name();
    CompiledRule decided = layer.rule(name);
    if (decided != null) {
      decided.counter.hit(nowMillis);
    }
    if (decision instanceof Decision.Allow || (decided == null && !name.isEmpty())) {
      countSessions(view, entry, matching, nowMillis);
    }
    if (!view.access.reports()) {
      return;
    }
    boolean allowed = decision instanceof Decision.Allow;
    for (int word = layer.next(entry, matching, 0);
        word < layer.words;
        word = layer.next(entry, matching, word + 1)) {
      long bits =
          bits(layer, entry, matching, word)
              & view.access.maybe()[word]
              & (view.access.report()[word] | bitOf(layer, decided, word));
      for (; bits != 0; bits &= bits - 1) {
        int index = (word << 6) + Long.numberOfTrailingZeros(bits);
        CompiledRule rule = layer.rules[index];
        if (rule == decided) {
          return;
        }
        Truth truth = truth(layer, view.access, view.subject, index, nowMillis);
        if (truth == Truth.FALSE) {
          continue;
        }
        Effect effect = effect(view, entry, matching, index, truth, nowMillis, null);
        if (effect != Effect.NONE) {
          rule.counter.report((effect == Effect.ALLOW) != allowed, nowMillis);
        }
      }
    }
  }

  /// Counts the session rules whose times hold, and those that only report.
  private static void countSessions(
      SubjectView view, HostEntry entry, long matching, long nowMillis) {
    RuleLayer layer = view.snapshot.policy().sessions;
    long terms = sessionTerms(view, entry, matching, nowMillis, null);
    long age = terms >>> INT_BITS;
    long idle = terms & INT_MASK;
    boolean done = false;
    for (int word = layer.next(entry, matching, 0);
        word < layer.words && !done;
        word = layer.next(entry, matching, word + 1)) {
      long bits = bits(layer, entry, matching, word) & view.sessions.maybe()[word];
      for (; bits != 0 && !done; bits &= bits - 1) {
        int index = (word << 6) + Long.numberOfTrailingZeros(bits);
        Truth truth = truth(layer, view.sessions, view.subject, index, nowMillis);
        if (truth == Truth.FALSE) {
          continue;
        }
        CompiledRule rule = layer.rules[index];
        long ruleAge = ((SessionRule) rule.rule).ageMax().toSeconds();
        long ruleIdle = ((SessionRule) rule.rule).idleMax().toSeconds();
        if (view.sessions.isReportOnly(index)) {
          boolean changes = shorter(age, ruleAge) != age || shorter(idle, ruleIdle) != idle;
          rule.counter.report(changes, nowMillis);
        } else {
          done = truth == Truth.TRUE;
          if ((ruleAge != 0 && ruleAge == age) || (ruleIdle != 0 && ruleIdle == idle)) {
            rule.counter.hit(nowMillis);
          }
        }
      }
    }
  }

  private static long bitOf(RuleLayer layer, @Nullable CompiledRule rule, int word) {
    if (rule == null) {
      return 0;
    }
    int index = layer.indexOf(rule.rule.name());
    return index >>> 6 == word ? 1L << index : 0;
  }
}
