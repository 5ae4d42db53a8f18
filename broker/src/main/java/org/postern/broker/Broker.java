package org.postern.broker;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.postern.broker.admin.AdminApi;
import org.postern.broker.admin.BrokerFacts;
import org.postern.broker.administrators.AdministratorDoor;
import org.postern.broker.administrators.FirstAdministrator;
import org.postern.broker.bootstrap.Foundation;
import org.postern.broker.bootstrap.StartException;
import org.postern.broker.clientside.ClientSide;
import org.postern.broker.enroll.EnrollLimits;
import org.postern.broker.enroll.Enrollment;
import org.postern.broker.enroll.Renewals;
import org.postern.broker.front.AddressRate;
import org.postern.broker.front.FrontLimits;
import org.postern.broker.front.HttpsDoor;
import org.postern.broker.front.HttpsLimits;
import org.postern.broker.front.OnePort;
import org.postern.broker.front.Route;
import org.postern.broker.front.WebLoops;
import org.postern.broker.rendezvous.RendezvousLimits;
import org.postern.policystore.jdbc.SnapshotStore;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.TunnelProtocol;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running broker: its foundation, its rooms and its port, wired. {@link #start} and {@link
 * #close} block; close takes everything down in the opposite order.
 */
public final class Broker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Broker.class);
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final Duration LEASE_RENEWAL = Duration.ofSeconds(10);
  private static final Duration RULE_COUNTS = Duration.ofSeconds(5);
  private static final Duration CERTIFICATE_CHECK = Duration.ofMinutes(10);
  private static final Duration STRANGERS_COUNTED = Duration.ofMinutes(1);
  private static final Duration SIGNALS_POLLED = Duration.ofMillis(500);
  private static final Duration SIGNALS_FORGOTTEN = Duration.ofMinutes(10);
  private static final int INSTANCE_BYTES = 16;

  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final ClientSide.Time time;
  private final SecureRandom random = new SecureRandom();
  private final BrokerSettings settings;
  private final byte[] instance = new byte[INSTANCE_BYTES];
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService timers =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("broker-timers").daemon(true).factory());

  private final BrokerLoops loops = new BrokerLoops();
  private final WebLoops web = new WebLoops();
  private @Nullable Foundation foundation;
  private @Nullable Repositories repositories;
  private @Nullable AdministratorRoom administrators;
  private @Nullable LongSupplier forgotten;
  private @Nullable SnapshotStore snapshots;
  private @Nullable TunnelRooms rooms;
  private @Nullable HttpsDoor https;
  private @Nullable Certificates certificates;
  private @Nullable OnePort port;
  private @Nullable InetSocketAddress address;

  private Broker(BrokerSettings settings, ClientSide.Time time) {
    this.settings = settings;
    this.time = time;
    this.clock = time.clock();
    this.nanoTime = time.nanoTime();
    random.nextBytes(instance);
  }

  /**
   * Starts a broker, or says why not and leaves nothing running.
   *
   * @param nanoTime a monotonic clock, nanoseconds
   * @throws StartException for everything that the operator can mend
   */
  public static Broker start(BrokerSettings settings, InstantSource clock, LongSupplier nanoTime)
      throws StartException {
    return start(settings, new ClientSide.Time(clock, nanoTime));
  }

  /** The same, with alarms of the caller's. */
  public static Broker start(BrokerSettings settings, ClientSide.Time time) throws StartException {
    Broker broker = new Broker(settings, time);
    try {
      broker.build();
      return broker;
    } catch (StartException | RuntimeException | Error e) {
      broker.close();
      throw e;
    }
  }

  private void build() throws StartException {
    Foundation ground = Foundation.lay(settings.foundation(), clock);
    foundation = ground;
    if (settings.newAdminToken()) {
      ground.newAdminToken(clock);
    }
    Certificates.writeTrust(ground.authority(), settings.foundation().dataDir());
    Repositories stored = Repositories.over(ground, random, clock, nanoTime);
    repositories = stored;
    administrators =
        AdministratorRoom.open(ground, stored, settings.foundation().dataDir(), random, clock);
    SnapshotStore policy = SnapshotStore.start(ground.dataSource(), SnapshotStore.Settings.DEFAULT);
    snapshots = policy;
    Certificates own = new Certificates(ground.authority(), ground.brokerId(), settings, clock);
    certificates = own;
    CountryRoom countries = CountryRoom.open(settings.countryFile());
    TunnelRooms tunnel = tunnel(ground, stored, policy, own, countries);
    every(CountryRoom.PAUSE, () -> countries.look(tunnel::countriesChanged));
    rooms = tunnel;
    policy.addListener(tunnel);
    tunnel.start();
    open(ground, stored, policy, tunnel, own);
  }

  private TunnelRooms tunnel(
      Foundation ground,
      Repositories stored,
      SnapshotStore policy,
      Certificates own,
      CountryRoom countries)
      throws StartException {
    Renewals renewals =
        new Renewals(
            ground.authority(),
            stored.users(),
            stored.devices(),
            stored.sessions(),
            stored.connectors(),
            EnrollLimits.DEFAULT,
            clock);
    ApprovalRoom approvals = new ApprovalRoom(stored, ground.brokerId(), clock, blocking);
    forgotten = approvals.decisions()::forgotten;
    approvals.work(this::every);
    approvals.tell(settings, web, () -> policy.current().identities(), random, this::every);
    SourceRecorder seen = new SourceRecorder(stored.sources());
    every(SourceRecorder.PAUSE, seen::write);
    return new TunnelRooms(
        new TunnelRooms.Needs(
            loops.bulk(),
            ground.brokerId(),
            own.tls(),
            policy::current,
            new PostureArchive(stored.postures(), blocking),
            new RenewalDesk(renewals, blocking),
            RendezvousLimits.defaults(),
            TunnelLimits.DEFAULT,
            approvals.decisions(),
            approvals.desk(),
            seen,
            countries),
        time,
        random);
  }

  /** The port first, so that its number is known; the HTTPS door a moment later. */
  private void open(
      Foundation ground,
      Repositories stored,
      SnapshotStore policy,
      TunnelRooms tunnel,
      Certificates own)
      throws StartException {
    Path socket = ground.runFolder().resolve("https.sock");
    OnePort front =
        new OnePort(
            FrontLimits.DEFAULT, loops.prompt(), tunnel, TunnelProtocol.ALPN, socket, nanoTime);
    port = front;
    InetSocketAddress bound;
    try {
      bound = front.open(settings.listen(), settings.proxies());
    } catch (IllegalStateException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
    address = bound;
    HttpsDoor door =
        new HttpsDoor(
            web, HttpsLimits.DEFAULT, routes(ground, stored, policy, tunnel, front), blocking);
    https = door;
    door.open(socket, own.web());
    own.onWeb(door::present);
    every(CERTIFICATE_CHECK, own::renew);
    every(LEASE_RENEWAL, this::lease);
    every(RULE_COUNTS, () -> stored.ruleCounts().add(policy.current().takeCounts()));
    LOG.info(
        "broker {} of {} listens on {}",
        ground.brokerId(),
        ground.authority().trustDomain(),
        bound);
  }

  private void every(Duration pause, Runnable work) {
    timers.scheduleWithFixedDelay(
        () -> {
          try {
            work.run();
          } catch (RuntimeException e) {
            LOG.warn("work of the timers failed; it will be tried again", e);
          }
        },
        0,
        pause.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  private void lease() {
    if (repositories != null && foundation != null) {
      URI url = publicUrl();
      repositories
          .brokers()
          .lease(
              foundation.brokerId(),
              instance,
              url.getHost() + ":" + Introduction.portOf(url),
              LEASE,
              settings.countryFile().isPresent());
    }
  }

  private List<Route> routes(
      Foundation ground,
      Repositories stored,
      SnapshotStore policy,
      TunnelRooms tunnel,
      OnePort front)
      throws StartException {
    HttpsLimits limits = HttpsLimits.DEFAULT.sensitive(settings.signInRate());
    Route.Gate rate =
        Route.rate(
            new AddressRate(
                limits.sensitivePerMinute(),
                limits.sensitiveBurst(),
                FrontLimits.DEFAULT.addressesTrackedMax(),
                nanoTime));
    List<Route> routes = new ArrayList<>();
    routes.addAll(new Introduction(ground.authority(), policy, publicUrl()).routes());
    AdministratorDoor door =
        Objects.requireNonNull(administrators).door(publicUrl(), policy, nanoTime);
    SignInRooms signIn =
        new SignInRooms(
            new SignInRooms.Place(
                () -> policy.current().configuration().identityProviders(),
                publicUrl(),
                settings.privateIssuers(),
                settings.issuerTrustPem(),
                new Repositories.Sealer(ground.sealingKey()),
                door.entry(),
                web,
                stored.strangers(),
                limits),
            stored,
            clock,
            nanoTime,
            random);
    routes.addAll(signIn.routes(limits.bodyBytesMax(), rate));
    routes.addAll(
        new Enrollment(
                ground.authority(),
                stored.enrollment(),
                provider -> policy.current().configuration().sessionLength(provider),
                policy::refresh,
                EnrollLimits.DEFAULT,
                clock)
            .routes(limits.bodyBytesMax(), rate));
    ProvisioningRooms provisioning =
        ProvisioningRooms.of(stored, policy, publicUrl(), ground.brokerId(), clock, nanoTime);
    routes.addAll(provisioning.routes());
    every(ProvisioningRooms.PAUSE, provisioning::work);
    routes.addAll(signIn.signals().routes());
    every(STRANGERS_COUNTED, stored.strangers()::writeCounts);
    every(SIGNALS_POLLED, () -> signIn.signals().poll(blocking));
    every(SIGNALS_FORGOTTEN, signIn.signals()::forget);
    Repositories.Desks desks =
        new Repositories.Desks(signIn.desk(), signIn.signals().desk(), door.directory());
    BrokerFacts facts = facts(ground, front);
    routes.addAll(
        new AdminApi(stored.adminParts(policy, tunnel, tunnel, desks, facts, clock), nanoTime)
            .routes(limits));
    routes.addAll(door.routes());
    return routes;
  }

  private BrokerFacts facts(Foundation ground, OnePort front) {
    return new BrokerFacts(
        ground.brokerId(),
        ground.authority().trustDomain().name(),
        publicUrl().toString(),
        Version.TEXT,
        clock.instant(),
        front::strangers,
        Objects.requireNonNull(forgotten));
  }

  /** Where browsers and peers reach this broker. */
  public URI publicUrl() {
    return settings.publicUrlAt(address().getPort());
  }

  /** Where the port is. */
  public InetSocketAddress address() {
    if (address == null) {
      throw new IllegalStateException("the port is not open");
    }
    return address;
  }

  /** SHA-256 of the deployment's root certificate: what a first contact compares. */
  public String rootFingerprint() {
    if (foundation == null) {
      throw new IllegalStateException("the broker has not started");
    }
    return foundation.authority().trust().rootFingerprints().getFirst();
  }

  /** What the first administrator needs; empty if there is one. */
  public Optional<FirstAdministrator.Code> firstAdministrator() {
    return administrators == null ? Optional.empty() : administrators.code();
  }

  /** Where the admin token of the first start was written. */
  public Path adminTokenFile() {
    return settings.foundation().dataDir().resolve("admin.token");
  }

  /** Stops: no newcomers, peers are told, then everything from the top to the ground. */
  @Override
  public void close() {
    timers.shutdownNow();
    if (port != null) {
      port.close();
    }
    if (rooms != null) {
      rooms.stop();
    }
    if (https != null) {
      https.close();
    }
    if (port != null) {
      port.closeConnections();
    }
    web.close();
    loops.shutDown();
    blocking.shutdownNow();
    if (snapshots != null) {
      snapshots.close();
    }
    if (certificates != null) {
      certificates.tls().close();
    }
    if (foundation != null) {
      release(foundation);
      foundation.close();
    }
  }

  private void release(Foundation ground) {
    if (repositories != null) {
      try {
        repositories.brokers().release(ground.brokerId(), instance);
      } catch (RuntimeException e) {
        LOG.warn("the lease was not given back; it runs out by itself: {}", e.getMessage());
      }
    }
  }
}
