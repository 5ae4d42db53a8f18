package org.postern.policystore.decision;

import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// Counts what one rule did. Any thread.
final class RuleCounter {
  private final LongAdder hits = new LongAdder();
  private final LongAdder reported = new LongAdder();
  private final LongAdder changes = new LongAdder();
  private volatile long lastHitMillis;

  void hit(long nowMillis) {
    hits.increment();
    seen(nowMillis);
  }

  /// A rule that only reports would have decided.
  ///
  /// @param change the answer would have been another
  void report(boolean change, long nowMillis) {
    reported.increment();
    if (change) {
      changes.increment();
    }
    seen(nowMillis);
  }

  private void seen(long nowMillis) {
    // Once a second is enough, and keeps the line in everybody's cache.
    if (nowMillis - lastHitMillis >= 1_000) {
      lastHitMillis = nowMillis;
    }
  }

  /// What came since the last time; null: nothing.
  synchronized @Nullable RuleCounts take() {
    long taken = hits.sumThenReset();
    long takenReports = reported.sumThenReset();
    long takenChanges = changes.sumThenReset();
    return taken == 0 && takenReports == 0
        ? null
        : new RuleCounts(taken, takenReports, takenChanges, lastHitMillis);
  }
}
