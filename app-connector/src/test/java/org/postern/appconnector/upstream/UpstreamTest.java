package org.postern.appconnector.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.SocketChannelConfig;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.appconnector.config.ConnectorLimits;
import org.postern.tunnel.message.ReasonCode;

final class UpstreamTest {
  private static final AddressExceptions LOOPBACK = new AddressExceptions(true, false);
  private static final int TYPE_A = 1;

  private final SocketTypes sockets = SocketTypes.best();
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, sockets.loops());
  private final EventLoop loop = group.next();
  private final AtomicLong skippedNanos = new AtomicLong();
  private FakeDns dns;
  private Upstream upstream;
  private ServerSocket server;

  @BeforeEach
  void start() throws Exception {
    dns = new FakeDns();
    server = new ServerSocket(0, 50, NetUtil.LOCALHOST4);
    upstream = upstream(dns.asSystem(), ConnectorLimits.DEFAULT);
  }

  @AfterEach
  void stop() throws Exception {
    loop.submit(upstream::close).sync();
    dns.close();
    server.close();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
  }

  private Upstream upstream(SystemResolver system, ConnectorLimits limits) {
    return new Upstream(
        loop,
        sockets,
        () -> system,
        new AddressGuard(List.of()),
        limits,
        () -> System.nanoTime() + skippedNanos.get());
  }

  private DialOutcome dial(String host, int port, AddressExceptions exceptions) throws Exception {
    return dial(upstream, new DialTarget(host, port, exceptions));
  }

  private DialOutcome dial(Upstream by, DialTarget target) throws Exception {
    Future<DialOutcome> dial = loop.submit(() -> by.dialTcp(target)).get(30, TimeUnit.SECONDS);
    return dial.get(20, TimeUnit.SECONDS);
  }

  private DialOutcome dialServer(String host) throws Exception {
    return dial(host, server.getLocalPort(), LOOPBACK);
  }

  private static ReasonCode reason(DialOutcome outcome) {
    return switch (outcome) {
      case DialOutcome.Connected connected -> ReasonCode.REASON_UNSPECIFIED;
      case DialOutcome.Failed failed -> failed.reason();
    };
  }

  private static void assertConnected(DialOutcome outcome) {
    assertThat(outcome).isInstanceOf(DialOutcome.Connected.class);
    ((DialOutcome.Connected) outcome).channel().close();
  }

  @Test
  void namedTargetIsDialledAndTheChannelIsReadyForAFlow() throws Exception {
    dns.with("app.test", 60, "127.0.0.1");
    DialOutcome outcome = dialServer("App.Test");
    assertThat(outcome).isInstanceOf(DialOutcome.Connected.class);
    DialOutcome.Connected connected = (DialOutcome.Connected) outcome;
    SocketChannelConfig config = (SocketChannelConfig) connected.channel().config();
    assertThat(config.isAutoRead()).isFalse();
    assertThat(config.isTcpNoDelay()).isTrue();
    assertThat(config.isKeepAlive()).isTrue();
    assertThat(config.isAllowHalfClosure()).isTrue();
    assertThat(connected.channel().eventLoop()).isSameAs(loop);
    assertThat(connected.address().getAddress().getHostAddress()).isEqualTo("127.0.0.1");
    connected.channel().close().sync();
  }

  @Test
  void loopbackWithoutTheApplicationsWordIsForbidden() throws Exception {
    dns.with("sneaky.test", 60, "127.0.0.1", "::1", "::ffff:127.0.0.1");
    assertThat(reason(dial("sneaky.test", server.getLocalPort(), AddressExceptions.NONE)))
        .isEqualTo(ReasonCode.TARGET_FORBIDDEN);
    assertThat(reason(dial("127.0.0.1", server.getLocalPort(), AddressExceptions.NONE)))
        .isEqualTo(ReasonCode.TARGET_FORBIDDEN);
  }

  @Test
  void nameThatIsReboundToMetadataIsForbiddenAtTheNextDial() throws Exception {
    dns.with("rebind.test", 0, "127.0.0.1");
    assertConnected(dialServer("rebind.test"));
    dns.with("rebind.test", 0, "169.254.169.254");
    assertThat(reason(dialServer("rebind.test"))).isEqualTo(ReasonCode.TARGET_FORBIDDEN);
    dns.with("rebind.test", 0, "64:ff9b::a9fe:a9fe");
    assertThat(reason(dialServer("rebind.test"))).isEqualTo(ReasonCode.TARGET_FORBIDDEN);
  }

  @Test
  void forbiddenAddressesAmongGoodOnesAreLeftOut() throws Exception {
    dns.with("mixed.test", 60, "0.0.0.0", "169.254.169.254", "127.0.0.1");
    DialOutcome outcome = dialServer("mixed.test");
    assertThat(((DialOutcome.Connected) outcome).address().getAddress().getHostAddress())
        .isEqualTo("127.0.0.1");
    assertConnected(outcome);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"127.1", "0x7f.1", "2130706433", "0177.0.0.1.", "a..b", "-", "a b", "fe80::1%lo"})
  void oddSpellingsOfAddressesAreNeverDialled(String host) throws Exception {
    assertThat(reason(dial(host, server.getLocalPort(), AddressExceptions.NONE)))
        .isIn(ReasonCode.NAME_NOT_FOUND, ReasonCode.TARGET_FORBIDDEN);
  }

  @Test
  void unknownNameIsNotFoundAndTheAnswerIsKeptForAShortWhile() throws Exception {
    assertThat(reason(dialServer("nothing.test"))).isEqualTo(ReasonCode.NAME_NOT_FOUND);
    assertThat(reason(dialServer("nothing.test"))).isEqualTo(ReasonCode.NAME_NOT_FOUND);
    assertThat(dns.questions()).filteredOn(q -> q.startsWith("nothing.test")).hasSize(2);
    skippedNanos.addAndGet(ConnectorLimits.Resolve.DEFAULT.negativeTtl().toNanos());
    dns.with("nothing.test", 1, "127.0.0.1");
    assertConnected(dialServer("nothing.test"));
  }

  @Test
  void answerIsKeptForItsTimeToLiveAndNoLonger() throws Exception {
    dns.with("kept.test", 10, "127.0.0.1");
    assertConnected(dialServer("kept.test"));
    assertConnected(dialServer("kept.test"));
    assertThat(dns.questions()).containsOnlyOnce("kept.test/" + TYPE_A);
    skippedNanos.addAndGet(Duration.ofSeconds(11).toNanos());
    assertConnected(dialServer("kept.test"));
    assertThat(dns.questions()).filteredOn(q -> q.equals("kept.test/" + TYPE_A)).hasSize(2);
  }

  @Test
  void aliasesAreFollowedButNotInCircles() throws Exception {
    dns.withAlias("www.test", "lb.test").withAlias("lb.test", "host.test");
    dns.with("host.test", 60, "127.0.0.1");
    assertConnected(dialServer("www.test"));
    dns.withAlias("a.test", "b.test").withAlias("b.test", "a.test");
    assertThat(reason(dialServer("a.test"))).isEqualTo(ReasonCode.RESOLVER_FAILED);
  }

  @Test
  void resolverThatFailsIsToldApartFromANameThatIsNotThere() throws Exception {
    dns.withCode("broken.test", 2);
    assertThat(reason(dialServer("broken.test"))).isEqualTo(ReasonCode.RESOLVER_FAILED);
  }

  @Test
  void silentResolverFailsLongBeforeADialDoes() throws Exception {
    dns.silentAbout("slow.test");
    long before = System.nanoTime();
    assertThat(reason(dialServer("slow.test"))).isEqualTo(ReasonCode.RESOLVER_FAILED);
    assertThat(Duration.ofNanos(System.nanoTime() - before))
        .isLessThan(ConnectorLimits.DEFAULT.dial().timeout());
  }

  @Test
  void deadResolverIsSkippedForTheNext() throws Exception {
    dns.with("second.test", 60, "127.0.0.1");
    try (FakeDns dead = new FakeDns().silentAbout("second.test")) {
      Upstream two =
          upstream(
              SystemResolver.of(List.of(dead.address(), dns.address())), ConnectorLimits.DEFAULT);
      assertConnected(dial(two, new DialTarget("second.test", server.getLocalPort(), LOOPBACK)));
      loop.submit(two::close).sync();
    }
  }

  @Test
  void missingIpv6AnswerDelaysTheDialByLittle() throws Exception {
    // The quickest of a few: a busy machine may stretch any one of them.
    long quickest = Long.MAX_VALUE;
    for (int i = 0; i < 4; i++) {
      String name = "half%d.test".formatted(i);
      dns.with(name, 60, "127.0.0.1").silentAboutIpv6Of(name);
      long before = System.nanoTime();
      assertConnected(dialServer(name));
      quickest = Math.min(quickest, System.nanoTime() - before);
    }
    assertThat(Duration.ofNanos(quickest)).isLessThan(Duration.ofMillis(2500));
  }

  @Test
  void closedPortIsRefused() throws Exception {
    int port;
    try (ServerSocket gone = new ServerSocket(0, 1, NetUtil.LOCALHOST4)) {
      port = gone.getLocalPort();
    }
    assertThat(reason(dial("127.0.0.1", port, LOOPBACK))).isEqualTo(ReasonCode.CONNECT_REFUSED);
  }

  @Test
  void allAddressesAreTriedAndTheLiveOneWins() throws Exception {
    // ::1 refuses at once, since the server listens on 127.0.0.1 only.
    dns.with("both.test", 60, "::1", "127.0.0.2", "127.0.0.1");
    assertConnected(dialServer("both.test"));
  }

  @Test
  void hostsFileWinsOverTheResolver() throws Exception {
    SystemResolver system =
        new SystemResolver(
            List.of(dns.address()), Map.of("pinned.test", List.of(NetUtil.LOCALHOST4)));
    Upstream pinned = upstream(system, ConnectorLimits.DEFAULT);
    assertConnected(dial(pinned, new DialTarget("pinned.test", server.getLocalPort(), LOOPBACK)));
    assertThat(dns.questions()).isEmpty();
    loop.submit(pinned::close).sync();
  }

  @Test
  void dialsBeyondTheLimitAreRefusedAtOnce() throws Exception {
    dns.silentAbout("slow.test");
    ConnectorLimits d = ConnectorLimits.DEFAULT;
    ConnectorLimits one =
        new ConnectorLimits(
            d.resolve(),
            new ConnectorLimits.Dial(
                d.dial().timeout(), d.dial().stagger(), 1, d.dial().serverPause()),
            d.udp(),
            d.health(),
            d.link());
    Upstream narrow = upstream(dns.asSystem(), one);
    DialTarget target = new DialTarget("slow.test", 1, LOOPBACK);
    Future<DialOutcome> first = loop.submit(() -> narrow.dialTcp(target)).get();
    assertThat(reason(dial(narrow, target))).isEqualTo(ReasonCode.CONNECTOR_OVERLOADED);
    loop.submit(() -> first.cancel(false)).sync();
    loop.submit(() -> assertThat(narrow.dialsInFlight()).isZero()).sync();
    loop.submit(narrow::close).sync();
  }

  @Test
  void cancelledDialLeavesNoConnectionBehind() throws Exception {
    DialTarget target = new DialTarget("127.0.0.1", server.getLocalPort(), LOOPBACK);
    loop.submit(() -> upstream.dialTcp(target).cancel(false)).get();
    server.setSoTimeout(500);
    try (var accepted = server.accept()) {
      await().atMost(Duration.ofSeconds(60)).until(() -> accepted.getInputStream().read() < 0);
    } catch (java.net.SocketTimeoutException e) {
      assertThat(e).describedAs("the connection was never made").isNotNull();
    }
  }
}
