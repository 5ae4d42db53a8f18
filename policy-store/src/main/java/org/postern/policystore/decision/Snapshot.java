package org.postern.policystore.decision;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Application;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.DenyReason;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.HostPattern;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.Transport;
import org.postern.policystore.UserRecord;

/// The whole of policy in memory, immutable, with a version. Readers take the reference once per
/// question. Any thread; nothing here blocks.
///
/// A question about a host goes to the application whose host pattern is the most specific: an
/// exact name before the longest wildcard, for addresses the longest prefix. Only that pattern's
/// ports count: a name that is listed on its own is carved out of the wildcards over it. The rules
/// that name that application are asked in order.
public final class Snapshot {
  // A rule's place in the order is its bit. A subject has the bits of the rules whose subject side
  // matches, an application those of the rules that name it; the first common bit is the first rule
  // that matches. All decisions exist before they are asked for, and a question about nothing takes
  // the same path, with an application that has no bits.

  private static final Decision NO_RULE = new Decision.Deny(null, DenyReason.POLICY_NO_RULE);
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
    return new Snapshot(version, new CompiledPolicy(configuration), identities);
  }

  /// The same configuration with other people; shares all that does not depend on them.
  public Snapshot withIdentities(long newVersion, IdentityState newIdentities) {
    return new Snapshot(newVersion, policy, newIdentities);
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

  /// What this snapshot thinks of a certificate's user and device. Never fails: a subject that may
  /// do nothing has a view that says why.
  public SubjectView subject(String userId, String deviceId) {
    UserRecord user = identities.users().get(userId);
    DeviceRecord device = identities.devices().get(deviceId);
    SessionRecord session = identities.sessionsByDevice().get(deviceId);
    DenyReason refusal = refusal(userId, user, device, session);
    long[] rules = policy.noRules();
    if (refusal == null && user != null) {
      String email = policy.emailCounts(user.provider(), user.email()) ? user.email() : "";
      rules = policy.rulesOf(email, user.providerGroups());
    }
    return new SubjectView(this, rules, refusal, userId, deviceId, user, session);
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

  /// May this subject open a flow to host and port, now? Allocates nothing for a name in lower case
  /// and for an IPv4 address.
  ///
  /// @param subject of this snapshot; a view of another one is made anew, at some cost
  /// @param nowMillis milliseconds since the epoch
  public Decision decide(
      SubjectView subject, String host, int port, Transport transport, long nowMillis) {
    SubjectView view = current(subject);
    CompiledApplication application = policy.application(host, port, transport);
    int rule = application.firstRule(view.rules);
    if (view.refusal != null) {
      return deny(view.refusal);
    }
    if (nowMillis >= view.expiresAtMillis) {
      return EXPIRED;
    }
    return rule < 0 ? NO_RULE : application.decision(rule);
  }

  private SubjectView current(SubjectView subject) {
    return subject.snapshot == this ? subject : subject(subject.userId(), subject.deviceId());
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
          NO_RULE;
    };
  }

  /// The application that a host and port belong to, whoever asks. Null if there is none.
  public @Nullable Application match(String host, int port, Transport transport) {
    return policy.application(host, port, transport).application();
  }

  /// What the subject may reach behind a name; empty for what is forbidden and for what does not
  /// exist, after the same work.
  ///
  /// @param nowMillis milliseconds since the epoch
  public Optional<ResolvedName> resolve(SubjectView subject, String host, long nowMillis) {
    SubjectView view = current(subject);
    Set<PortRange> tcp = new TreeSet<>();
    Set<PortRange> udp = new TreeSet<>();
    Set<String> connectorGroups = new LinkedHashSet<>();
    boolean lanePerFlow = false;
    for (CompiledApplication compiled : policy.entry(host).applications) {
      int rule = compiled.firstRule(view.rules);
      if (rule >= 0 && compiled.decision(rule) instanceof Decision.Allow allow) {
        tcp.addAll(allow.application().tcp());
        udp.addAll(allow.application().udp());
        connectorGroups.addAll(allow.application().connectorGroups());
        lanePerFlow |= allow.obligations().lanePerFlow();
      }
    }
    if (connectorGroups.isEmpty() || view.refusal(nowMillis).isPresent()) {
      return Optional.empty();
    }
    return Optional.of(
        new ResolvedName(
            List.copyOf(tcp), List.copyOf(udp), List.copyOf(connectorGroups), lanePerFlow));
  }

  /// The names that are ours to answer on the subject's device. Our domains are in it even for a
  /// subject that may do nothing, so that private names never leak to a public resolver.
  ///
  /// @param nowMillis milliseconds since the epoch
  public NamePlan namePlan(SubjectView subject, long nowMillis) {
    SubjectView view = current(subject);
    Set<String> names = new TreeSet<>();
    Set<String> cidrs = new TreeSet<>();
    Set<String> connectorGroups = new TreeSet<>();
    if (view.refusal(nowMillis).isEmpty()) {
      for (CompiledApplication compiled : policy.applications.values()) {
        int rule = compiled.firstRule(view.rules);
        if (rule >= 0 && compiled.decision(rule) instanceof Decision.Allow allow) {
          addHosts(allow.application(), names, cidrs);
          connectorGroups.addAll(allow.application().connectorGroups());
        }
      }
    }
    return new NamePlan(
        policy.configuration.domains(),
        List.copyOf(names),
        List.copyOf(cidrs),
        List.copyOf(connectorGroups));
  }

  private void addHosts(Application application, Set<String> names, Set<String> cidrs) {
    for (HostPattern host : application.hosts()) {
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
        case HostPattern.Glob glob -> names.add(glob.text());
        case HostPattern.Addresses addresses -> cidrs.add(addresses.text());
      }
    }
  }

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
    return List.copyOf(policy.applicationsByConnectorGroup.getOrDefault(group, List.of()));
  }
}
