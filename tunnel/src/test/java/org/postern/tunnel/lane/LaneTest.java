package org.postern.tunnel.lane;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.link.CarrierListener;
import org.postern.tunnel.link.ParkedCarrier;
import org.postern.tunnel.link.TestBroker;
import org.postern.tunnel.link.TestPki;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.relay.JoinedLane;
import org.postern.tunnel.relay.LaneCounts;

/** Device, broker and connector in one process, with real TLS on both layers. */
@Timeout(60)
class LaneTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final TestPki PKI = new TestPki();
  private static final ByteString LANE_ID = ByteString.copyFrom(new byte[16]);

  private CompletableFuture<Lane> accepted = new CompletableFuture<>();
  private MultiThreadIoEventLoopGroup ends =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private TestBroker broker =
      new TestBroker(PKI.outerServer(TestPki.BROKER), TunnelLimits.DEFAULT, 1, Epoll.isAvailable());

  @AfterEach
  void close() {
    broker.close();
    ends.shutdownGracefully(0, 2, SECONDS).syncUninterruptibly();
  }

  @ParameterizedTest
  @CsvSource({"1, true", "2, true", "2, false"})
  void hundredMebibytesPassUnharmedBothWays(int loops, boolean epoll) throws Exception {
    broker.close();
    broker = new TestBroker(PKI.outerServer(TestPki.BROKER), TunnelLimits.DEFAULT, loops, epoll);
    ends.shutdownGracefully(0, 0, SECONDS);
    ends =
        new MultiThreadIoEventLoopGroup(
            loops, epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    connector(TestPki.CONNECTOR);

    Lane device = get(dial());
    Lane connector = accepted.get(30, SECONDS);

    assertThat(device.peerId()).isEqualTo(TestPki.CONNECTOR);
    assertThat(connector.peerId()).isEqualTo(TestPki.DEVICE);
    long seed = new Random().nextLong();
    long bytes = 100L << 20;
    Sink atConnector = new Sink(bytes);
    Sink atDevice = new Sink(bytes / 4);
    connector.eventLoop().execute(() -> open(connector, atConnector));
    device.eventLoop().execute(() -> open(device, atDevice));
    String sentUp = pump(device.channel(), bytes, seed);
    String sentDown = pump(connector.channel(), bytes / 4, seed + 1);
    assertThat(atConnector.hash.get(40, SECONDS)).as("seed %d", seed).isEqualTo(sentUp);
    assertThat(atDevice.hash.get(40, SECONDS)).as("seed %d", seed).isEqualTo(sentDown);

    JoinedLane joined = broker.joined.take();
    assertThat(joined.copies()).as("bytes pass through the broker's process").isEqualTo(!epoll);
    LaneCounts counts = joined.counts().get();
    assertThat(counts.fromDevice()).isGreaterThan(bytes).isLessThan(bytes + bytes / 20);
    device.close();
    await().atMost(PATIENCE).until(() -> !connector.channel().isOpen());
    assertThat(broker.laneCounts.poll(30, SECONDS).fromConnector()).isGreaterThan(bytes / 4);
    assertThat(broker.ended.take().reason()).isEqualTo(ReasonCode.DEVICE_GONE);
  }

  @Test
  void bytesThatComeBeforeTheReaderAreHeld() throws Exception {
    connector(TestPki.CONNECTOR);
    Lane device = get(dial());
    device.channel().writeAndFlush(Unpooled.copiedBuffer(new byte[1000])).sync();
    Lane connector = accepted.get(30, SECONDS);
    // The bytes are there for certain once the relay has passed them on.
    broker.joined.take();
    Sink sink = new Sink(1000);
    connector.eventLoop().submit(() -> open(connector, sink)).get();
    assertThat(sink.hash.get(30, SECONDS)).isNotEmpty();
  }

  @Test
  void whatWasSaidLastArrivesBeforeTheEnd() throws Exception {
    connector(TestPki.CONNECTOR);
    Lane device = get(dial());
    Lane connector = accepted.get(30, SECONDS);
    // No more than the kernel keeps on the way: what it does not take in time is lost by a close.
    int bytes = 1 << 20;
    Sink sink = new Sink(bytes);
    device.channel().writeAndFlush(device.channel().alloc().buffer(bytes).writeZero(bytes));
    device.close();
    // Only now is anybody reading: the relay has long seen the end of the device's side.
    await().atMost(PATIENCE).until(() -> !device.channel().isOpen());
    connector.eventLoop().execute(() -> open(connector, sink));
    assertThat(sink.hash.get(20, SECONDS)).isNotEqualTo("too many");
    await().atMost(PATIENCE).until(() -> !connector.channel().isOpen());
    assertThat(broker.ended.poll(30, SECONDS).reason()).isEqualTo(ReasonCode.DEVICE_GONE);
  }

  @Test
  void deviceRefusesAConnectorOfAnotherGroup() {
    connector("spiffe://test/connector/vpc-evil/c9");
    assertThatThrownBy(() -> get(dial()))
        .isInstanceOfSatisfying(
            TunnelException.class,
            e -> assertThat(e.reason()).isEqualTo(ReasonCode.LANE_WRONG_CONNECTOR));
    await().atMost(PATIENCE).until(accepted::isDone);
  }

  @Test
  void connectorRefusesADeviceThatTheBrokerDidNotAnnounce() throws Exception {
    broker.fakeDeviceId = true;
    connector(TestPki.CONNECTOR);
    // To the device the handshake looks finished; the connector then ends it.
    Lane device = get(dial());
    assertThat(accepted)
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableThat()
        .withMessageContaining("GRANT_SUBJECT_MISMATCH");
    await().atMost(PATIENCE).until(() -> !device.channel().isOpen());
  }

  @Test
  void laneIsRefusedWithNoCarrierWhenNoConnectorIsParked() {
    assertThatThrownBy(() -> get(dial()))
        .isInstanceOfSatisfying(
            TunnelException.class, e -> assertThat(e.reason()).isEqualTo(ReasonCode.NO_CARRIER));
  }

  @Test
  void connectorThatDoesNotAnswerCostsTheDeviceOnlyTheDeadline() throws Exception {
    TunnelLimits hasty = hasty();
    broker.close();
    broker = new TestBroker(PKI.outerServer(TestPki.BROKER), hasty, 1, true);
    park(TestPki.CONNECTOR, new Silent());
    assertThatThrownBy(() -> get(dial()))
        .isInstanceOfSatisfying(
            TunnelException.class,
            e -> assertThat(e.reason()).isEqualTo(ReasonCode.ANSWER_TIMEOUT));
  }

  @Test
  void lanesAreCutByTheBroker() throws Exception {
    connector(TestPki.CONNECTOR);
    Lane device = get(dial());
    broker.joined.take().close(ReasonCode.POLICY_CHANGED);
    await().atMost(PATIENCE).until(() -> !device.channel().isOpen());
    assertThat(broker.ended.take().reason()).isEqualTo(ReasonCode.POLICY_CHANGED);
  }

  @ParameterizedTest
  @EnumSource(
      value = ReasonCode.class,
      names = {"DEVICE_GONE", "CONNECTOR_GONE"})
  void laneEndsWithASocketThatIsClosedUnderItAndItsNumberIsFreeAgain(ReasonCode gone)
      throws Exception {
    Set<Integer> numbers = new HashSet<>();
    int lanes = 12;
    for (int i = 0; i < lanes; i++) {
      broker.accepted.clear();
      accepted = new CompletableFuture<>();
      connector(TestPki.CONNECTOR);
      Lane device = get(dial());
      Lane connector = accepted.get(30, SECONDS);
      broker.joined.take();
      // In the order in which they came: the connector parks first.
      Channel closed = broker.accepted.get(gone == ReasonCode.CONNECTOR_GONE ? 0 : 1);
      numbers.add(((UnixChannel) closed).fd().intValue());
      closed.close().sync();
      assertThat(broker.ended.poll(30, SECONDS)).isEqualTo(new TestBroker.Ended(gone, "lane"));
      await()
          .atMost(PATIENCE)
          .until(() -> !device.channel().isOpen() && !connector.channel().isOpen());
    }
    assertThat(numbers).as("numbers that were given again").hasSizeLessThan(lanes);
  }

  private static TunnelLimits hasty() {
    TunnelLimits.Deadlines usual = TunnelLimits.DEFAULT.deadlines();
    return TunnelLimits.DEFAULT.withDeadlines(
        new TunnelLimits.Deadlines(
            usual.connect(),
            usual.handshake(),
            usual.hello(),
            Duration.ofMillis(400),
            usual.laneHandshake()));
  }

  private Future<Lane> dial() throws Exception {
    ParkedCarrier carrier = park(TestPki.DEVICE, new Silent());
    LaneDialer dialer =
        new LaneDialer(
            () -> PKI.client(PKI.leaf(TestPki.DEVICE), TunnelProtocol.LANE_ALPN),
            TunnelLimits.DEFAULT);
    return dialer.dial(
        carrier,
        LaneRequest.newBuilder().setLaneId(LANE_ID).build(),
        TestPki.only("spiffe://test/connector/vpc-a/"));
  }

  private ParkedCarrier park(String id, CarrierListener listener) throws Exception {
    int before = broker.carriers.size();
    ParkedCarrier carrier =
        get(
            broker
                .dialer(PKI.outerClient(id), TunnelLimits.DEFAULT)
                .park(ends.next(), TestBroker.hello(), listener));
    await().atMost(PATIENCE).until(() -> broker.carriers.size() > before);
    return carrier;
  }

  private void connector(String id) {
    LaneAcceptor acceptor =
        new LaneAcceptor(
            () -> PKI.server(PKI.leaf(id), TunnelProtocol.LANE_ALPN),
            TestPki.only("spiffe://test/client/"),
            TunnelLimits.DEFAULT);
    try {
      park(
          id,
          new Silent() {
            @Override
            public void onOffer(ParkedCarrier carrier, LaneOffer offer) {
              acceptor
                  .accept(carrier, offer, ends.next())
                  .addListener(done -> {
                    if (done.isSuccess()) {
                      accepted.complete((Lane) done.getNow());
                    } else {
                      accepted.completeExceptionally(done.cause());
                    }
                  });
            }
          });
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void open(Lane lane, Sink sink) {
    lane.channel().pipeline().addLast(sink);
    lane.start();
  }

  private static <T> T get(Future<T> future) throws Exception {
    if (!future.await(30, SECONDS)) {
      throw new AssertionError("nothing happened in 30 s");
    }
    if (!future.isSuccess()) {
      throw (Exception) future.cause();
    }
    return future.getNow();
  }

  /** Writes random bytes as fast as the lane takes them. */
  private static String pump(Channel channel, long bytes, long seed) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    Random random = new Random(seed);
    byte[] chunk = new byte[1 << 18];
    for (long left = bytes; left > 0; left -= chunk.length) {
      random.nextBytes(chunk);
      digest.update(chunk);
      Promise<Void> taken = channel.eventLoop().newPromise();
      ByteBuf copy = channel.alloc().buffer(chunk.length).writeBytes(chunk);
      channel.writeAndFlush(copy).addListener(done -> taken.setSuccess(null));
      assertThat(taken.await(20, SECONDS)).isTrue();
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static class Silent implements CarrierListener {
    @Override
    public void onOffer(ParkedCarrier carrier, LaneOffer offer) {}

    @Override
    public void onClosed(ParkedCarrier carrier, ReasonCode reason, String text) {}
  }

  private static final class Sink extends ChannelInboundHandlerAdapter {
    final CompletableFuture<String> hash = new CompletableFuture<>();
    private final MessageDigest digest;
    private long left;

    Sink(long bytes) throws Exception {
      left = bytes;
      digest = MessageDigest.getInstance("SHA-256");
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf bytes = (ByteBuf) message;
      left -= bytes.readableBytes();
      digest.update(bytes.nioBuffer());
      ReferenceCountUtil.release(message);
      if (left <= 0) {
        hash.complete(left < 0 ? "too many" : HexFormat.of().formatHex(digest.digest()));
      }
    }
  }
}
