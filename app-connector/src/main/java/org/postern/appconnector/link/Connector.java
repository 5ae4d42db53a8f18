package org.postern.appconnector.link;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.postern.appconnector.health.HealthWatch;
import org.postern.appconnector.upstream.AddressGuard;
import org.postern.appconnector.upstream.SocketTypes;
import org.postern.appconnector.upstream.SystemResolver;
import org.postern.appconnector.upstream.Upstream;
import org.postern.identity.CredentialStore;
import org.postern.identity.LiveTls;
import org.postern.identity.Peers;
import org.postern.identity.SpiffeId.ConnectorId;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.flow.MemoryBudget;
import org.postern.tunnel.lane.LaneAcceptor;
import org.postern.tunnel.link.Backoff;
import org.postern.tunnel.link.BrokerDialer;
import org.postern.tunnel.link.CarrierPark;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.link.DialerConfig;
import org.postern.tunnel.link.EgressProxy;
import org.postern.tunnel.link.KeeperListener;
import org.postern.tunnel.link.LinkKeeper;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.ReasonCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running app connector: keeps one control link to its broker, parks carriers there, takes lanes,
 * and dials what grants name. Flows go on while the link is down, as long as their lanes live.
 *
 * <p>Lifecycle: {@link #start} once; {@link #stop} once, which lets flows end for a while. Both
 * from any thread. The event loops are the caller's.
 */
public final class Connector {
  private static final Logger LOG = LoggerFactory.getLogger(Connector.class);
  private static final Duration RETRY_FIRST = Duration.ofMillis(500);
  private static final Duration RETRY_MAX = Duration.ofSeconds(20);
  private static final Duration DRAIN_LOOK = Duration.ofMillis(50);

  private final ConnectorId self;
  private final Machine machine;
  private final LinkLimits limits;
  private final EventLoop controlLoop;
  private final Map<EventLoop, Upstream> upstreams = new HashMap<>();
  private final Serving serving;
  private final Devices devices;
  private final GrantDesk grants;
  private final PlanInPieces plan = new PlanInPieces();
  private final LaneDesk lanes;
  private final LinkKeeper keeper;
  private final CarrierPark park;
  private final CertificateRenewal renewal;
  private volatile LinkState state = new LinkState(false, "not started");

  /**
   * Where the broker is and what may be dialled.
   *
   * @param broker host and port of its tunnel door
   * @param proxy way out of the network, if it needs one
   * @param brokerNames resolves the broker's name, may block
   * @param hello what the inventory shows; kind, versions and instance are filled in
   * @param guard judges every address before it is dialled
   * @param limits of everything
   */
  public record Setup(
      DialerConfig.Target broker,
      Optional<EgressProxy> proxy,
      DialerConfig.Resolver brokerNames,
      Hello hello,
      AddressGuard guard,
      LinkLimits limits) {}

  /**
   * What the connector runs on.
   *
   * @param loops event loops of the kind in {@code sockets}; shut down by the caller, after {@link
   *     #stop}
   * @param bulkLoops of the same kind, for flows that move much; shut down by the caller as well
   * @param sockets the kernel interface
   * @param system the network's resolver, asked at every look-up
   * @param nanoTime a monotonic clock, in nanoseconds
   * @param clock of certificates and grants
   * @param random for jitter
   * @param loadPercent 0 to 100, asked at each report on an event loop
   */
  public record Machine(
      EventLoopGroup loops,
      EventLoopGroup bulkLoops,
      SocketTypes sockets,
      Supplier<SystemResolver> system,
      LongSupplier nanoTime,
      InstantSource clock,
      RandomGenerator random,
      IntSupplier loadPercent) {}

  private record LinkState(boolean up, String text) {}

  /**
   * @param tls who we are; replaced at each renewal
   * @param store where renewed certificates are kept
   * @throws IllegalArgumentException when the credential is not an app connector's
   */
  public Connector(Setup setup, Machine machine, LiveTls tls, CredentialStore store) {
    if (!(tls.credential().id() instanceof ConnectorId connector)) {
      throw new IllegalArgumentException(
          tls.credential().id() + " is not an app connector; enroll with a provisioning key");
    }
    this.self = connector;
    this.machine = machine;
    this.limits = setup.limits();
    for (EventExecutor each : machine.loops()) {
      upstreams.put((EventLoop) each, upstream((EventLoop) each, setup.guard()));
    }
    this.controlLoop = machine.loops().next();
    FlowCount flows = new FlowCount(limits.connector().link().flows());
    HealthWatch health =
        new HealthWatch(
            Objects.requireNonNull(upstreams.get(controlLoop)),
            new HealthWatch.Load(flows::live, machine.loadPercent()),
            limits.connector().health(),
            machine.nanoTime(),
            machine.random());
    this.serving =
        new Serving(
            self,
            limits,
            new MemoryBudget(limits.memoryBytes()),
            machine.nanoTime(),
            machine.bulkLoops(),
            health,
            new LaneBook(limits.connector().link().grantsWaiting()),
            new Outbox(),
            flows);
    this.devices = new Devices(limits.connector().link().endpoints(), this::newDevice);
    this.grants = new GrantDesk(serving, devices, controlLoop, machine.clock());
    this.lanes =
        new LaneDesk(
            new LaneAcceptor(
                tls.server(TunnelProtocol.LANE_ALPN), Peers.client()::spiffeId, limits.tunnel()),
            devices,
            grants,
            serving);
    this.renewal = new CertificateRenewal(controlLoop, tls, store, machine.clock());
    BrokerDialer dialer =
        new BrokerDialer(
            new DialerConfig(
                setup.broker(),
                tls.client(TunnelProtocol.ALPN),
                Peers.broker()::spiffeId,
                setup.proxy(),
                setup.brokerNames(),
                limits.tunnel()));
    Backoff backoff = new Backoff(RETRY_FIRST, RETRY_MAX, machine.random());
    Hello firstWords = setup.hello().toBuilder().setInstance(newInstance(machine.random())).build();
    Supplier<Hello> hello = () -> firstWords;
    this.keeper = new LinkKeeper(dialer, controlLoop, hello, new LinkEvents(), backoff);
    this.park = new CarrierPark(dialer, machine.loops(), hello, lanes, backoff);
  }

  /** Tells a reconnect of this process from its successor. */
  private static ByteString newInstance(RandomGenerator random) {
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  private Upstream upstream(EventLoop loop, AddressGuard guard) {
    return new Upstream(
        loop, machine.sockets(), machine.system(), guard, limits.connector(), machine.nanoTime());
  }

  private DeviceOnConnector newDevice(String deviceId, EventLoop loop) {
    return new DeviceOnConnector(
        deviceId,
        Objects.requireNonNull(upstreams.get(loop), "an event loop of this connector"),
        serving,
        device -> devices().sweep(device));
  }

  private Devices devices() {
    return devices;
  }

  /** Starts dialling the broker. */
  public void start() {
    state = new LinkState(false, "dialling the broker");
    controlLoop.execute(renewal::start);
    keeper.start();
  }

  /** What it is doing. Any thread. */
  public ConnectorStatus status() {
    LinkState link = state;
    return new ConnectorStatus(
        self.toString(),
        link.up,
        link.text,
        grants.applications(),
        devices.size(),
        serving.lanes().lanes(),
        serving.flows().live(),
        park.parked(),
        serving.memory().usedBytes(),
        serving.health().counts());
  }

  /**
   * Takes no more lanes and flows, lets live flows end for at most {@code Link.drain}, then resets
   * the rest and closes everything. Completes when that is done.
   */
  public Future<?> stop() {
    Promise<Void> stopped = controlLoop.newPromise();
    controlLoop.execute(() -> {
      LOG.info("stopping; {} flows live", serving.flows().live());
      grants.stop();
      lanes.stop();
      park.close();
      long deadlineNanos =
          machine.nanoTime().getAsLong() + limits.connector().link().drain().toNanos();
      drain(deadlineNanos, stopped);
    });
    return stopped;
  }

  private void drain(long deadlineNanos, Promise<Void> stopped) {
    if (serving.flows().live() > 0 && deadlineNanos - machine.nanoTime().getAsLong() > 0) {
      controlLoop.schedule(
          () -> drain(deadlineNanos, stopped), DRAIN_LOOK.toMillis(), TimeUnit.MILLISECONDS);
      return;
    }
    for (DeviceOnConnector device : devices.all()) {
      device.eventLoop().execute(() -> device.close(ReasonCode.CONNECTOR_STOPPING));
    }
    serving.health().close();
    // Resets and the ends of flows get a moment to leave before the link that carries them does.
    controlLoop.schedule(
        () -> {
          keeper.close(ReasonCode.CONNECTOR_STOPPING, "the app connector was stopped");
          upstreams.values().forEach(each -> each.eventLoop().execute(each::close));
          stopped.trySuccess(null);
        },
        DRAIN_LOOK.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  private void onMessage(ControlLink link, Envelope message) {
    switch (message.getBodyCase()) {
      case GRANT -> grants.onGrant(message.getGrant());
      case CUT -> grants.onCut(message.getCut());
      case FLOW_TERMS -> grants.onTerms(message.getFlowTerms());
      case SERVE_PLAN ->
          plan.add(message.getServePlan())
              .ifPresent(whole -> {
                grants.onPlan(whole);
                serving.health().onPlan(whole);
              });
      case PARK_CARRIERS -> park(message.getParkCarriers().getWanted());
      case RENEWED -> renewal.onRenewed(message.getRenewed());
      case RENEW_REFUSED -> renewal.onRefused(message.getRenewRefused());
      default ->
          // A newer broker may say more than we know; the protocol says: ignore.
          LOG.debug("message {} from {} ignored", message.getBodyCase(), link.peerId());
    }
  }

  private void park(int wanted) {
    park.wanted(Math.clamp(wanted, 0, limits.connector().link().carriersMax()));
  }

  /** The control link's life, on the control loop. */
  private final class LinkEvents implements KeeperListener {
    @Override
    public void onUp(ControlLink link) {
      plan.clear();
      state = new LinkState(true, link.welcome().getBrokerId());
      LOG.info("linked to broker {} as {}", link.peerId(), self);
      serving.outbox().up(link);
      serving
          .health()
          .onUp(report -> link.send(Envelope.newBuilder().setConnectorReport(report).build()));
      renewal.onUp(link);
      park(link.welcome().getCarriersWanted());
    }

    @Override
    public void onMessage(ControlLink link, Envelope message) {
      Connector.this.onMessage(link, message);
    }

    @Override
    public void onDown(ReasonCode reason, String text, Duration retryIn) {
      state = new LinkState(false, reason.name() + " " + text);
      LOG.warn(
          "no link to the broker: {} {}; next attempt in {} ms", reason, text, retryIn.toMillis());
      serving.outbox().down();
      serving.health().onDown();
      renewal.onDown();
    }
  }
}
