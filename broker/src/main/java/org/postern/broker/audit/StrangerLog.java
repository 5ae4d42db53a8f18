package org.postern.broker.audit;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.postern.broker.front.AddressRate;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.audit.AuditLog;

/**
 * The audit log as doors write to it that anybody can knock at. What people of ours do is written
 * as it is. What strangers try is written one by one as long as it is little; past that it is
 * counted, and the counts are written now and then, so that nobody can fill the log. Any thread but
 * event loops.
 */
public final class StrangerLog implements AuditLog {
  private static final InetAddress EVERYBODY = InetAddress.ofLiteral("0.0.0.0");

  /**
   * Its limits.
   *
   * @param perMinute events of strangers, of all addresses together
   * @param addressPerMinute the same of one address
   * @param burst of all addresses, at once
   * @param addressBurst of one address, at once
   * @param addressesMax addresses that are remembered
   * @param kindsMax kinds of events that are counted apart; the rest is counted as one
   */
  public record Limits(
      int perMinute,
      int addressPerMinute,
      int burst,
      int addressBurst,
      int addressesMax,
      int kindsMax) {
    /** What the product ships with. */
    public static final Limits DEFAULT = new Limits(120, 10, 240, 30, 4_096, 64);
  }

  private record Kind(String action, String objectKind, AuditEvent.Outcome outcome) {}

  private final AuditLog log;
  private final Limits limits;
  private final AddressRate all;
  private final AddressRate each;
  private Map<Kind, Integer> left = new HashMap<>();

  /**
   * Before a log.
   *
   * @param nanoTime a monotonic clock, nanoseconds
   */
  public StrangerLog(AuditLog log, Limits limits, LongSupplier nanoTime) {
    this.log = log;
    this.limits = limits;
    this.all = new AddressRate(limits.perMinute(), limits.burst(), 1, nanoTime);
    this.each =
        new AddressRate(
            limits.addressPerMinute(), limits.addressBurst(), limits.addressesMax(), nanoTime);
  }

  @Override
  public void recordAll(List<AuditEvent> events) {
    List<AuditEvent> written = new ArrayList<>();
    for (AuditEvent event : events) {
      if (event.actor().kind() != Actor.Kind.STRANGER || isFewEnough(event)) {
        written.add(event);
      } else {
        count(event);
      }
    }
    log.recordAll(written);
  }

  private boolean isFewEnough(AuditEvent event) {
    return (event.from().isEmpty() || each.tryTake(InetAddress.ofLiteral(event.from())))
        && all.tryTake(EVERYBODY);
  }

  private synchronized void count(AuditEvent event) {
    Kind kind = new Kind(event.action(), event.objectKind(), event.outcome());
    if (!left.containsKey(kind) && left.size() >= limits.kindsMax()) {
      kind = new Kind("stranger.other", "", AuditEvent.Outcome.REFUSED);
    }
    left.merge(kind, 1, Integer::sum);
  }

  private synchronized Map<Kind, Integer> take() {
    Map<Kind, Integer> taken = left;
    left = new HashMap<>();
    return taken;
  }

  /** Writes what was only counted. Call it every minute. Blocks. */
  public void writeCounts() {
    List<AuditEvent> sums = new ArrayList<>();
    take()
        .forEach((kind, count) ->
            sums.add(
                new AuditEvent(
                    Actor.STRANGER,
                    kind.action(),
                    kind.objectKind(),
                    "",
                    kind.outcome(),
                    Map.of(),
                    Map.of("count", Integer.toString(count)),
                    count + " more, which were too many to be written one by one",
                    "",
                    "")));
    if (!sums.isEmpty()) {
      log.recordAll(sums);
    }
  }
}
