package org.postern.policystore.decision;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.postern.policystore.Application;
import org.postern.policystore.ForwardingRule;
import org.postern.policystore.HostPattern;
import org.postern.policystore.PortRange;
import org.postern.policystore.Transport;
import org.postern.policystore.Truth;

/// What one subject finds behind names, at one moment.
final class Names {
  private final CompiledPolicy policy;
  private final SubjectView view;
  private final long nowMillis;

  Names(Snapshot snapshot, SubjectView view, long nowMillis) {
    this.policy = snapshot.policy();
    this.view = view;
    this.nowMillis = nowMillis;
  }

  /// Ports with one answer, and what serves them.
  private static final class Reach {
    private final Map<Transport, TreeSet<PortRange>> ports = new HashMap<>();
    private final Set<String> connectorGroups = new LinkedHashSet<>();
    private boolean lanePerFlow;

    boolean isEmpty() {
      return ports.isEmpty();
    }

    List<PortRange> ports(Transport transport) {
      return List.copyOf(ports.getOrDefault(transport, new TreeSet<>()));
    }
  }

  Optional<ResolvedName> resolve(String host) {
    HostEntry entry = policy.catalog.entry(host);
    boolean exists = entry.applications.length != 0;
    Reach reach = reach(exists ? entry : policy.catalog.stranger(host));
    if (!exists || reach.isEmpty() || view.refusal(nowMillis).isPresent()) {
      return Optional.empty();
    }
    return Optional.of(
        new ResolvedName(
            reach.ports(Transport.TCP),
            reach.ports(Transport.UDP),
            List.copyOf(reach.connectorGroups),
            reach.lanePerFlow));
  }

  private Reach reach(HostEntry entry) {
    Reach reach = new Reach();
    for (Transport transport : Transport.values()) {
      for (PortRange range : entry.pieces(transport)) {
        long matching = entry.matching(range.low(), transport, view.facts().clientType());
        add(Walk.decide(view, entry, matching, nowMillis, null), range, transport, reach);
      }
    }
    return reach;
  }

  private static void add(Decision decision, PortRange range, Transport transport, Reach reach) {
    switch (decision) {
      case Decision.Allow allow -> reach.connectorGroups.addAll(allow.connectorGroups());
      case Decision.StepUp stepUp ->
          reach.connectorGroups.addAll(stepUp.application().connectorGroups());
      case Decision.RequireApproval approval ->
          reach.connectorGroups.addAll(approval.application().connectorGroups());
      case Decision.Deny deny -> {
        return;
      }
    }
    reach.lanePerFlow |=
        decision instanceof Decision.Allow allow && allow.obligations().lanePerFlow();
    reach.ports.computeIfAbsent(transport, key -> new TreeSet<>()).add(range);
  }

  NamePlan plan() {
    Set<String> names = new TreeSet<>();
    Set<String> cidrs = new TreeSet<>();
    Set<String> connectorGroups = new TreeSet<>();
    Set<String> bypassed = new TreeSet<>();
    if (view.refusal(nowMillis).isEmpty()) {
      for (CompiledApplication application : policy.catalog.applications) {
        switch (forwarding(application)) {
          case BYPASS -> application.application.hosts().forEach(h -> bypassed.add(h.text()));
          case INTERCEPT -> application.application.hosts().forEach(h -> add(h, names, cidrs));
          case INTERCEPT_ALLOWED -> {}
        }
        if (forwarding(application) != ForwardingRule.Forwarding.BYPASS) {
          addReachable(application.application, names, cidrs, connectorGroups);
        }
      }
    }
    return new NamePlan(
        policy.configuration.domains(),
        List.copyOf(names),
        List.copyOf(cidrs),
        List.copyOf(connectorGroups),
        List.copyOf(bypassed));
  }

  private ForwardingRule.Forwarding forwarding(CompiledApplication application) {
    boolean bypass =
        switch (application.application.traits().bypass()) {
          case NEVER -> false;
          case ALWAYS -> true;
          case ON_TRUSTED_NETWORK -> view.subject.onAnyNetwork() == Truth.TRUE;
        };
    return bypass
        ? ForwardingRule.Forwarding.BYPASS
        : Walk.forwarding(view, application, nowMillis);
  }

  private void addReachable(
      Application application, Set<String> names, Set<String> cidrs, Set<String> groups) {
    HostEntry last = null;
    boolean open = false;
    for (HostPattern host : application.hosts()) {
      HostEntry entry = policy.catalog.entry(host);
      boolean alone =
          entry.applications.length == 1
              && last != null
              && last.applications.length == 1
              && entry.applications[0] == last.applications[0];
      if (!alone) {
        Reach reach = reach(entry);
        open = !reach.isEmpty();
        groups.addAll(reach.connectorGroups);
      }
      last = entry;
      if (open) {
        add(host, names, cidrs);
      }
    }
  }

  private void add(HostPattern host, Set<String> names, Set<String> cidrs) {
    switch (host) {
      case HostPattern.ExactName(String name) -> {
        if (!policy.isBelowOurDomains(name)) {
          names.add(name);
        }
      }
      case HostPattern.WildcardName(String suffix) -> {
        // A wildcard right on a domain of ours lies below it, although its suffix does not.
        if (!policy.isBelowOurDomains("*." + suffix)) {
          names.add(host.text());
        }
      }
      case HostPattern.Glob(String pattern) -> {
        if (!policy.isBelowOurDomains(pattern)) {
          names.add(pattern);
        }
      }
      case HostPattern.Addresses addresses -> cidrs.add(addresses.text());
    }
  }
}
