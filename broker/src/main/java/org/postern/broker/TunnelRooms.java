package org.postern.broker;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.postern.broker.access.Countries;
import org.postern.broker.access.DecisionIds;
import org.postern.broker.access.DecisionLog;
import org.postern.broker.access.FlowAccess;
import org.postern.broker.access.PostureDesk;
import org.postern.broker.access.PostureMemory;
import org.postern.broker.access.PostureReportLimits;
import org.postern.broker.access.SourceMemory;
import org.postern.broker.admin.LiveFacts;
import org.postern.broker.admin.LiveFlow;
import org.postern.broker.admin.LiveFlows;
import org.postern.broker.clientside.AccessDesk;
import org.postern.broker.clientside.ClientSide;
import org.postern.broker.clientside.FlowLine;
import org.postern.broker.connectorside.ConnectorSide;
import org.postern.broker.front.TunnelSide;
import org.postern.broker.rendezvous.LanePairing;
import org.postern.broker.rendezvous.Rendezvous;
import org.postern.broker.rendezvous.RendezvousLimits;
import org.postern.broker.rendezvous.Renewal;
import org.postern.identity.LiveTls;
import org.postern.identity.Peers;
import org.postern.identity.SpiffeId;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.Facts;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.jdbc.SnapshotListener;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.link.BrokerCarrier;
import org.postern.tunnel.link.BrokerCarrierListener;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.link.ControlLinkListener;
import org.postern.tunnel.link.DoorConfig;
import org.postern.tunnel.link.DoorListener;
import org.postern.tunnel.link.PeerAddress;
import org.postern.tunnel.link.TunnelDoor;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Rejected;
import org.postern.tunnel.message.Welcome;
import org.postern.tunnel.relay.LaneRelay;

/**
 * The rooms behind the tunnel door, wired: admission by certificate kind and policy, then the
 * client or connector side. Safe for any thread.
 */
