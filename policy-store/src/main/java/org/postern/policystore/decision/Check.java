package org.postern.policystore.decision;

import org.postern.policystore.Truth;

/// One operand, made ready for being asked.
interface Check {
  /// Whether the operand holds. Allocates nothing in the steady state.
  Truth test(SubjectFacts subject, long nowMillis);

  /// The next instant, later than now, at which the answer may be another only because time passed.
  default long next(SubjectFacts subject, long nowMillis) {
    return Long.MAX_VALUE;
  }

  /// Whether the answer depends on the time.
  default boolean isTimed() {
    return false;
  }
}
