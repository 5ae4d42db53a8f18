package org.postern.policystore.decision;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Application;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.DenyReason;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.HostPattern;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.Rule;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.Transport;
import org.postern.policystore.UserRecord;

/// The whole of policy in memory, immutable, with a version. Readers take the reference once per
/// question. Any thread; nothing here blocks.
///
/// A question about a host goes to the application whose host pattern is the most specific: an
/// exact name before the narrowest pattern, for addresses the longest prefix. Only that pattern's
/// ports count: a name that is listed on its own is carved out of the wildcards over it, unless its
/// application is inclusive; then the next wider pattern's inclusive applications take part too.
/// The rules that are about one of them are asked in order, and the first that matches decides.
public final class Snapshot {
  private static final Decision EXPIRED = new Decision.Deny(null, DenyReason.SESSION_EXPIRED);
  private static final Decision REVOKED = new Decision.Deny(null, DenyReason.SESSION_REVOKED);
  private static final Decision DISABLED = new Decision.Deny(null, DenyReason.USER_DISABLED);
  private static final Decision DEVICE = new Decision.Deny(null, DenyReason.DEVICE_REVOKED);

  private final long version;
  private final CompiledPolicy policy;
  private final IdentityState identities;

  private Snapshot(long version, CompiledPolicy policy, IdentityState identities) {
    this.version = version;
    this.policy = policy;
    this.identities = identities;
  }

  /// Builds a snapshot; the work of milliseconds to a second, for a thread that may take its time.
  public static Snapshot build(
      long version, PolicyConfiguration configuration, IdentityState identities) {
    return new Snapshot(version, new CompiledPolicy(configuration, null), identities);
  }

  /// Another configuration and other people. What is the same object as here is not looked at
  /// again, and rules keep their counts by name.
  public Snapshot with(
      long newVersion, PolicyConfiguration configuration, IdentityState newIdentities) {
    return new Snapshot(newVersion, new CompiledPolicy(configuration, policy), newIdentities);
  }

  /// The same configuration with other people; shares all that does not depend on them.
  public Snapshot withIdentities(long newVersion, IdentityState newIdentities) {
    return new Snapshot(newVersion, policy, newIdentities);
  }

  CompiledPolicy policy() {
    return policy;
  }

  /// The policy version that this is a picture of.
  public long version() {
    return version;
  }

  /// The configuration that it was built from.
  public PolicyConfiguration configuration() {
    return policy.configuration;
  }

  /// The people and machines that it was built from.
  public IdentityState identities() {
    return identities;
  }

  // -- subjects

  /// What this snapshot thinks of a certificate's user and device, of whom nothing else is known.
  public SubjectView subject(String userId, String deviceId) {
    return subject(userId, deviceId, Facts.NONE);
  }

  /// What this snapshot thinks of a certificate's user and device. Never fails: a subject that may
  /// do nothing has a view that says why.
  ///
  /// @param facts what is known of them at this moment
  public SubjectView subject(String userId, String deviceId, Facts facts) {
    UserRecord user = identities.users().get(userId);
    DeviceRecord device = identities.devices().get(deviceId);
    SessionRecord session = identities.sessionsByDevice().get(deviceId);
    DenyReason refusal = refusal(userId, user, device, session);
    String email =
        user != null && policy.emailCounts(user.provider(), user.email()) ? user.email() : null;
    Set<String> groups =
        user == null ? Set.of() : policy.groupsOf(email, user.provider(), user.providerGroups());
    SubjectFacts known =
        new SubjectFacts(
            policy,
            user,
            email,
            groups,
            session,
            null,
            facts,
            identities.approvalsByUser().getOrDefault(userId, List.of()));
    return new SubjectView(this, known, refusal, userId, deviceId);
  }

  /// What this snapshot thinks of a workload, which whoever asks has authenticated. It has neither
  /// user nor session; only rules that name it let it in.
  public SubjectView workload(String name, Facts facts) {
    SubjectFacts known =
        new SubjectFacts(policy, null, null, Set.of(), null, name, facts, List.of());
    return new SubjectView(this, known, null, "", "");
  }

