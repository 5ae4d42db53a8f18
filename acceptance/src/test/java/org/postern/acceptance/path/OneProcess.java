package org.postern.acceptance.path;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.postern.appconnector.link.Connector;
import org.postern.appconnector.link.LinkLimits;
import org.postern.appconnector.upstream.AddressGuard;
import org.postern.appconnector.upstream.SocketTypes;
import org.postern.appconnector.upstream.SystemResolver;
import org.postern.broker.TunnelRooms;
import org.postern.broker.access.Countries;
import org.postern.broker.access.DecisionLog;
import org.postern.broker.access.PostureMemory;
import org.postern.broker.access.SourceMemory;
import org.postern.broker.clientside.AccessDesk;
import org.postern.broker.front.FrontLimits;
import org.postern.broker.front.OnePort;
import org.postern.broker.rendezvous.RendezvousLimits;
import org.postern.broker.rendezvous.Renewal;
import org.postern.clientconnector.link.DeviceTunnel;
import org.postern.clientconnector.local.OwnedNames;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.Credential;
import org.postern.identity.CredentialStore;
import org.postern.identity.CsrRefusedException;
import org.postern.identity.LiveTls;
import org.postern.identity.Peers;
import org.postern.identity.SpiffeId;
import org.postern.identity.TrustDomain;
import org.postern.policystore.decision.Snapshot;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.flow.FlowLimits;
import org.postern.tunnel.link.BrokerDialer;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.link.ControlLinkListener;
import org.postern.tunnel.link.DialerConfig;
import org.postern.tunnel.link.EpollLoops;
import org.postern.tunnel.link.LoopThreads;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Renew;
import org.postern.tunnel.message.RenewRefused;
import org.postern.tunnel.message.Renewed;

/**
 * A broker without doors for people, connectors and devices, all in this process, over real TLS.
 */
final class OneProcess implements AutoCloseable {
  static final TrustDomain DOMAIN = new TrustDomain("test.example");

  /** Few enough that a loaded machine can exceed them too. */
  private static final int OPENS_PER_SECOND = 50;

  private static final Duration CERTIFICATE_LIFE = Duration.ofHours(1);

  final CertificateAuthority ca;
  final AtomicReference<Snapshot> snapshot;

  /** What carriers ended for at the broker before they were lanes. */
  final Queue<ReasonCode> carrierEnds = new ConcurrentLinkedQueue<>();

  /** Decisions that were kept. */
  final Queue<DecisionLog.Note> notes = new ConcurrentLinkedQueue<>();

  /** What devices and connectors are, by their id; it changes with each renewal. */
  final Map<String, LiveTls> identities = new ConcurrentHashMap<>();

  private final InstantSource clock;
  private final Duration certificateLife;
  private final MultiThreadIoEventLoopGroup brokerLoops;
  private final List<MultiThreadIoEventLoopGroup> groups = new ArrayList<>();
  private final List<Runnable> stops = new ArrayList<>();
  private final Path directory;
  private final int opensPerSecond;
  private final Queue<LiveTls> closedAtEnd = new ConcurrentLinkedQueue<>();
  private TunnelRooms rooms;
  private OnePort port;
  private InetSocketAddress address;

  /**
   * Makes the broker a bad one: what it reads where a device asks for a lane; null: an honest one.
   */
  volatile @Nullable UnaryOperator<LaneRequest> twist;

  OneProcess(Path directory, Snapshot first) {
    this(directory, first, OPENS_PER_SECOND);
  }

  OneProcess(Path directory, Snapshot first, int opensPerSecond) {
    this(directory, first, opensPerSecond, InstantSource.system(), CERTIFICATE_LIFE);
  }

  /** By this clock, with certificates for devices and connectors that live so long. */
  OneProcess(Path directory, Snapshot first, InstantSource clock, Duration certificateLife) {
    this(directory, first, OPENS_PER_SECOND, clock, certificateLife);
  }

