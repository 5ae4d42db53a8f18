package org.postern.policystore.analysis;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.postern.policystore.Application;
import org.postern.policystore.HostPattern;
import org.postern.policystore.PortRange;
import org.postern.policystore.Transport;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.decision.Spot;

/// Hosts that a change takes away from an application, because a more specific one is there now.
///
/// @param host the pattern that is taken
/// @param from the application that no longer takes part in it
/// @param takers the applications that have it instead, the narrowest first
/// @param tcp ports of `from` that it no longer has there
/// @param udp the same
/// @param unserved of all these ports, in words, those that none of the takers has; empty: none
public record CarveOut(
    String host,
    String from,
    List<String> takers,
    List<PortRange> tcp,
    List<PortRange> udp,
    String unserved) {
  /// Copies the lists.
  public CarveOut {
    takers = List.copyOf(takers);
    tcp = List.copyOf(tcp);
    udp = List.copyOf(udp);
  }

  /// For the author of the change: what, and what to do if it was not meant.
  public String text() {
    return "%s takes %s out of %s: %s there no longer belongs to %s%s; say matching: inclusive if both are meant"
        .formatted(
            String.join(", ", takers),
            host,
            from,
            ports(tcp, udp),
            from,
            unserved.isEmpty() ? "" : ", and nobody has " + unserved);
  }

  /// Everything that a change carves out and that was not carved out before, in the order of the
  /// new configuration.
  public static List<CarveOut> between(Snapshot before, Snapshot after) {
    Map<String, HostPattern> listed = new LinkedHashMap<>();
    for (Application application : after.configuration().applications()) {
      application.hosts().forEach(host -> listed.putIfAbsent(host.text(), host));
    }
    Map<String, Application> now = new HashMap<>();
    after.configuration().applications().forEach(each -> now.put(each.name(), each));
    List<CarveOut> found = new ArrayList<>();
    for (HostPattern host : listed.values()) {
      Spot there = after.spot(host);
      Set<String> having = names(there.applications());
      Set<String> covering = names(there.covering());
      for (Application old : before.spot(host).applications()) {
        Application from = now.get(old.name());
        if (from != null && covering.contains(old.name()) && !having.contains(old.name())) {
          found.add(carved(host, from, there.applications()));
        }
      }
    }
    return found;
  }

  private static CarveOut carved(HostPattern host, Application from, List<Application> takers) {
    List<PortRange> tcp = from.ports(Transport.TCP);
    List<PortRange> udp = from.ports(Transport.UDP);
    String unserved =
        ports(without(tcp, takers, Transport.TCP), without(udp, takers, Transport.UDP));
    return new CarveOut(
        host.text(),
        from.name(),
        takers.stream().map(Application::name).toList(),
        tcp,
        udp,
        unserved);
  }

  private static Set<String> names(List<Application> applications) {
    return applications.stream().map(Application::name).collect(Collectors.toSet());
  }

  private static List<PortRange> without(
      List<PortRange> ports, List<Application> takers, Transport transport) {
    List<PortRange> left = ports;
    for (Application taker : takers) {
      for (PortRange taken : taker.ports(transport)) {
        List<PortRange> rest = new ArrayList<>();
        for (PortRange range : left) {
          add(range.low(), Math.min(range.high(), taken.low() - 1), rest);
          add(Math.max(range.low(), taken.high() + 1), range.high(), rest);
        }
        left = rest;
      }
    }
    return left;
  }

  private static void add(int low, int high, List<PortRange> ranges) {
    if (low <= high) {
      ranges.add(new PortRange(low, high));
    }
  }

  private static String ports(List<PortRange> tcp, List<PortRange> udp) {
    List<String> parts = new ArrayList<>();
    if (!tcp.isEmpty()) {
      parts.add("tcp " + text(tcp));
    }
    if (!udp.isEmpty()) {
      parts.add("udp " + text(udp));
    }
    return String.join(" and ", parts);
  }

  private static String text(List<PortRange> ranges) {
    return ranges.stream().map(PortRange::toString).collect(Collectors.joining(", "));
  }
}
