package org.postern.tunnel.link;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.ParkCarriers;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Rejected;
import org.postern.tunnel.message.Welcome;

/** Links and parks come back by themselves. */
@Timeout(60)
class LinkKeeperTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final TestPki PKI = new TestPki();
  private static final TunnelLimits LIMITS = TunnelLimits.DEFAULT;

  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());
  private final TestBroker broker = new TestBroker(PKI, LIMITS);
  private final Backoff backoff =
      new Backoff(Duration.ofMillis(40), Duration.ofMillis(400), new Random(1));
  private final Diary diary = new Diary();

  @AfterEach
  void close() {
    broker.close();
    loops.shutdownGracefully(0, 2, SECONDS).syncUninterruptibly();
  }

  @Test
  void messagesPassBothWays() throws Exception {
    LinkKeeper keeper = keeper(LIMITS);
    keeper.start();
    ControlLink link = diary.up();
    assertThat(link.peerId()).isEqualTo(TestPki.BROKER);
    Envelope message =
        Envelope.newBuilder().setParkCarriers(ParkCarriers.newBuilder().setWanted(3)).build();
    link.send(message);
    assertThat(broker.messages.poll(30, SECONDS)).isEqualTo(message);
    broker.links.getFirst().send(message);
    assertThat(diary.messages.poll(30, SECONDS)).isEqualTo(message);
    keeper.close(ReasonCode.DEVICE_STOPPING, "bye");
    assertThat(broker.ended.poll(30, SECONDS))
        .isEqualTo(new TestBroker.Ended(ReasonCode.DEVICE_STOPPING, "bye"));
  }

  @Test
  void linkComesBackAfterTheBrokerDroppedIt() throws Exception {
    keeper(LIMITS).start();
    diary.up();
    await().atMost(PATIENCE).until(() -> !broker.links.isEmpty());
    broker.links.getFirst().close(ReasonCode.BROKER_STOPPING, "draining");
    Down down = diary.downs.poll(30, SECONDS);
    assertThat(down.reason()).isEqualTo(ReasonCode.BROKER_STOPPING);
    assertThat(down.text()).isEqualTo("draining");
    assertThat(down.retryIn()).isLessThanOrEqualTo(Duration.ofMillis(40));
    diary.up();
  }

  @Test
  void patienceThatIsAskedForIsGiven() throws Exception {
    broker.admission =
        new DoorListener.Refuse(
            Rejected.newBuilder()
                .setReason(ReasonCode.BROKER_OVERLOADED)
                .setRetryAfterSeconds(1)
                .build());
    LinkKeeper keeper = keeper(LIMITS);
    keeper.start();
    Down down = diary.downs.poll(30, SECONDS);
    assertThat(down.reason()).isEqualTo(ReasonCode.BROKER_OVERLOADED);
    assertThat(down.retryIn()).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
    broker.admission = new DoorListener.Admit(Welcome.getDefaultInstance());
    keeper.retryNow();
    diary.up();
  }

  @Test
  void attemptsBecomeRarer() throws Exception {
    broker.close();
    keeper(LIMITS).start();
    Duration fifth = Duration.ZERO;
    for (int i = 0; i < 5; i++) {
      fifth = diary.downs.poll(30, SECONDS).retryIn();
    }
    assertThat(fifth).isBetween(Duration.ofMillis(200), Duration.ofMillis(400));
  }

  @Test
  void brokerThatVanishesWithoutAWordIsNoticed() throws Exception {
    TunnelLimits nervous =
        LIMITS.withControl(
            new TunnelLimits.KeepAlive(Duration.ofMillis(80), Duration.ofMillis(240)));
    try (TestProxy network = new TestProxy(EgressProxy.Kind.SOCKS5, "")) {
      LinkKeeper keeper = keeper(nervous, network, Optional.empty());
      keeper.start();
      diary.up();
      network.frozen = true;
      assertThat(diary.downs.poll(30, SECONDS).reason()).isEqualTo(ReasonCode.PEER_SILENT);
      network.frozen = false;
      diary.up();
      keeper.close(ReasonCode.DEVICE_STOPPING, "bye");
    }
  }

  @ParameterizedTest
  @EnumSource
  void dialsThroughAnEgressProxy(EgressProxy.Kind kind) throws Exception {
    Optional<EgressProxy.Login> login =
        kind == EgressProxy.Kind.HTTP_CONNECT
            ? Optional.of(new EgressProxy.Login("u", "p"))
            : Optional.empty();
    // Basic dTpw is u:p.
    try (TestProxy proxy =
        new TestProxy(kind, login.isPresent() ? "authorization: basic dTpw" : "")) {
      keeper(LIMITS, proxy, login).start();
      diary.up();
      assertThat(proxy.passed).hasValue(1);
    }
  }

  @Test
  void proxyThatWantsAnotherLoginIsSaidSo() throws Exception {
    try (TestProxy proxy = new TestProxy(EgressProxy.Kind.HTTP_CONNECT, "nobody knows")) {
      keeper(LIMITS, proxy, Optional.of(new EgressProxy.Login("u", "secret"))).start();
      Down down = diary.downs.poll(30, SECONDS);
      assertThat(down.text()).contains("407").doesNotContain("secret");
    }
  }

  @Test
  void parkIsFilledAndRefilledAndShrinks() throws Exception {
    CarrierPark park =
        new CarrierPark(
            broker.dialer(PKI.outerClient(TestPki.DEVICE), LIMITS),
            loops,
            TestBroker::hello,
            new Deaf(),
            backoff);
    park.wanted(3);
    await().atMost(PATIENCE).until(() -> broker.carriers.size() == 3 && park.parked() == 3);

    Future<ParkedCarrier> taken = park.take(loops.next());
    assertThat(taken.await(30, SECONDS)).isTrue();
    assertThat(taken.getNow().eventLoop()).isNotNull();
    await().atMost(PATIENCE).until(() -> broker.carriers.size() == 4 && park.parked() == 3);

    broker.carriers.getLast().close(ReasonCode.BROKER_STOPPING, "gone");
    await().atMost(PATIENCE).until(() -> broker.carriers.size() == 4 && park.parked() == 3);

    park.wanted(1);
    await().atMost(PATIENCE).until(() -> broker.carriers.size() == 2 && park.parked() == 1);
    park.close();
    await().atMost(PATIENCE).until(() -> broker.carriers.size() == 1);
    assertThat(park.take(loops.next()).await().cause()).hasMessageContaining("NO_CARRIER");
  }

  @Test
  void parkWaitsWhereItsCarriersAreClosedAsSoonAsTheyAreThereAndIsQuickWhenTheyAreWanted()
      throws Exception {
    broker.dropsCarriers = true;
    BlockingQueue<String> closed = new LinkedBlockingQueue<>();
    CarrierPark park =
        new CarrierPark(
            broker.dialer(PKI.outerClient(TestPki.DEVICE), LIMITS),
            loops,
            TestBroker::hello,
            new Deaf() {
              @Override
              public void onClosed(ParkedCarrier carrier, ReasonCode reason, String text) {
                closed.add(text);
              }
            },
            // The smallest that this source gives first is over a quarter of an hour.
            new Backoff(Duration.ofHours(1), Duration.ofHours(1), new Random(1)));
    park.wanted(1);
    assertThat(closed.poll(30, SECONDS)).isEqualTo("not yet");
    LinkKeeper keeper = keeper(LIMITS);
    keeper.start();
    diary.up();
    assertThat(broker.accepted).hasSize(2);

    broker.dropsCarriers = false;
    park.wanted(1);
    await().atMost(PATIENCE).until(() -> park.parked() == 1);
    assertThat(broker.accepted).hasSize(3);
    park.close();
    keeper.close(ReasonCode.DEVICE_STOPPING, "bye");
  }

  @Test
  void takeDialsWhenNothingIsParked() throws Exception {
    CarrierPark park =
        new CarrierPark(
            broker.dialer(PKI.outerClient(TestPki.DEVICE), LIMITS),
            loops,
            TestBroker::hello,
            new Deaf(),
            backoff);
    Future<ParkedCarrier> taken = park.take(loops.next());
    assertThat(taken.await(30, SECONDS)).isTrue();
    assertThat(taken.isSuccess()).isTrue();
    park.close();
  }

  @Test
  void carriersMoveBetweenLoopsAndKeepWorking() throws Exception {
    try (TestBroker two = new TestBroker(PKI.outerServer(TestPki.BROKER), LIMITS, 2, true)) {
      Future<ParkedCarrier> parked =
          two.dialer(PKI.outerClient(TestPki.CONNECTOR), LIMITS)
              .park(loops.next(), TestBroker.hello(), diary);
      assertThat(parked.await(30, SECONDS)).isTrue();
      await().atMost(PATIENCE).until(() -> !two.carriers.isEmpty());
      BrokerCarrier carrier = two.carriers.getFirst();
      for (int i = 0; i < 10; i++) {
        var target = two.loops.next();
        Future<BrokerCarrier> moved = carrier.moveTo(target);
        assertThat(moved.await(30, SECONDS)).isTrue();
        assertThat(carrier.eventLoop()).isSameAs(target);
      }
      carrier.offer(LaneOffer.newBuilder().setDeviceSpiffeId(TestPki.DEVICE).build());
      assertThat(diary.offers.poll(30, SECONDS).getDeviceSpiffeId()).isEqualTo(TestPki.DEVICE);
    }
  }

  private LinkKeeper keeper(TunnelLimits limits) {
    return new LinkKeeper(
        broker.dialer(PKI.outerClient(TestPki.CONNECTOR), limits),
        loops.next(),
        TestBroker::hello,
        diary,
        backoff);
  }

  private LinkKeeper keeper(
      TunnelLimits limits, TestProxy proxy, Optional<EgressProxy.Login> login) {
    DialerConfig direct = broker.dialer(PKI.outerClient(TestPki.CONNECTOR), limits).config();
    EgressProxy.Kind kind =
        login.isPresent() ? EgressProxy.Kind.HTTP_CONNECT : EgressProxy.Kind.SOCKS5;
    DialerConfig through =
        new DialerConfig(
            new DialerConfig.Target("broker.invalid", broker.port()),
            direct.tls(),
            direct.peerCheck(),
            Optional.of(new EgressProxy(kind, "proxy.test", proxy.port(), login)),
            host -> {
              assertThat(host).isEqualTo("proxy.test");
              return new InetAddress[] {InetAddress.getLoopbackAddress()};
            },
            limits);
    return new LinkKeeper(
        new BrokerDialer(through), loops.next(), TestBroker::hello, diary, backoff);
  }

  private record Down(ReasonCode reason, String text, Duration retryIn) {}

  private static final class Diary implements KeeperListener, CarrierListener {
    final BlockingQueue<ControlLink> ups = new LinkedBlockingQueue<>();
    final BlockingQueue<Down> downs = new LinkedBlockingQueue<>();
    final BlockingQueue<Envelope> messages = new LinkedBlockingQueue<>();
    final BlockingQueue<LaneOffer> offers = new LinkedBlockingQueue<>();

    ControlLink up() throws InterruptedException {
      ControlLink link = ups.poll(30, SECONDS);
      assertThat(link).isNotNull();
      return link;
    }

    @Override
    public void onUp(ControlLink link) {
      ups.add(link);
    }

    @Override
    public void onMessage(ControlLink link, Envelope message) {
      messages.add(message);
    }

    @Override
    public void onDown(ReasonCode reason, String text, Duration retryIn) {
      downs.add(new Down(reason, text, retryIn));
    }

    @Override
    public void onOffer(ParkedCarrier carrier, LaneOffer offer) {
      offers.add(offer);
    }

    @Override
    public void onClosed(ParkedCarrier carrier, ReasonCode reason, String text) {}
  }

  private static class Deaf implements CarrierListener {
    @Override
    public void onOffer(ParkedCarrier carrier, LaneOffer offer) {}

    @Override
    public void onClosed(ParkedCarrier carrier, ReasonCode reason, String text) {}
  }
}
