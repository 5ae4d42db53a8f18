package org.postern.policystore.analysis;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.postern.policystore.Application;
import org.postern.policystore.HostPattern;
import org.postern.policystore.PortRange;
import org.postern.policystore.Rule;
import org.postern.policystore.Transport;
import org.postern.policystore.decision.Access;
import org.postern.policystore.decision.Prospect;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.decision.Spot;
import org.postern.policystore.decision.SubjectView;

/// Who reaches what, by the engine that decides. An application is reached by whoever can open a
/// flow to one of its hosts and ports, whichever of the applications that take part there lets them
/// in. Any thread.
public final class Reach {
  private Reach() {}

  /// An application and the most that a subject can do about it.
  public record Reached(Application application, Access access) {}

  /// One host pattern with ports of an application.
  public record Opening(
      HostPattern host, Transport transport, PortRange ports, Prospect prospect) {}

  /// Somebody who reaches an application.
  ///
  /// @param member as they reach it best, if they have several devices
  public record Reacher(Population.Member member, Access access) {}

  /// Every application about which a subject can do at least so much, in the order of the
  /// configuration.
  ///
  /// @param nowMillis milliseconds since the epoch
  public static List<Reached> of(
      Snapshot snapshot, SubjectView view, Access least, long nowMillis) {
    List<Reached> reached = new ArrayList<>();
    for (Application application : snapshot.configuration().applications()) {
      Access best = best(spots(snapshot, application), application, view, nowMillis);
      if (best.compareTo(least) >= 0) {
        reached.add(new Reached(application, best));
      }
    }
    return reached;
  }

  /// What a subject finds behind each host and port of one application.
  ///
  /// @param nowMillis milliseconds since the epoch
  public static List<Opening> openings(
      Snapshot snapshot, SubjectView view, Application application, long nowMillis) {
    List<Opening> openings = new ArrayList<>();
    for (HostPattern host : application.hosts()) {
      Spot spot = snapshot.spot(host);
      for (Transport transport : Transport.values()) {
        for (PortRange ports : own(spot, application, transport)) {
          openings.add(
              new Opening(
                  host, transport, ports, spot.prospect(view, ports.low(), transport, nowMillis)));
        }
      }
    }
    return openings;
  }

  /// Everybody who can do at least so much about one application, sorted as the population is.
  ///
  /// @param snapshot of the population's state
  /// @param nowMillis milliseconds since the epoch
  public static List<Reacher> to(
      Snapshot snapshot,
      Population population,
      Application application,
      Access least,
      long nowMillis) {
    Set<String> rules = new HashSet<>();
    for (Spot spot : spots(snapshot, application)) {
      spot.rules().forEach(rule -> rules.add(rule.name()));
    }
    Snapshot small = snapshot.only((Rule rule) -> rules.contains(rule.name()));
    List<Spot> spots = spots(small, application);
    Map<String, Reacher> best = new TreeMap<>();
    for (Population.Member member : population.members()) {
      SubjectView view = small.subject(member.userId(), member.deviceId(), member.facts());
      Access access = best(spots, application, view, nowMillis);
      if (access.compareTo(least) >= 0) {
        best.merge(
            member.userId(),
            new Reacher(member, access),
            (one, other) -> other.access().compareTo(one.access()) > 0 ? other : one);
      }
    }
    return best.values().stream()
        .sorted(
            Comparator.comparing((Reacher each) -> each.member().kind())
                .thenComparing(each -> each.member().name())
                .thenComparing(each -> each.member().id()))
        .toList();
  }

  private static List<Spot> spots(Snapshot snapshot, Application application) {
    return application.hosts().stream().map(snapshot::spot).toList();
  }

  private static Access best(
      List<Spot> spots, Application application, SubjectView view, long nowMillis) {
    Access best = Access.NONE;
    for (Spot spot : spots) {
      for (Transport transport : Transport.values()) {
        for (PortRange ports : own(spot, application, transport)) {
          Access access = spot.access(view, ports.low(), transport, nowMillis);
          best = access.compareTo(best) > 0 ? access : best;
        }
      }
    }
    return best;
  }

  /// The pieces that are the application's own ports.
  private static List<PortRange> own(Spot spot, Application application, Transport transport) {
    List<PortRange> ports = application.ports(transport);
    return spot.pieces(transport).stream()
        .filter(piece -> ports.stream().anyMatch(range -> range.contains(piece.low())))
        .toList();
  }
}