  private @Nullable DenyReason refusal(
      String userId,
      @Nullable UserRecord user,
      @Nullable DeviceRecord device,
      @Nullable SessionRecord session) {
    if (user == null || user.disabled()) {
      return DenyReason.USER_DISABLED;
    }
    if (device == null
        || !device.userId().equals(userId)
        || device.state() != DeviceRecord.State.REGISTERED) {
      return DenyReason.DEVICE_REVOKED;
    }
    if (session == null
        || session.revoked()
        || !session.userId().equals(userId)
        || !policy.hasProvider(session.provider())) {
      return DenyReason.SESSION_REVOKED;
    }
    return null;
  }

  SubjectView current(SubjectView view) {
    if (view.snapshot == this) {
      return view;
    }
    String workload = view.subject.workload();
    return workload != null
        ? workload(workload, view.facts())
        : subject(view.userId(), view.deviceId(), view.facts());
  }

  // -- decisions

  /// May this subject open a flow to host and port, now? Allocates nothing for a name in lower case
  /// and for an IPv4 address once the answer was given before. Counts nothing.
  ///
  /// @param view of this snapshot; a view of another one is made anew, at some cost
  /// @param nowMillis milliseconds since the epoch
  public Decision decide(
      SubjectView view, String host, int port, Transport transport, long nowMillis) {
    return decide(current(view), host, port, transport, nowMillis, null, false);
  }

  /// As [#decide], and counts for the rule that decided, and for rules that only report.
  public Decision decideAndCount(
      SubjectView view, String host, int port, Transport transport, long nowMillis) {
    return decide(current(view), host, port, transport, nowMillis, null, true);
  }

  Decision decide(
      SubjectView view,
      String host,
      int port,
      Transport transport,
      long nowMillis,
      @Nullable Witness witness,
      boolean counting) {
    HostEntry entry = policy.catalog.entry(host);
    long matching = entry.matching(port, transport, view.facts().clientType());
    HostEntry stranger = policy.catalog.stranger(host);
    Decision decision = Walk.decide(view, entry, matching, stranger, nowMillis, witness);
    if (view.refusal != null) {
      return deny(view.refusal);
    }
    if (nowMillis >= view.expiresAtMillis) {
      return EXPIRED;
    }
    if (counting) {
      Walk.count(view, entry, matching, nowMillis, decision);
    }
    return decision;
  }

  private static Decision deny(DenyReason reason) {
    return switch (reason) {
      case SESSION_EXPIRED -> EXPIRED;
      case SESSION_REVOKED -> REVOKED;
      case USER_DISABLED -> DISABLED;
      case DEVICE_REVOKED -> DEVICE;
      case POLICY_NO_RULE,
          POLICY_DENIED,
          POLICY_STEP_UP,
          POLICY_APPROVAL_REQUIRED,
          CONNECTOR_REVOKED ->
          Walk.NO_RULE;
    };
  }

  /// The next instant, later than now, at which [#decide] may give another answer only because time
  /// passed; never too late, perhaps too early. [Long#MAX_VALUE]: never.
  ///
  /// @param nowMillis milliseconds since the epoch
  public long reconsiderAt(
      SubjectView view, String host, int port, Transport transport, long nowMillis) {
    SubjectView own = current(view);
    if (own.refusal(nowMillis).isPresent()) {
      return Long.MAX_VALUE;
    }
    NextChange next = new NextChange(own.subject, nowMillis, own.expiresAtMillis);
    decide(own, host, port, transport, nowMillis, next, false);
    return next.next();
  }

  /// Why [#decide] answers as it does, rule by rule.
  ///
  /// @param nowMillis milliseconds since the epoch
  public Explanation explain(
      SubjectView view, String host, int port, Transport transport, long nowMillis) {
    return new Explainer(this, current(view), nowMillis).explain(host, port, transport);
  }

  /// The narrowest application that a host and port belong to, whoever asks. Null if there is none.
  public @Nullable Application match(String host, int port, Transport transport) {
    for (CompiledApplication each : policy.catalog.entry(host).applications) {
      if (each.hasPort(port, transport)) {
        return each.application;
      }
    }
    return null;
  }

  /// The lowest port that an application has at a host, whoever asks; 0: none has one.
  public int lowestPort(String host, Transport transport) {
    int lowest = Integer.MAX_VALUE;
    for (PortRange range : policy.catalog.entry(host).pieces(transport)) {
      lowest = Math.min(lowest, range.low());
    }
    return lowest == Integer.MAX_VALUE ? 0 : lowest;
  }

