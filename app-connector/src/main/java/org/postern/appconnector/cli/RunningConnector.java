package org.postern.appconnector.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.postern.appconnector.config.ConnectorLimits;
import org.postern.appconnector.link.Connector;
import org.postern.appconnector.link.ConnectorStatus;
import org.postern.appconnector.link.LinkLimits;
import org.postern.appconnector.upstream.AddressGuard;
import org.postern.appconnector.upstream.SocketTypes;
import org.postern.appconnector.upstream.SystemResolver;
import org.postern.identity.CredentialStore;
import org.postern.identity.LiveTls;
import org.postern.tunnel.link.LoopThreads;
import org.postern.tunnel.message.Hello;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The process around one {@link Connector}: loops, files, signals. */
final class RunningConnector {
  private static final Logger LOG = LoggerFactory.getLogger(RunningConnector.class);
  private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");
  private static final Path HOSTS = Path.of("/etc/hosts");
  private static final Duration CHORES = Duration.ofSeconds(2);
  private static final int FILES_RESERVED = 256;

  private final ConnectorHome home;
  private final RunOptions.Settings settings;
  private final Surroundings surroundings;
  private final LiveTls tls;
  private final ProcessLoad load = new ProcessLoad();
  private final AtomicReference<SystemResolver> system;
  private final EventLoopGroup loops;
  private final EventLoopGroup bulkLoops;
  private final Connector connector;
  private final CountDownLatch stopped = new CountDownLatch(1);

  RunningConnector(
      ConnectorHome home,
      CredentialStore.Stored stored,
      RunOptions.Settings settings,
      Surroundings surroundings)
      throws CommandFailure {
    this.home = home;
    this.settings = settings;
    this.surroundings = surroundings;
    this.tls = new LiveTls(stored.credential(), stored.trust(), surroundings.clock());
    this.system = new AtomicReference<>(readSystem());
    SocketTypes sockets = SocketTypes.best();
    this.loops =
        new MultiThreadIoEventLoopGroup(
            settings.threads(), LoopThreads.prompt("connector-loop"), sockets.loops());
    this.bulkLoops =
        new MultiThreadIoEventLoopGroup(
            settings.threads(), LoopThreads.bulk("connector-bulk"), sockets.loops());
    this.connector =
        new Connector(
            new Connector.Setup(
                home.broker(),
                settings.proxy(),
                InetAddress::getAllByName,
                hello(),
                new AddressGuard(settings.denied()),
                limits()),
            new Connector.Machine(
                loops,
                bulkLoops,
                sockets,
                system::get,
                surroundings.nanoTime(),
                surroundings.clock(),
                surroundings.random(),
                load::percent),
            tls,
            home.store());
  }

  private Hello hello() {
    return Hello.newBuilder()
        .setSoftware("postern")
        .setHostName(EnrollOptions.hostName(surroundings.environment()))
        .setPlatform(EnrollOptions.platform())
        .build();
  }

  /** A flow needs a file descriptor; what is left must do for lanes, carriers and look-ups. */
  private LinkLimits limits() {
    LinkLimits d = LinkLimits.DEFAULT;
    ConnectorLimits c = d.connector();
    ConnectorLimits.Link link = c.link();
    long flows = Math.max(16, Math.min(link.flows(), ProcessLoad.filesMax() - FILES_RESERVED));
    return new LinkLimits(
        new ConnectorLimits(
            c.resolve(),
            c.dial(),
            c.udp(),
            c.health(),
            new ConnectorLimits.Link(
                link.carriersMax(),
                link.laneWait(),
                link.grantsWaiting(),
                Math.toIntExact(flows),
                link.lanesPerDevice(),
                link.endpoints(),
                link.tcpIdle(),
                settings.drain())),
        d.tunnel(),
        d.flow(),
        Math.max(32L << 20, Runtime.getRuntime().maxMemory() / 2));
  }

  /** Returns when the process was told to stop and everything has ended. */
  void run() throws InterruptedException {
    Thread hook = new Thread(this::stop, "connector-stop");
    Runtime.getRuntime().addShutdownHook(hook);
    try (ScheduledExecutorService chores =
        Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().factory())) {
      chores.scheduleWithFixedDelay(this::doChores, 0, CHORES.toMillis(), TimeUnit.MILLISECONDS);
      connector.start();
      stopped.await();
      chores.shutdownNow();
    }
  }

  private void stop() {
    connector.stop().awaitUninterruptibly(settings.drain().plusSeconds(2).toMillis());
    bulkLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(1000);
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2000);
    tls.close();
    home.deleteStatus();
    LOG.info("stopped");
    stopped.countDown();
    // A stop that was asked for is a success; the JVM would end with 128 + the signal's number.
    Runtime.getRuntime().halt(ExitCode.OK);
  }

  private void doChores() {
    try {
      load.sample();
      system.set(readSystem());
      home.writeStatus(statusJson());
    } catch (UncheckedIOException | CommandFailure e) {
      LOG.warn("{}", e.getMessage());
    }
  }

  private SystemResolver readSystem() throws CommandFailure {
    if (!settings.resolvers().isEmpty()) {
      return SystemResolver.of(settings.resolvers());
    }
    try {
      return SystemResolver.read(RESOLV_CONF, HOSTS);
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.FAILED,
          "cannot read " + RESOLV_CONF + ": " + e.getMessage() + "; or give --resolver ADDRESS");
    }
  }

  private ObjectNode statusJson() {
    ConnectorStatus status = connector.status();
    return new ObjectMapper()
        .createObjectNode()
        .put("running", true)
        .put("pid", ProcessHandle.current().pid())
        .put("at", surroundings.clock().instant().toString())
        .put("id", status.id())
        .put("linked", status.linked())
        .put("link", status.link())
        .put("certificate_until", tls.credential().notAfter().toString())
        .put("applications", status.applications())
        .put("targets", status.health().watched())
        .put("targets_down", status.health().down())
        .put("devices", status.devices())
        .put("lanes", status.lanes())
        .put("carriers_parked", status.carriersParked())
        .put("flows", status.flows())
        .put("buffered_bytes", status.bufferedBytes())
        .put("load_percent", load.percent());
  }
}
