package org.postern.appconnector.health;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.postern.appconnector.config.ConnectorLimits;
import org.postern.appconnector.upstream.AddressExceptions;
import org.postern.appconnector.upstream.DialTarget;
import org.postern.tunnel.message.ApplicationHealth;
import org.postern.tunnel.message.PortRange;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.ServePlan;
import org.postern.tunnel.message.ServedApplication;
import org.postern.tunnel.message.Server;

/**
 * What is known about every target, and which is to be probed next. A pure state machine: time is a
 * parameter (monotonic nanoseconds), nothing is done here. One thread at a time.
 *
 * <pre>
 *   UNKNOWN --probe or dial ok--> UP --dial failed: probed at once--> UP (suspect)
 *   UP --probe failed--> DOWN --probe or dial ok--> UP
 * </pre>
 *
 * <p>A failed dial alone does not make a target DOWN: one client may have hit one bad moment, and
 * the probe that follows at once tells.
 */
final class HealthBoard {
  private static final double JITTER = 0.15;
  private static final int LATENCY_NEWS_MICROS = 2_000;

  private final ConnectorLimits.Health limits;
  private final RandomGenerator random;
  private final Map<HealthTarget, Watched> watched = new HashMap<>();
  private final NavigableSet<Watched> due =
      new TreeSet<>(
          Comparator.<Watched>comparingLong(w -> w.dueNanos).thenComparingLong(w -> w.number));
  private final Set<Watched> changed = new HashSet<>();
  private Map<String, AddressExceptions> served = Map.of();
  private long numbers;
  private int down;

  /** A target that is to be probed now. */
  record Probe(HealthTarget target, DialTarget dial) {}

  /** One target's state. */
  private static final class Watched {
    private final HealthTarget target;
    private final long number;
    private boolean planned;
    private boolean probing;
    private boolean suspect;
    private ApplicationHealth.State state = ApplicationHealth.State.STATE_UNSPECIFIED;
    private ApplicationHealth.State reported = ApplicationHealth.State.STATE_UNSPECIFIED;
    private long latencyMicros;
    private long reportedMicros;
    private String text = "";
    private int failures;
    private long dueNanos;
    private @Nullable Long usedNanos;
    private long seenUpNanos;

    Watched(HealthTarget target, long number) {
      this.target = target;
      this.number = number;
    }
  }

  HealthBoard(ConnectorLimits.Health limits, RandomGenerator random) {
    this.limits = limits;
    this.random = random;
  }

  /** Takes a new plan: what is no longer in it is forgotten, what is new is probed soon. */
  void plan(ServePlan plan, long nowNanos) {
    Map<String, AddressExceptions> exceptions = new HashMap<>();
    Set<HealthTarget> wanted = new HashSet<>();
    for (ServedApplication application : plan.getApplicationsList()) {
      exceptions.put(
          application.getApplicationId(),
          new AddressExceptions(application.getAllowLoopback(), application.getAllowLinkLocal()));
      targets(application, wanted);
    }
    served = exceptions;
    for (Watched each : List.copyOf(watched.values())) {
      boolean inPlan = wanted.remove(each.target);
      each.planned = inPlan;
      if (!inPlan && !served.containsKey(each.target.applicationId())) {
        forget(each);
      }
    }
    for (HealthTarget target : wanted) {
      Watched added = add(target);
      if (added != null) {
        added.planned = true;
        schedule(added, nowNanos);
      }
    }
  }

  private static void targets(ServedApplication application, Set<HealthTarget> into) {
    for (String host : application.getHostsList()) {
      targets(application, host, into);
    }
    for (Server server : application.getServersList()) {
      int port = server.getPort();
      if (port == 0) {
        targets(application, server.getHost(), into);
      } else if (port > 0 && port <= 65_535 && application.getTcpCount() > 0) {
        into.add(new HealthTarget(application.getApplicationId(), server.getHost(), port));
      }
    }
  }

  private static void targets(ServedApplication application, String host, Set<HealthTarget> into) {
    for (PortRange range : application.getTcpList()) {
      int ports = range.getHigh() - range.getLow() + 1;
      if (ports > ConnectorLimits.Health.PROBED_RANGE_PORTS_MAX) {
        continue;
      }
      for (int port = Math.max(1, range.getLow()); port <= range.getHigh(); port++) {
        if (port <= 65_535) {
          into.add(new HealthTarget(application.getApplicationId(), host, port));
        }
      }
    }
  }

  /** A flow's dial went well. */
  void onDialed(HealthTarget target, long micros, long nowNanos) {
    Watched found = used(target, nowNanos);
    if (found != null) {
      up(found, micros, nowNanos);
    }
  }

  /** A flow's dial failed: find out whether the target is down. */
  void onDialFailed(HealthTarget target, long nowNanos) {
    Watched found = used(target, nowNanos);
    if (found != null && !found.probing && found.state != ApplicationHealth.State.STATE_DOWN) {
      found.suspect = true;
      schedule(found, nowNanos);
    }
  }

  /** When {@link #nextProbe} has something; empty if never. */
  OptionalLong nextDueNanos() {
    return due.isEmpty() ? OptionalLong.empty() : OptionalLong.of(due.first().dueNanos);
  }