  /// What the subject may reach behind a name; empty for what is forbidden and for what does not
  /// exist, after the same work. What would be open after a step-up or an approval counts as
  /// reachable: the person must be able to learn of it.
  ///
  /// @param nowMillis milliseconds since the epoch
  public Optional<ResolvedName> resolve(SubjectView view, String host, long nowMillis) {
    return new Names(this, current(view), nowMillis).resolve(host);
  }

  /// Whether the subject's device is to leave a name alone: [#resolve] is empty then, and whatever
  /// resolver the machine has besides answers. After the same work as for any other name.
  ///
  /// @param nowMillis milliseconds since the epoch
  public boolean isBypassed(SubjectView view, String host, long nowMillis) {
    return new Names(this, current(view), nowMillis).isBypassed(host);
  }

  /// The next instant, later than now, at which [#namePlan] or [#resolve] may come to something
  /// else only because time passes; never too late, perhaps too early. [Long#MAX_VALUE]: never.
  ///
  /// @param nowMillis milliseconds since the epoch
  public long reconsiderPlanAt(SubjectView view, long nowMillis) {
    return new Names(this, current(view), nowMillis).nextChange();
  }

  /// The lowest port of the application that a host belongs to, whoever asks: for questions about a
  /// host of which no port is known.
  ///
  /// @param otherwise for a host that belongs to none, or has no port of this transport
  public int usualPort(String host, Transport transport, int otherwise) {
    HostEntry entry = policy.catalog.entry(host);
    if (entry.applications.length == 0) {
      return otherwise;
    }
    List<PortRange> ports = entry.applications[0].application.ports(transport);
    return ports.isEmpty() ? otherwise : ports.getFirst().low();
  }

  /// The names that are ours to answer on the subject's device. Our domains are in it even for a
  /// subject that may do nothing, so that private names never leak to a public resolver.
  ///
  /// @param nowMillis milliseconds since the epoch
  public NamePlan namePlan(SubjectView view, long nowMillis) {
    return new Names(this, current(view), nowMillis).plan(false);
  }

  /// As [#namePlan], and counts each forwarding rule once that shaped the plan, or would have.
  public NamePlan namePlanAndCount(SubjectView view, long nowMillis) {
    return new Names(this, current(view), nowMillis).plan(true);
  }

  // -- whole patterns

  /// The names or addresses of a pattern as a whole, whether an application lists it or not.
  public Spot spot(HostPattern pattern) {
    return new Spot(this, policy.catalog.levels(pattern));
  }

  /// The same with only some of the access and session rules: for questions whose answer the others
  /// cannot change.
  public Snapshot only(Predicate<Rule> wanted) {
    PolicyConfiguration whole = configuration();
    PolicyConfiguration some =
        whole
            .withRules(whole.rules().stream().filter(wanted).toList())
            .withSessionRules(whole.sessionRules().stream().filter(wanted).toList());
    return new Snapshot(version, new CompiledPolicy(some, policy), identities);
  }

  // -- connectors

  /// Why a connector may not work for a group; empty if it may.
  public Optional<DenyReason> connectorRefusal(String connectorId, String group) {
    ConnectorRecord connector = identities.connectors().get(connectorId);
    boolean good =
        connector != null
            && connector.state() == ConnectorRecord.State.ENROLLED
            && connector.group().equals(group)
            && policy.connectorGroups.contains(group);
    return good ? Optional.empty() : Optional.of(DenyReason.CONNECTOR_REVOKED);
  }

  /// The applications that connectors of a group serve, by name.
  public List<Application> applicationsServedBy(String group) {
    return policy.catalog.servedBy(group);
  }

  /// What connectors dial for an application, by their group. Empty for one without server groups:
  /// then it is the host that is asked for.
  public Map<String, DialTargets> dialTargets(String application) {
    return policy.catalog.targets(application);
  }

  // -- counts

  /// What each rule did since this was last asked of a snapshot of this line, by name; rules that
  /// did nothing are left out. Each count is taken once, whoever asks at the same time.
  public Map<String, RuleCounts> takeCounts() {
    Map<String, RuleCounts> counts = new HashMap<>();
    take(policy.access, counts);
    take(policy.sessions, counts);
    take(policy.forwarding, counts);
    return counts;
  }

  private static void take(RuleLayer layer, Map<String, RuleCounts> counts) {
    for (CompiledRule rule : layer.rules) {
      RuleCounts taken = rule.counter.take();
      if (taken != null) {
        counts.put(rule.rule.name(), taken);
      }
    }
  }
}
