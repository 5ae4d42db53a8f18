package org.postern.policystore.decision;

import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Application;
import org.postern.policystore.ForwardingRule;
import org.postern.policystore.HostPattern;
import org.postern.policystore.PortRange;
import org.postern.policystore.Transport;
import org.postern.policystore.Truth;

/// What one subject finds behind names, at one moment.
final class Names {
  private final CompiledPolicy policy;
  private static final CompiledApplication[] NONE = new CompiledApplication[0];

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
    boolean bypassed = isBypassed(exists ? entry : policy.catalog.stranger(host), reach);
    if (!exists || reach.isEmpty() || bypassed || view.refusal(nowMillis).isPresent()) {
      return Optional.empty();
    }
    return Optional.of(
        new ResolvedName(
            reach.ports(Transport.TCP),
            reach.ports(Transport.UDP),
            List.copyOf(reach.connectorGroups),
            reach.lanePerFlow));
  }

  /// Whether the device is to leave a name alone.
  boolean isBypassed(String host) {
    HostEntry entry = policy.catalog.entry(host);
    boolean exists = entry.applications.length != 0;
    HostEntry asked = exists ? entry : policy.catalog.stranger(host);
    boolean bypassed = isBypassed(asked, reach(asked));
    return exists && bypassed && view.refusal(nowMillis).isEmpty();
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

  NamePlan plan(boolean counting) {
    PlanMaker plan = new PlanMaker(policy);
    if (view.refusal(nowMillis).isEmpty()) {
      for (CompiledApplication application : policy.catalog.applications) {
        addAll(application.application, plan);
      }
    }
    if (counting && view.refusal(nowMillis).isEmpty()) {
      countForwarding();
    }
    return plan.make();
  }

  /// Each rule once, for however many applications it spoke.
  private void countForwarding() {
    RuleLayer layer = policy.forwarding;
    BitSet hit = new BitSet();
    BitSet reported = new BitSet();
    BitSet changing = new BitSet();
    for (CompiledApplication application : layer.rules.length == 0 ? NONE : applications()) {
      int decided = Walk.forwardingRule(view, application, nowMillis, false);
      if (decided >= 0) {
        hit.set(decided);
      }
      int would = Walk.forwardingRule(view, application, nowMillis, true);
      if (would >= 0 && view.forwarding.isReportOnly(would)) {
        reported.set(would);
        if (Walk.forwarding(layer, would) != Walk.forwarding(layer, decided)) {
          changing.set(would);
        }
      }
    }
    hit.stream().forEach(i -> layer.rules[i].counter.hit(nowMillis));
    reported.stream().forEach(i -> layer.rules[i].counter.report(changing.get(i), nowMillis));
  }

  private CompiledApplication[] applications() {
    return policy.catalog.applications;
  }

  private void addAll(Application application, PlanMaker plan) {
    HostEntry last = null;
    PlanMaker.Fate fate = PlanMaker.Fate.NOTHING;
    for (HostPattern host : application.hosts()) {
      HostEntry entry = policy.catalog.entry(host);
      boolean alone =
          entry.applications.length == 1
              && last != null
              && last.applications.length == 1
              && entry.applications[0] == last.applications[0];
      if (!alone) {
        Reach reach = reach(entry);
        fate = fate(entry, reach);
        if (fate == PlanMaker.Fate.OURS) {
          plan.connectorGroups(reach.connectorGroups);
        }
      }
      last = entry;
      plan.add(host, fate);
    }
  }

  private PlanMaker.Fate fate(HostEntry entry, Reach reach) {
    if (isBypassed(entry, reach)) {
      return PlanMaker.Fate.BYPASSED;
    }
    boolean ours = !reach.isEmpty() || forwarding(entry) == ForwardingRule.Forwarding.INTERCEPT;
    return ours ? PlanMaker.Fate.OURS : PlanMaker.Fate.NOTHING;
  }

  private boolean isBypassed(HostEntry entry, Reach reach) {
    ForwardingRule.Forwarding forwarding = forwarding(entry);
    if (forwarding == null) {
      return false;
    }
    return switch (forwarding) {
      case BYPASS -> true;
      case INTERCEPT_ALLOWED -> reach.isEmpty();
      case INTERCEPT -> false;
    };
  }

  /// What is said about the names of an entry: its first application speaks, which is the
  /// narrowest, and of several the one whose name comes first. Null: nothing is said, or it is no
  /// application for this kind of client.
  private ForwardingRule.@Nullable Forwarding forwarding(HostEntry entry) {
    if (entry.applications.length == 0
        || !entry.applications[0].existsFor(view.facts().clientType())) {
      return null;
    }
    CompiledApplication application = entry.applications[0];
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

  /// The next instant at which [#plan] or [#resolve] may come to something else only because time
  /// passes; never too late, perhaps too early. [Long#MAX_VALUE]: never.
  long nextChange() {
    long next = Math.min(view.expiresAtMillis, view.subject.nextApproval(nowMillis));
    next = Math.min(next, nextOf(policy.access, view.access));
    next = Math.min(next, nextOf(policy.forwarding, view.forwarding));
    next = Math.min(next, nextOf(policy.sessions, view.sessions));
    return next > nowMillis ? next : Long.MAX_VALUE;
  }

  private long nextOf(RuleLayer layer, LayerView rules) {
    long next = Long.MAX_VALUE;
    for (int word = 0; word < layer.words; word++) {
      for (long bits = rules.maybe()[word]; bits != 0; bits &= bits - 1) {
        int index = (word << 6) + Long.numberOfTrailingZeros(bits);
        next = Math.min(next, layer.rules[index].next(view.subject, nowMillis));
      }
    }
    return next;
  }
}
