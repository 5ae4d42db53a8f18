package org.postern.policystore.decision;

import org.postern.policystore.Truth;

/// Finds the next instant at which a decision may change because time passes: only rules that were
/// asked count, since those behind the one that decided have no say until it changes.
final class NextChange implements Witness {
  private final SubjectFacts subject;
  private final long nowMillis;
  private long next;

  NextChange(SubjectFacts subject, long nowMillis, long otherwise) {
    this.subject = subject;
    this.nowMillis = nowMillis;
    this.next = otherwise;
  }

  @Override
  public void asked(RuleLayer layer, int index, Truth truth) {
    changesAt(layer.rules[index].next(subject, nowMillis));
  }

  @Override
  public void changesAt(long millis) {
    next = Math.min(next, millis);
  }

  long next() {
    return next;
  }
}
