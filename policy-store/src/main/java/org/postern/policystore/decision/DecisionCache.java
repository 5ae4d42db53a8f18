package org.postern.policystore.decision;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.Rule;

/// Decisions that were given out for each application, so that the same answer is the same object.
/// Any thread; two threads may make the same decision at once, which harms nobody.
@SuppressWarnings("ReferenceEquality") // Rules of one policy are one object each.
final class DecisionCache {
  private static final Decision[] NONE = {};
  private static final int KEPT_PER_APPLICATION = 64;

  private final AtomicReferenceArray<Decision @Nullable []> byApplication;

  DecisionCache(int applications) {
    this.byApplication = new AtomicReferenceArray<>(applications);
  }

  Decision allow(AccessRule rule, CompiledApplication application, long idleSeconds) {
    for (Decision known : known(application)) {
      if (known instanceof Decision.Allow allow
          && allow.rule() == rule
          && idleOf(application.application, idleSeconds)
              == allow.obligations().idleTimeout().toSeconds()) {
        return allow;
      }
    }
    return keep(
        application,
        Decision.Allow.of(rule, application.application, Duration.ofSeconds(idleSeconds)));
  }

  private static long idleOf(Application application, long idleSeconds) {
    long own = application.obligations().idleTimeout().toSeconds();
    return idleSeconds != 0 && (own == 0 || idleSeconds < own) ? idleSeconds : own;
  }

  Decision stepUp(Rule rule, CompiledApplication application, AccessRule.SignInStrength required) {
    for (Decision known : known(application)) {
      if (known instanceof Decision.StepUp stepUp && stepUp.rule() == rule) {
        return stepUp;
      }
    }
    return keep(application, new Decision.StepUp(rule, application.application, required));
  }

  Decision approval(AccessRule rule, CompiledApplication application) {
    for (Decision known : known(application)) {
      if (known instanceof Decision.RequireApproval approval && approval.rule() == rule) {
        return approval;
      }
    }
    return keep(application, new Decision.RequireApproval(rule, application.application));
  }

  private Decision[] known(CompiledApplication application) {
    Decision[] known = byApplication.get(application.index);
    return known == null ? NONE : known;
  }

  private Decision keep(CompiledApplication application, Decision decision) {
    Decision[] known = known(application);
    if (known.length < KEPT_PER_APPLICATION) {
      Decision[] more = Arrays.copyOf(known, known.length + 1);
      more[known.length] = decision;
      byApplication.set(application.index, more);
    }
    return decision;
  }
}
