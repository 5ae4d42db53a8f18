package org.postern.broker.access;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postern.broker.rendezvous.ServePlanSource;
import org.postern.identity.SpiffeId;
import org.postern.policystore.Application;
import org.postern.policystore.ApplicationTraits;
import org.postern.policystore.DenyReason;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.HostPattern;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.ServerGroup;
import org.postern.policystore.Truth;
import org.postern.policystore.decision.DialTargets;
import org.postern.policystore.decision.Facts;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.posture.ProfileResult;
import org.postern.tunnel.message.PortRange;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.ServePlan;
import org.postern.tunnel.message.ServedApplication;
import org.postern.tunnel.message.Server;

/**
 * Asks the current snapshot. Safe for any thread; never blocks: a snapshot is memory, and the
 * reference is taken once per question.
 */
public final class FlowAccess implements ServePlanSource {
  private final Supplier<Snapshot> snapshots;
  private final PostureDesk postures;
  private final InstantSource clock;
  private final DecisionLog log;
  private final SourceMemory sources;
  private final Countries countries;
  private final Map<String, SocketAddress> addresses = new ConcurrentHashMap<>();
  private volatile Plans plans = Plans.of(PolicyConfiguration.EMPTY);

  /** What each connector group serves, as long as applications and servers stay the same. */
  private record Plans(
      List<Application> of,
      List<ServerGroup> from,
      Map<String, ServePlan> byGroup,
      Set<String> takenToBeWell) {
    static Plans of(PolicyConfiguration configuration) {
      return new Plans(
          configuration.applications(),
          configuration.serverGroups(),
          new ConcurrentHashMap<>(),
          configuration.applications().stream()
              .filter(each -> each.traits().health() == ApplicationTraits.HealthMode.NONE)
              .map(Application::name)
              .collect(Collectors.toSet()));
    }

    @SuppressWarnings("ReferenceEquality") // Snapshots hand on the lists that did not change.
    boolean isOf(PolicyConfiguration configuration) {
      return of == configuration.applications() && from == configuration.serverGroups();
    }
  }

  /** Reads whatever snapshot is current when it is asked. */
  public FlowAccess(
      Supplier<Snapshot> snapshots,
      PostureDesk postures,
      SourceMemory sources,
      InstantSource clock,
      DecisionLog log,
      Countries countries) {
    this.sources = sources;
    this.log = log;
    this.countries = countries;
    this.snapshots = snapshots;
    this.postures = postures;
    this.clock = clock;
  }

  /** The reports of devices. */
  public PostureDesk postures() {
    return postures;
  }

  /** A device is linked here, from this address. */
  public void linked(String deviceId, SocketAddress from) {
    addresses.put(deviceId, from);
    sources.seen(deviceId, DeviceFacts.address(from), clock.instant());
  }

  /** A device is no longer linked here. */
  public void left(String deviceId) {
    addresses.remove(deviceId);
    postures.left(deviceId);
  }

  /**
   * What the device of this certificate may do by the current snapshot.
   *
   * @param from the address from which the broker sees it
   */
  public DeviceAccess of(SpiffeId.ClientId id, SocketAddress from) {
    Snapshot snapshot = snapshots.get();
    List<ProfileResult> results = postures.results(snapshot, id.device());
    Facts facts = facts(snapshot, id.user(), id.device(), from, results);
    return new DeviceAccess(
        snapshot, snapshot.subject(id.user(), id.device(), facts), results, clock, log);
  }

  /**
   * By which facts a device that is linked here is decided about, were this the policy; empty when
   * it is not linked here.
   */
  public Optional<Facts> factsOf(Snapshot policy, String deviceId) {
    DeviceRecord device = policy.identities().devices().get(deviceId);
    SocketAddress from = addresses.get(deviceId);
    return device == null || from == null
        ? Optional.empty()
        : Optional.of(
            facts(policy, device.userId(), deviceId, from, postures.results(policy, deviceId)));
  }

  private Facts facts(
      Snapshot snapshot,
      String userId,
      String deviceId,
      SocketAddress from,
      List<ProfileResult> results) {
    Map<String, Truth> posture = new HashMap<>();
    results.forEach(result -> posture.put(result.profile(), result.result()));
    return DeviceFacts.of(snapshot, deviceId, from)
        .withPosture(posture)
        .withCountry(country(from))
        .withRisk(snapshot.identities().risk(userId, deviceId, clock.instant()));
  }

  private @Nullable String country(SocketAddress from) {
    return from instanceof InetSocketAddress inet && inet.getAddress() != null
        ? countries.of(inet.getAddress()).orElse(null)
        : null;
  }

  /** Why this connector may not be linked; empty if it may. */
  public Optional<ReasonCode> connectorFault(SpiffeId.ConnectorId id) {
    return snapshots.get().connectorRefusal(id.id(), id.group()).map(FlowAccess::reason);
  }

  @Override
  public ServePlan planFor(String connectorGroup) {
    Snapshot snapshot = snapshots.get();
    return plans(snapshot)
        .byGroup()
        .computeIfAbsent(connectorGroup, group -> plan(snapshot, group));
  }

  @Override
  public boolean isTakenToBeWell(String applicationId) {
    return plans(snapshots.get()).takenToBeWell().contains(applicationId);
  }

  private Plans plans(Snapshot snapshot) {
    Plans known = plans;
    PolicyConfiguration configuration = snapshot.configuration();
    if (!known.isOf(configuration)) {
      known = Plans.of(configuration);
      plans = known;
    }
    return known;
  }

  private static ServePlan plan(Snapshot snapshot, String connectorGroup) {
    ServePlan.Builder plan = ServePlan.newBuilder().setPolicyVersion(snapshot.version());
    for (Application application : snapshot.applicationsServedBy(connectorGroup)) {
      DialTargets targets =
          snapshot.dialTargets(application.name()).getOrDefault(connectorGroup, DialTargets.HOST);
      plan.addApplications(served(application, targets));
    }
    return plan.build();
  }

  private static ServedApplication served(Application application, DialTargets targets) {
    ServedApplication.Builder served =
        ServedApplication.newBuilder()
            .setApplicationId(application.name())
            .setAllowLoopback(application.obligations().allowLoopback())
            .setAllowLinkLocal(application.obligations().allowLinkLocal());
    boolean probed = application.traits().health() == ApplicationTraits.HealthMode.CONTINUOUS;
    for (HostPattern host : application.hosts()) {
      if (probed && targets.host() && host instanceof HostPattern.ExactName exact) {
        served.addHosts(exact.name());
      }
    }
    if (probed) {
      served.addAllServers(servers(targets));
    }
    for (org.postern.policystore.PortRange range : application.tcp()) {
      served.addTcp(wire(range));
    }
    return served.build();
  }

  /** The servers in the words of the wire. */
  public static List<Server> servers(DialTargets targets) {
    return targets.servers().stream()
        .map(each -> Server.newBuilder().setHost(each.host()).setPort(each.port()).build())
        .toList();
  }

  static PortRange wire(org.postern.policystore.PortRange range) {
    return PortRange.newBuilder().setLow(range.low()).setHigh(range.high()).build();
  }

  /** The numbers are the same on purpose; a test compares them all. */
  static ReasonCode reason(DenyReason reason) {
    ReasonCode code = ReasonCode.forNumber(reason.code());
    if (code == null) {
      throw new AssertionError("no wire code for " + reason);
    }
    return code;
  }
}