public final class TunnelRooms
    implements TunnelSide, DoorListener, SnapshotListener, LiveFlows, LiveFacts {
  /** Carriers that a device or connector keeps parked at first. */
  static final int CARRIERS_WANTED = 4;

  private static final int RETRY_AFTER_REFUSAL_SECONDS = 15;

  private final FlowAccess access;
  private final ConnectorSide connectors;
  private final ClientSide clients;
  private final TunnelDoor door;
  private final ChannelHandler entrance = new Entrance();
  private final String brokerId;
  private final Supplier<Snapshot> snapshots;

  /**
   * What the rooms need from the rest of the broker.
   *
   * @param bulkLoops for lanes of one flow that moves much; shut down by the caller
   * @param brokerId this broker's opaque id
   * @param tls the broker's certificate
   * @param snapshots the current policy
   * @param postures keeps what devices report
   * @param renewal renews certificates of peers
   * @param limits of the rooms
   * @param tunnelLimits of the wire
   * @param decisions keeps decisions by their id
   * @param accessDesk where people ask for access
   * @param sources keeps where devices were seen
   * @param countries tells the country of an address
   */
  public record Needs(
      EventLoopGroup bulkLoops,
      String brokerId,
      LiveTls tls,
      Supplier<Snapshot> snapshots,
      PostureMemory postures,
      Renewal renewal,
      RendezvousLimits limits,
      TunnelLimits tunnelLimits,
      DecisionLog decisions,
      AccessDesk accessDesk,
      SourceMemory sources,
      Countries countries) {

    /** Without keeping decisions, requests, or where devices were seen, and without countries. */
    public Needs(
        EventLoopGroup bulkLoops,
        String brokerId,
        LiveTls tls,
        Supplier<Snapshot> snapshots,
        PostureMemory postures,
        Renewal renewal,
        RendezvousLimits limits,
        TunnelLimits tunnelLimits) {
      this(
          bulkLoops,
          brokerId,
          tls,
          snapshots,
          postures,
          renewal,
          limits,
          tunnelLimits,
          DecisionLog.FORGETFUL,
          AccessDesk.NONE,
          SourceMemory.NONE,
          Countries.NONE);
    }
  }

  /** Wires the rooms, which wake by the timers of the event loops. */
  public TunnelRooms(
      Needs needs, InstantSource clock, LongSupplier nanoTime, RandomGenerator random) {
    this(needs, new ClientSide.Time(clock, nanoTime), random);
  }

  /** Wires the rooms. */
  public TunnelRooms(Needs needs, ClientSide.Time time, RandomGenerator random) {
    this.brokerId = needs.brokerId();
    this.snapshots = needs.snapshots();
    this.access =
        new FlowAccess(
            needs.snapshots(),
            new PostureDesk(
                needs.snapshots(), needs.postures(), PostureReportLimits.DEFAULT, time.clock()),
            needs.sources(),
            time.clock(),
            needs.decisions(),
            needs.countries());
    Rendezvous rendezvous = new Rendezvous();
    this.connectors =
        new ConnectorSide(
            rendezvous, needs.limits(), access, access::connectorFault, needs.renewal());
    this.clients =
        new ClientSide(
            rendezvous,
            access,
            new LanePairing.Means(needs.limits(), new LaneRelay(), needs.bulkLoops()),
            needs.renewal(),
            new DecisionIds(random),
            needs.accessDesk(),
            time);
    this.door =
        new TunnelDoor(
            new DoorConfig(
                needs.tls().server(TunnelProtocol.ALPN),
                Peers.dialer()::spiffeId,
                needs.tunnelLimits()),
            this);
  }

  @Override
  public void prepare(Channel channel) {
    door.prepare(channel);
  }

  @Override
  public ChannelHandler door() {
    return entrance;
  }

  @Override
  public void start() {}

  @Override
  public void stop() {
    clients.stop();
    connectors.stop();
  }

  /** Gives the channel to the tunnel's own door as soon as the port has chosen it. */
  @ChannelHandler.Sharable
  private final class Entrance extends ChannelInboundHandlerAdapter {
    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      Channel channel = context.channel();
      door.install(channel, (InetSocketAddress) PeerAddress.of(channel));
    }
  }

  // -- admission

  @Override
  public Admission admit(String spiffeId, Hello hello, InetSocketAddress from) {
    Optional<ReasonCode> fault =
        switch (SpiffeId.parse(spiffeId)) {
          case SpiffeId.ClientId client -> access.of(client, from).subjectFault();
          case SpiffeId.ConnectorId connector -> access.connectorFault(connector);
          case SpiffeId.BrokerId broker -> Optional.of(ReasonCode.KIND_NOT_ALLOWED);
          case SpiffeId.PortalId portal -> Optional.of(ReasonCode.KIND_NOT_ALLOWED);
          case SpiffeId.WorkloadId workload -> Optional.of(ReasonCode.KIND_NOT_ALLOWED);
        };
    if (fault.isPresent()) {
      return new Refuse(
          Rejected.newBuilder()
              .setReason(fault.get())
              .setRetryAfterSeconds(RETRY_AFTER_REFUSAL_SECONDS)
              .build());
    }
    return new Admit(
        Welcome.newBuilder().setBrokerId(brokerId).setCarriersWanted(CARRIERS_WANTED).build());
  }

  @Override
  public ControlLinkListener onControl(ControlLink link, Hello hello) {
    return switch (SpiffeId.parse(link.peerId())) {
      case SpiffeId.ClientId client -> clients.onControl(client, link);
      case SpiffeId.ConnectorId connector -> connectors.onControl(connector, link);
      case SpiffeId.BrokerId other -> throw notAdmitted(other);
      case SpiffeId.PortalId other -> throw notAdmitted(other);
      case SpiffeId.WorkloadId other -> throw notAdmitted(other);
    };
  }

  @Override
  public BrokerCarrierListener onCarrier(BrokerCarrier carrier, Hello hello) {
    return switch (SpiffeId.parse(carrier.peerId())) {
      case SpiffeId.ClientId client -> clients.onCarrier(carrier);
      case SpiffeId.ConnectorId connector -> connectors.onCarrier(connector, carrier);
      case SpiffeId.BrokerId other -> throw notAdmitted(other);
      case SpiffeId.PortalId other -> throw notAdmitted(other);
      case SpiffeId.WorkloadId other -> throw notAdmitted(other);
    };
  }

  private static IllegalStateException notAdmitted(SpiffeId id) {
    return new IllegalStateException("admission let in " + id.getClass().getSimpleName());
  }

  // -- facts change

  @Override
  public void onSnapshot(Snapshot before, Snapshot now) {
    clients.policyChanged();
    connectors.policyChanged();
  }

  /** What is known of addresses is something else now: every live flow is decided again. */
  void countriesChanged() {
    clients.policyChanged();
  }

  // -- for the administrator

  /** App connectors that are linked now. */
  public int connectorCount() {
    return connectors.count();
  }

  @Override
  public List<LiveFlow> list(int max) {
    return clients.describe(max).stream().map(this::line).toList();
  }

  private LiveFlow line(FlowLine flow) {
    String user =
        snapshots
            .get()
            .subject(flow.userId(), flow.deviceId())
            .user()
            .map(UserRecord::email)
            .orElse(flow.userId());
    return new LiveFlow(
        flow.flowId(),
        flow.deviceId(),
        user,
        flow.application(),
        flow.target(),
        flow.connectorId(),
        flow.decisionId(),
        Instant.ofEpochMilli(flow.sinceMillis()));
  }

  @Override
  public Optional<Facts> factsOf(Snapshot policy, String deviceId) {
    return access.factsOf(policy, deviceId);
  }

  @Override
  public long count() {
    return clients.flows();
  }
}
