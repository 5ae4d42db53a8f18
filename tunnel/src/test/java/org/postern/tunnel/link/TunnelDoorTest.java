package org.postern.tunnel.link;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.concurrent.Future;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.LaneAnswer;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.Ping;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Rejected;
import org.postern.tunnel.message.Resolve;

/** The door against strangers, and against peers that hold a certificate and misbehave. */
@Timeout(60)
class TunnelDoorTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final TestPki PKI = new TestPki();
  private static final TunnelLimits LIMITS = TunnelLimits.DEFAULT;

  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final TestBroker broker = new TestBroker(PKI, LIMITS);

  @AfterEach
  void close() {
    broker.close();
    loops.shutdownGracefully(0, 2, SECONDS).syncUninterruptibly();
  }

  @Test
  void strangersNeverReachTheListener() throws Exception {
    X509Bundle expired = PKI.leaf(TestPki.DEVICE, Instant.now().minusSeconds(60));
    TestPki otherCa = new TestPki("CN=Other Root");
    X509Bundle foreign = otherCa.leaf(TestPki.DEVICE);
    List<SslContext> strangers =
        List.of(
            PKI.client(expired, TunnelProtocol.ALPN),
            PKI.client(foreign, TunnelProtocol.ALPN),
            PKI.clientWithoutCertificate(TunnelProtocol.ALPN),
            // A good certificate of somebody else behind one of a foreign CA.
            PKI.client(
                foreign,
                TunnelProtocol.ALPN,
                foreign.getCertificate(),
                PKI.leaf(TestPki.CONNECTOR).getCertificate()),
            // Of our CA, but of a kind that has no business at this door.
            PKI.outerClient(TestPki.BROKER),
            // Who does not say the protocol.
            PKI.client(PKI.leaf(TestPki.DEVICE), "h2"));
    for (SslContext stranger : strangers) {
      Future<ControlLink> dialled = dial(stranger);
      assertThat(dialled.await(30, SECONDS)).isTrue();
      assertThat(dialled.cause()).isInstanceOf(TunnelException.class);
    }
    assertThat(broker.links).isEmpty();
    assertThat(broker.ended).isEmpty();
  }

  @Test
  void identityIsTheLeafsWhateverElseTheChainCarries() throws Exception {
    X509Bundle own = PKI.leaf(TestPki.DEVICE);
    X509Certificate strangers = PKI.leaf(TestPki.CONNECTOR).getCertificate();
    SslContext both = PKI.client(own, TunnelProtocol.ALPN, own.getCertificate(), strangers);
    assertThat(dial(both).await(30, SECONDS)).isTrue();
    await().atMost(PATIENCE).until(() -> !broker.links.isEmpty());
    assertThat(broker.links.getFirst().peerId()).isEqualTo(TestPki.DEVICE);
  }

  @Test
  void endRefusesABrokerThatIsNone() throws Exception {
    try (TestBroker impostor =
        new TestBroker(PKI.outerServer(TestPki.CONNECTOR), LIMITS, 1, true)) {
      Future<ControlLink> dialled =
          impostor
              .dialer(PKI.outerClient(TestPki.DEVICE), LIMITS)
              .control(loops.next(), TestBroker.hello(), new Deaf());
      assertThat(dialled.await(30, SECONDS)).isTrue();
      assertReason(dialled, ReasonCode.KIND_NOT_ALLOWED);
    }
  }

  @Test
  void refusalReachesTheDialerWithReasonAndPatience() throws Exception {
    broker.admission =
        new DoorListener.Refuse(
            Rejected.newBuilder()
                .setReason(ReasonCode.BROKER_STOPPING)
                .setText("draining")
                .setRetryAfterSeconds(7)
                .build());
    Future<ControlLink> dialled = dial(PKI.outerClient(TestPki.DEVICE));
    assertThat(dialled.await(30, SECONDS)).isTrue();
    assertReason(dialled, ReasonCode.BROKER_STOPPING);
    assertThat(((TunnelException) dialled.cause()).retryAfterSeconds()).isEqualTo(7);
  }

  @Test
  void firstMessageMustBeAHello() throws Exception {
    Envelope early =
        Envelope.newBuilder().setResolve(Resolve.newBuilder().setHost("a.corp")).build();
    assertRejected(peer().say(early), ReasonCode.UNEXPECTED_MESSAGE);
  }

  @Test
  void versionThatWeDoNotSpeakIsRefused() throws Exception {
    Envelope future =
        Envelope.newBuilder()
            .setHello(
                TestBroker.hello().toBuilder()
                    .setKind(Hello.Kind.KIND_CONTROL)
                    .setVersionMin(2)
                    .setVersionMax(9))
            .build();
    assertRejected(peer().say(future), ReasonCode.VERSION_UNSUPPORTED);
  }

  @Test
  void helloWithoutAKindOrWithLongTextsIsRefused() throws Exception {
    assertRejected(
        peer().say(ScriptedPeer.hello(Hello.Kind.KIND_UNSPECIFIED)), ReasonCode.PROTOCOL_ERROR);
    Envelope talkative =
        Envelope.newBuilder()
            .setHello(
                ScriptedPeer.hello(Hello.Kind.KIND_CONTROL).getHello().toBuilder()
                    .setSoftware("x".repeat(65)))
            .build();
    assertRejected(peer().say(talkative), ReasonCode.PROTOCOL_ERROR);
  }

  @Test
  void lengthOverTheLimitIsRefusedBeforeTheMessageComes() throws Exception {
    assertRejected(
        peer().say((byte) 0, (byte) 0, (byte) 0x40, (byte) 1), ReasonCode.FRAME_TOO_LARGE);
    ScriptedPeer known = peer().say(ScriptedPeer.hello(Hello.Kind.KIND_CONTROL));
    assertThat(known.hears().hasWelcome()).isTrue();
    // Now 16 KiB and a byte would be welcome, 1 MiB and a byte are not.
    assertRejected(
        known.say((byte) 0, (byte) 0x10, (byte) 0, (byte) 1), ReasonCode.FRAME_TOO_LARGE);
    assertThat(broker.ended.poll(30, SECONDS).reason()).isEqualTo(ReasonCode.FRAME_TOO_LARGE);
  }

  @Test
  void secondHelloAndLaneMessagesAreRefusedOnAControlLink() throws Exception {
    for (Envelope message :
        List.of(ScriptedPeer.hello(Hello.Kind.KIND_CONTROL), laneRequest(new byte[100]))) {
      ScriptedPeer peer = peer().say(ScriptedPeer.hello(Hello.Kind.KIND_CONTROL));
      assertThat(peer.hears().hasWelcome()).isTrue();
      assertRejected(peer.say(message), ReasonCode.UNEXPECTED_MESSAGE);
    }
  }

  @Test
  void laneMessagesOutOfTurnAreRefusedOnACarrier() throws Exception {
    Envelope answer = Envelope.newBuilder().setLaneAnswer(LaneAnswer.newBuilder()).build();
    for (Envelope message : List.of(answer, ScriptedPeer.hello(Hello.Kind.KIND_CARRIER))) {
      assertRejected(carrier().say(message), ReasonCode.UNEXPECTED_MESSAGE);
    }
    assertRejected(
        carrier().say(laneRequest(new byte[(16 << 10) + 1])), ReasonCode.FRAME_TOO_LARGE);
    assertRejected(carrier().say(laneRequest(new byte[0])), ReasonCode.FRAME_TOO_LARGE);
  }

  @Test
  void rawBytesBeforeTheAnswerAreCalledByTheirName() throws Exception {
    for (boolean atOnce : new boolean[] {true, false}) {
      parkSilentConnector();
      rawBytesAreCalledByTheirName(atOnce);
    }
  }

  private void rawBytesAreCalledByTheirName(boolean atOnce) throws Exception {
    ScriptedPeer device = carrier();
    broker.ended.clear();
    device.say(laneRequest(new byte[100]));
    if (!atOnce) {
      await().atMost(PATIENCE).until(() -> broker.carriers.isEmpty());
    }
    device.sayRaw((byte) 23, (byte) 3, (byte) 3, (byte) 0, (byte) 20);
    device.sayRaw(new byte[20]);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(broker.ended)
                .extracting(TestBroker.Ended::reason)
                .contains(ReasonCode.RAW_BYTES_TOO_EARLY));
  }

  @Test
  void silentPeerIsGivenUpAndALivelyOneIsNot() throws Exception {
    TunnelLimits nervous =
        TunnelLimits.DEFAULT.withControl(
            new TunnelLimits.KeepAlive(Duration.ofMillis(60), Duration.ofSeconds(2)));
    try (TestBroker strict = new TestBroker(PKI, nervous)) {
      Future<ControlLink> lively =
          strict
              .dialer(PKI.outerClient(TestPki.CONNECTOR), nervous)
              .control(loops.next(), TestBroker.hello(), new Deaf());
      ScriptedPeer silent = new ScriptedPeer(loops, strict.port(), PKI.outerClient(TestPki.DEVICE));
      silent.say(ScriptedPeer.hello(Hello.Kind.KIND_CONTROL));
      assertThat(silent.hears().hasWelcome()).isTrue();
      assertThat(silent.hears().hasPing()).isTrue();
      assertThat(strict.ended.poll(30, SECONDS).reason()).isEqualTo(ReasonCode.PEER_SILENT);
      assertThat(strict.links).extracting(ControlLink::peerId).containsExactly(TestPki.CONNECTOR);
      assertThat(lively.getNow().isOpen()).isTrue();
    }
  }

  @Test
  void peerThatDoesNotReadIsGivenUpBeforeItCostsMemory() throws Exception {
    ScriptedPeer peer = peer().say(ScriptedPeer.hello(Hello.Kind.KIND_CONTROL));
    assertThat(peer.hears().hasWelcome()).isTrue();
    peer.channel.config().setAutoRead(false);
    await().atMost(PATIENCE).until(() -> !broker.links.isEmpty());
    ControlLink link = broker.links.getFirst();
    Envelope large =
        Envelope.newBuilder().setResolve(Resolve.newBuilder().setHost("x".repeat(500_000))).build();
    for (int i = 0; i < 60; i++) {
      link.send(large);
    }
    assertThat(broker.ended.poll(30, SECONDS).reason()).isEqualTo(ReasonCode.PEER_SILENT);
  }

  @Test
  void pingIsAnsweredWithItsNonce() throws Exception {
    ScriptedPeer peer = peer().say(ScriptedPeer.hello(Hello.Kind.KIND_CONTROL));
    peer.hears();
    peer.say(Envelope.newBuilder().setPing(Ping.newBuilder().setNonce(99)).build());
    assertThat(peer.hears().getPong().getNonce()).isEqualTo(99);
  }

  private void parkSilentConnector() throws Exception {
    ScriptedPeer connector =
        new ScriptedPeer(loops, broker.port(), PKI.outerClient(TestPki.CONNECTOR));
    connector.say(ScriptedPeer.hello(Hello.Kind.KIND_CARRIER));
    assertThat(connector.hears().hasWelcome()).isTrue();
  }

  private ScriptedPeer peer() throws Exception {
    return new ScriptedPeer(loops, broker.port(), PKI.outerClient(TestPki.DEVICE));
  }

  private ScriptedPeer carrier() throws Exception {
    ScriptedPeer peer = peer().say(ScriptedPeer.hello(Hello.Kind.KIND_CARRIER));
    assertThat(peer.hears().hasWelcome()).isTrue();
    return peer;
  }

  private static Envelope laneRequest(byte[] clientHello) {
    return Envelope.newBuilder()
        .setLaneRequest(
            LaneRequest.newBuilder()
                .setLaneId(ByteString.copyFrom(new byte[16]))
                .setClientHello(ByteString.copyFrom(clientHello)))
        .build();
  }

  private Future<ControlLink> dial(SslContext tls) {
    return broker.dialer(tls, LIMITS).control(loops.next(), TestBroker.hello(), new Deaf());
  }

  private static void assertReason(Future<?> failed, ReasonCode reason) {
    assertThat(failed.cause())
        .isInstanceOfSatisfying(
            TunnelException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  private static void assertRejected(ScriptedPeer peer, ReasonCode reason) throws Exception {
    Envelope last = peer.hears();
    assertThat(last.getRejected().getReason()).isEqualTo(reason);
    assertThat(peer.channel.closeFuture().await(30, SECONDS)).isTrue();
  }

  private static final class Deaf implements ControlLinkListener {
    @Override
    public void onMessage(ControlLink link, Envelope message) {}

    @Override
    public void onClosed(ControlLink link, ReasonCode reason, String text) {}
  }
}