  /** Takes the next target that is due; its result must be told. */
  Optional<Probe> nextProbe(long nowNanos) {
    while (!due.isEmpty() && due.first().dueNanos - nowNanos <= 0) {
      Watched first = due.pollFirst();
      if (first == null) {
        break;
      }
      if (!first.planned && !isUsed(first, nowNanos)) {
        forget(first);
        continue;
      }
      if (first.state == ApplicationHealth.State.STATE_UP
          && !first.suspect
          && nowNanos - first.seenUpNanos < limits.interval().toNanos() / 2) {
        // A flow's dial has just answered what the probe would ask.
        schedule(first, first.seenUpNanos + jittered(limits.interval()));
        continue;
      }
      first.suspect = false;
      first.probing = true;
      return Optional.of(
          new Probe(
              first.target,
              new DialTarget(
                  first.target.host(),
                  first.target.port(),
                  served.getOrDefault(first.target.applicationId(), AddressExceptions.NONE))));
    }
    return Optional.empty();
  }

  void onProbeUp(HealthTarget target, long micros, long nowNanos) {
    Watched found = watched.get(target);
    if (found != null) {
      found.probing = false;
      up(found, micros, nowNanos);
    }
  }

  void onProbeDown(HealthTarget target, ReasonCode reason, String text, long nowNanos) {
    Watched found = watched.get(target);
    if (found == null) {
      return;
    }
    found.probing = false;
    found.failures++;
    become(found, ApplicationHealth.State.STATE_DOWN);
    found.latencyMicros = 0;
    found.text = reason.name() + ": " + text;
    if (found.reported != found.state) {
      changed.add(found);
    }
    int doublings = Math.min(found.failures - 1, 16);
    Duration wait = limits.intervalDown().multipliedBy(1L << doublings);
    schedule(
        found,
        nowNanos + jittered(wait.compareTo(limits.interval()) < 0 ? wait : limits.interval()));
  }

  boolean hasChanges() {
    return !changed.isEmpty();
  }

  /** At most that many changes since they were last taken. */
  List<ApplicationHealth> takeChanges(int most) {
    List<ApplicationHealth> taken = new ArrayList<>();
    for (Watched each : List.copyOf(changed)) {
      if (taken.size() == most) {
        break;
      }
      changed.remove(each);
      each.reported = each.state;
      each.reportedMicros = each.latencyMicros;
      taken.add(message(each));
    }
    return taken;
  }

  /** A new link: the broker knows nothing. */
  void reportAllAgain() {
    watched.values().stream()
        .filter(each -> each.state != ApplicationHealth.State.STATE_UNSPECIFIED)
        .forEach(changed::add);
  }

  /** Targets watched. */
  int size() {
    return watched.size();
  }

  /** Targets that are down. */
  int down() {
    return down;
  }

  private static ApplicationHealth message(Watched each) {
    return ApplicationHealth.newBuilder()
        .setApplicationId(each.target.applicationId())
        .setHost(each.target.host())
        .setPort(each.target.port())
        .setState(each.state)
        .setLatencyMicros((int) Math.min(Integer.MAX_VALUE, each.latencyMicros))
        .setText(each.text)
        .build();
  }

  private void up(Watched found, long micros, long nowNanos) {
    found.failures = 0;
    found.seenUpNanos = nowNanos;
    become(found, ApplicationHealth.State.STATE_UP);
    found.text = "";
    // Smoothed as TCP smooths its round trip (RFC 6298): one slow dial is no news.
    found.latencyMicros =
        found.latencyMicros == 0 ? micros : (7 * found.latencyMicros + micros) / 8;
    long moved = Math.abs(found.latencyMicros - found.reportedMicros);
    if (found.reported != found.state
        || (moved > LATENCY_NEWS_MICROS && moved > found.reportedMicros / 2)) {
      changed.add(found);
    }
    if (!found.probing) {
      Duration wait = isUsed(found, nowNanos) ? limits.interval() : limits.intervalUnused();
      schedule(found, nowNanos + jittered(wait));
    }
  }

  private @Nullable Watched used(HealthTarget target, long nowNanos) {
    if (!served.containsKey(target.applicationId())) {
      return null;
    }
    Watched found = watched.get(target);
    if (found == null) {
      found = add(target);
    }
    if (found != null) {
      found.usedNanos = nowNanos;
    }
    return found;
  }

  private @Nullable Watched add(HealthTarget target) {
    if (watched.size() >= limits.targets()) {
      return null;
    }
    Watched added = new Watched(target, numbers++);
    watched.put(target, added);
    return added;
  }

  private void become(Watched each, ApplicationHealth.State state) {
    boolean wasDown = each.state == ApplicationHealth.State.STATE_DOWN;
    boolean isDown = state == ApplicationHealth.State.STATE_DOWN;
    down += Boolean.compare(isDown, wasDown);
    each.state = state;
  }

  private void forget(Watched each) {
    become(each, ApplicationHealth.State.STATE_UNSPECIFIED);
    watched.remove(each.target);
    due.remove(each);
    changed.remove(each);
  }

  private void schedule(Watched each, long atNanos) {
    due.remove(each);
    each.dueNanos = atNanos;
    due.add(each);
  }

  private boolean isUsed(Watched each, long nowNanos) {
    return each.usedNanos != null && nowNanos - each.usedNanos < limits.usedWithin().toNanos();
  }

  private long jittered(Duration interval) {
    return (long) (interval.toNanos() * random.nextDouble(1 - JITTER, 1 + JITTER));
  }
}
