package org.postern.appconnector.link;

import static org.awaitility.Awaitility.await;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.postern.appconnector.config.ConnectorLimits;
import org.postern.appconnector.upstream.AddressGuard;
import org.postern.appconnector.upstream.SocketTypes;
import org.postern.appconnector.upstream.SystemResolver;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.Credential;
import org.postern.identity.CredentialStore;
import org.postern.identity.LiveTls;
import org.postern.identity.SpiffeId;
import org.postern.identity.TrustDomain;
import org.postern.tunnel.link.DialerConfig;
import org.postern.tunnel.message.Hello;

/** One deployment in one process: a CA, a scripted broker, the connector under test. */
final class World implements AutoCloseable {
  final CertificateAuthority authority =
      CertificateAuthority.create(new TrustDomain("corp.test"), InstantSource.system());
  final ScriptedBroker broker = new ScriptedBroker(authority);
  final AtomicLong skippedMillis = new AtomicLong();
  final InstantSource clock =
      () -> InstantSource.system().instant().plusMillis(skippedMillis.get());
  final CredentialStore store;
  final LiveTls tls;
  final Connector connector;

  private final SocketTypes sockets = SocketTypes.best();
  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(
          2, new DefaultThreadFactory("connector-loop"), sockets.loops());

  World(Path folder) {
    this(folder, limits(1000));
  }

  World(Path folder, LinkLimits limits) {
    this.store = new CredentialStore(folder);
    Credential credential =
        authority.issueOwn(
            new SpiffeId.ConnectorId(authority.trustDomain(), "vpc-a", "c1"), Duration.ofDays(7));
    this.tls = new LiveTls(credential, authority.trust(), clock);
    this.connector =
        new Connector(
            new Connector.Setup(
                new DialerConfig.Target("broker.test", broker.port()),
                Optional.empty(),
                host -> new InetAddress[] {NetUtil.LOCALHOST4},
                Hello.newBuilder().setSoftware("test").build(),
                new AddressGuard(List.of()),
                limits),
            new Connector.Machine(
                loops,
                loops,
                sockets,
                () -> SystemResolver.of(List.of()),
                System::nanoTime,
                clock,
                new Random(3),
                () -> 1),
            tls,
            store);
  }

  /** Production's limits, with a short drain and so many flows. */
  static LinkLimits limits(int flows) {
    return limits(flows, Duration.ofSeconds(15));
  }

  static LinkLimits limits(int flows, Duration laneWait) {
    return limits(flows, laneWait, Duration.ofMillis(700));
  }

  /** Production's limits; flows have so long to end when the connector stops. */
  static LinkLimits draining(Duration drain) {
    return limits(1000, Duration.ofSeconds(15), drain);
  }

  private static LinkLimits limits(int flows, Duration laneWait, Duration drain) {
    LinkLimits d = LinkLimits.DEFAULT;
    ConnectorLimits c = d.connector();
    ConnectorLimits.Link link = c.link();
    return new LinkLimits(
        new ConnectorLimits(
            c.resolve(),
            c.dial(),
            c.udp(),
            c.health(),
            new ConnectorLimits.Link(
                link.carriersMax(),
                laneWait,
                4,
                flows,
                link.lanesPerDevice(),
                link.endpoints(),
                link.tcpIdle(),
                drain)),
        d.tunnel(),
        d.flow(),
        64 << 20);
  }

  World start() throws InterruptedException {
    connector.start();
    if (broker.connectors.poll(20, TimeUnit.SECONDS) == null) {
      throw new AssertionError("the connector did not come: " + connector.status());
    }
    await().atMost(Duration.ofSeconds(60)).until(() -> connector.status().carriersParked() >= 2);
    return this;
  }

  TestDevice device(String name) {
    return new TestDevice(authority, broker, tls.credential().id().toString(), name);
  }

  /** The connector's process dies: its sockets close, nothing is said. */
  void kill() {
    // Without a quiet period a loop that is running tasks just then ends with its sockets open.
    loops.shutdownGracefully(100, 1000, TimeUnit.MILLISECONDS).awaitUninterruptibly();
  }

  @Override
  public void close() {
    if (!loops.isShuttingDown()) {
      connector.stop().awaitUninterruptibly(3000);
    }
    broker.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    tls.close();
  }
}