  private OneProcess(
      Path directory,
      Snapshot first,
      int opensPerSecond,
      InstantSource clock,
      Duration certificateLife) {
    this.clock = clock;
    this.certificateLife = certificateLife;
    this.ca = CertificateAuthority.create(DOMAIN, clock);
    this.directory = directory;
    this.opensPerSecond = opensPerSecond;
    this.snapshot = new AtomicReference<>(first);
    this.brokerLoops = group(2);
    this.rooms = newRooms();
    this.port = newPort();
    this.address = port.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  private MultiThreadIoEventLoopGroup group(int threads) {
    return group(threads, LoopThreads.prompt("prompt"));
  }

  private MultiThreadIoEventLoopGroup group(int threads, ThreadFactory kind) {
    MultiThreadIoEventLoopGroup made =
        new MultiThreadIoEventLoopGroup(threads, kind, EpollLoops.handlers());
    groups.add(made);
    return made;
  }

  private TunnelRooms newRooms() {
    LiveTls tls =
        new LiveTls(
            ca.issueOwn(new SpiffeId.BrokerId(DOMAIN, "b1"), Duration.ofHours(1)),
            ca.trust(),
            clock);
    return new TunnelRooms(
        new TunnelRooms.Needs(
            group(1, LoopThreads.bulk("broker-bulk")),
            "b1",
            tls,
            snapshot::get,
            PostureMemory.NONE,
            this::renew,
            limits(),
            TunnelLimits.DEFAULT,
            notes::add,
            AccessDesk.NONE,
            SourceMemory.NONE,
            Countries.NONE),
        clock,
        System::nanoTime,
        new SecureRandom());
  }

  private RendezvousLimits limits() {
    RendezvousLimits d = RendezvousLimits.defaults();
    return new RendezvousLimits(
        d.carrierWait(),
        d.carrierWaitersMax(),
        d.laneAnswerTimeout(),
        d.openAnswerTimeout(),
        d.cutConfirmTimeout(),
        d.linkGrace(),
        d.flowsPerDeviceMax(),
        d.lanesPerDeviceMax(),
        d.carriersPerPeerMax(),
        opensPerSecond,
        d.resolvesPerSecond());
  }

  /** Whoever has a certificate gets its next one: who may is the enrollment's test. */
  private void renew(String spiffeId, Renew request, Renewal.Reply reply) {
    try {
      Renewed.Builder answer = Renewed.newBuilder();
      ca.issue(request.getCsrDer().toByteArray(), SpiffeId.parse(spiffeId), certificateLife)
          .der()
          .forEach(der -> answer.addChainDer(ByteString.copyFrom(der)));
      reply.renewed(answer.build());
    } catch (CsrRefusedException e) {
      reply.refused(RenewRefused.newBuilder().setReason(ReasonCode.PROTOCOL_ERROR).build());
    }
  }

  private LiveTls identity(SpiffeId id, String name) {
    LiveTls tls = new LiveTls(ca.issueOwn(id, certificateLife), ca.trust(), clock);
    identities.put(name, tls);
    return tls;
  }

  /** An identity that no connector or device of this process has; closed with it. */
  LiveTls tls(SpiffeId id, Duration validity) {
    LiveTls made = new LiveTls(ca.issueOwn(id, validity), ca.trust(), clock);
    closedAtEnd.add(made);
    return made;
  }

  /** The port of a real broker; nothing but the HTTPS door is missing behind it. */
  private OnePort newPort() {
    LiveTls own = tls(new SpiffeId.BrokerId(DOMAIN, "b1"), Duration.ofDays(1));
    return new OnePort(
        FrontLimits.DEFAULT,
        brokerLoops,
        new TwistedRooms(rooms, own, () -> twist, carrierEnds::add),
        TunnelProtocol.ALPN,
        directory.resolve("no-https.sock"),
        System::nanoTime);
  }

  /** Policy is another one from now on. */
  void change(Snapshot next) {
    Snapshot before = snapshot.getAndSet(next);
    rooms.onSnapshot(before, next);
  }

  long liveFlows() {
    return rooms.count();
  }

  long connectors() {
    return rooms.connectorCount();
  }

  int brokerPort() {
    return address.getPort();
  }

  /** Starts a connector that resolves names out of the map, else by the DNS server given. */
  Connector connector(String group, String id, SystemResolver resolver) throws IOException {
    LiveTls tls = identity(new SpiffeId.ConnectorId(DOMAIN, group, id), id);
    SecureRandom random = new SecureRandom();
    Connector connector =
        new Connector(
            new Connector.Setup(
                new DialerConfig.Target("127.0.0.1", brokerPort()),
                Optional.empty(),
                InetAddress::getAllByName,
                Hello.newBuilder().setSoftware("test").setInstance(instance(random)).build(),
                new AddressGuard(List.of()),
                LinkLimits.DEFAULT),
            new Connector.Machine(
                group(1),
                group(1, LoopThreads.bulk("connector-bulk")),
                SocketTypes.best(),
                () -> resolver,
                System::nanoTime,
                clock,
                random,
                () -> 0),
            tls,
            new CredentialStore(directory.resolve(id)));
    connector.start();
    stops.add(() -> connector.stop().awaitUninterruptibly(3000));
    return connector;
  }

  private static ByteString instance(SecureRandom random) {
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  /** A device with its own loop. */
  Device device(String user, String id) {
    LiveTls tls = identity(new SpiffeId.ClientId(DOMAIN, user, id), id);
    EventLoop loop = group(1).next();
    ConcurrentHashMap<String, OwnedNames> names = new ConcurrentHashMap<>();
    Consumer<OwnedNames> listener = plan -> names.put("plan", plan);
    DeviceTunnel tunnel =
        new DeviceTunnel(
            loop,
            new DeviceTunnel.Config(
                group(1, LoopThreads.bulk("client-bulk")),
                new DialerConfig.Target("127.0.0.1", brokerPort()),
                org.postern.clientconnector.link.LinkLimits.defaults(),
                TunnelLimits.DEFAULT,
                FlowLimits.DEFAULT,
                64L << 20,
                "test",
                "host",
                "linux"),
            tls,
            credential -> {},
            new DeviceTunnel.Time(clock, System::nanoTime),
            listener);
    tunnel.start();
    stops.add(tunnel::stop);
    return new Device(loop, tunnel, names);
  }

  /** A peer without manners: a control link of this identity, and whatever the test sends on it. */
  Raw raw(SpiffeId id) {
    return raw(ca.issueOwn(id, Duration.ofHours(1)));
  }

  /** The same, with this certificate. */
  Raw raw(Credential credential) {
    LiveTls tls = new LiveTls(credential, ca.trust(), clock);
    BrokerDialer dialer =
        new BrokerDialer(
            new DialerConfig(
                new DialerConfig.Target("127.0.0.1", brokerPort()),
                tls.client(TunnelProtocol.ALPN),
                Peers.broker()::spiffeId,
                Optional.empty(),
                InetAddress::getAllByName,
                TunnelLimits.DEFAULT));
    BlockingQueue<Envelope> heard = new LinkedBlockingQueue<>();
    CompletableFuture<ReasonCode> closed = new CompletableFuture<>();
    Future<ControlLink> link =
        dialer.control(
            group(1).next(),
            Hello.newBuilder().setInstance(instance(new SecureRandom())).build(),
            new ControlLinkListener() {
              @Override
              public void onMessage(ControlLink from, Envelope message) {
                heard.add(message);
              }

              @Override
              public void onClosed(ControlLink from, ReasonCode reason, String text) {
                closed.complete(reason);
              }
            });
    return new Raw(link.awaitUninterruptibly(), heard, closed);
  }

  record Raw(
      Future<ControlLink> dialled,
      BlockingQueue<Envelope> heard,
      CompletableFuture<ReasonCode> closed) {
    ControlLink link() {
      return dialled.getNow();
    }
  }

  record Device(EventLoop loop, DeviceTunnel tunnel, ConcurrentHashMap<String, OwnedNames> names) {
    /** Whether the broker has told it that the name is private. */
    boolean owns(String name) {
      OwnedNames plan = names.get("plan");
      return plan != null && plan.owns(name);
    }
  }

  /** Every connection of the broker is cut as by kill -9, and it starts anew on the same port. */
  void restartBroker(Duration away) throws InterruptedException {
    InetSocketAddress same = address;
    port.close();
    port.closeConnections();
    rooms.stop();
    rooms = newRooms();
    port = newPort();
    address = port.open(same);
  }

  /** As a cable that is pulled: every connection of the broker ends, and it stays. */
  void cutConnections() {
    port.closeConnections();
  }

  @Override
  public void close() {
    stops.reversed().forEach(Runnable::run);
    port.close();
    rooms.stop();
    port.closeConnections();
    for (MultiThreadIoEventLoopGroup each : groups) {
      each.shutdownGracefully(0, 2, TimeUnit.SECONDS);
    }
    groups.forEach(each -> each.terminationFuture().awaitUninterruptibly(5000));
    closedAtEnd.forEach(LiveTls::close);
  }
}
