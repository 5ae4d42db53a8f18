package org.postern.policystore.decision;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.postern.policystore.TimeWindow;
import org.postern.policystore.Truth;

/// Asks one time window. Remembers how long the last answer holds, so that the calendar is looked
/// at only when it changes.
final class TimeCheck implements Check {
  private static final int DAYS_AHEAD = 9;

  /// An answer, and from when (inclusive) until when (exclusive) it holds.
  private record Span(long from, long until, boolean inside) {}

  private final TimeWindow window;
  private volatile Span last = new Span(0, 0, false);

  TimeCheck(TimeWindow window) {
    this.window = window;
  }

  @Override
  public Truth test(SubjectFacts subject, long nowMillis) {
    return Truth.of(span(nowMillis).inside());
  }

  @Override
  public long next(SubjectFacts subject, long nowMillis) {
    return span(nowMillis).until();
  }

  @Override
  public boolean isTimed() {
    return true;
  }

  private Span span(long nowMillis) {
    Span span = last;
    if (nowMillis < span.from() || nowMillis >= span.until()) {
      span = calculate(nowMillis);
      last = span;
    }
    return span;
  }

  /// Between two neighbouring instants at which a wall clock shows a boundary, or is set, the
  /// answer stays the same.
  private Span calculate(long nowMillis) {
    Instant now = Instant.ofEpochMilli(nowMillis);
    boolean inside = window.contains(now);
    TreeSet<Long> instants = new TreeSet<>();
    LocalDate today = now.atZone(window.zone()).toLocalDate();
    for (int day = -2; day <= DAYS_AHEAD; day++) {
      LocalDateTime midnight = today.plusDays(day).atStartOfDay();
      add(instants, midnight);
      add(instants, midnight.plusMinutes(window.fromMinute()));
      add(instants, midnight.plusMinutes(window.toMinute()));
    }
    addTransitions(instants);
    long from = instants.floor(nowMillis);
    for (Long next = instants.higher(nowMillis); next != null; next = instants.higher(next)) {
      if (window.contains(Instant.ofEpochMilli(next)) != inside) {
        return new Span(from, next, inside);
      }
    }
    return new Span(from, instants.last(), inside);
  }

  private void add(NavigableSet<Long> instants, LocalDateTime wallClock) {
    ZoneRules rules = window.zone().getRules();
    for (ZoneOffset offset : rules.getValidOffsets(wallClock)) {
      instants.add(wallClock.toInstant(offset).toEpochMilli());
    }
  }

  private void addTransitions(NavigableSet<Long> instants) {
    ZoneRules rules = window.zone().getRules();
    Instant from = Instant.ofEpochMilli(instants.first());
    Instant end = Instant.ofEpochMilli(instants.last());
    ZoneOffsetTransition transition = rules.nextTransition(from);
    while (transition != null && transition.getInstant().isBefore(end)) {
      instants.add(transition.getInstant().toEpochMilli());
      transition = rules.nextTransition(transition.getInstant());
    }
  }
}
