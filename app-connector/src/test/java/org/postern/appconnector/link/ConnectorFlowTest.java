package org.postern.appconnector.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.tunnel.lane.DatagramEnd;
import org.postern.tunnel.lane.Flow;
import org.postern.tunnel.message.Cut;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Transport;

/** Bytes through device, broker, connector and application, and what ends them. */
@Timeout(60)
final class ConnectorFlowTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Long enough for a few words on any machine. */
  private static final Duration DRAIN = Duration.ofSeconds(3);

  @TempDir private Path folder;
  private World world;
  private TestDevice device;
  private TestApplication application;

  @BeforeEach
  void start() throws Exception {
    world = new World(folder).start();
    device = world.device("laptop");
    application = new TestApplication();
  }

  @AfterEach
  void stop() throws Exception {
    device.close();
    application.close();
    world.close();
  }

  private Socket flow(long flowId) throws Exception {
    ByteString lane = device.lane(TestDevice.open(flowId, application.port()));
    Socket program = device.program(flowId, lane);
    Envelope answer = world.broker.answer();
    assertThat(answer.getBodyCase()).isEqualTo(Envelope.BodyCase.OPENED);
    return program;
  }

  private static void say(Socket program, String text) throws IOException {
    program.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String hear(Socket program, int bytes) throws IOException {
    return new String(program.getInputStream().readNBytes(bytes), StandardCharsets.UTF_8);
  }

  private Envelope answerOf(Envelope.BodyCase kind) throws InterruptedException {
    Envelope answer = world.broker.answer();
    while (answer.getBodyCase() != kind) {
      answer = world.broker.answer();
    }
    return answer;
  }

  @ParameterizedTest
  @ValueSource(longs = {-300, 0, 300})
  void bytesGoBothWaysWhicheverOfGrantAndLaneComesFirst(long grantLeadMillis) throws Exception {
    world.broker.grantLead = Duration.ofMillis(grantLeadMillis);
    ByteString lane = device.lane(TestDevice.open(1, application.port()));
    try (Socket program = device.program(1, lane)) {
      say(program, "hello");
      assertThat(hear(program, 5)).isEqualTo("hello");
      Envelope opened = world.broker.answer();
      assertThat(opened.getOpened().getConnectorId()).isEqualTo("c1");
      assertThat(opened.getOpened().getConnectorGroup()).isEqualTo("vpc-a");
      assertThat(opened.getOpened().getDeviceSpiffeId()).isEqualTo(device.id);
      assertThat(opened.getOpened().getLaneId()).isEqualTo(lane);
      assertThat(opened.getOpened().getDecisionId()).isEqualTo("d-1");
      assertThat(opened.getOpened().getIdleTimeoutSeconds()).isEqualTo(7200);
    }
  }

  @Test
  void halfCloseReachesTheApplicationAndItsLastWordsComeBack() throws Exception {
    try (Socket program = flow(1)) {
      say(program, "12345");
      program.shutdownOutput();
      assertThat(new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("12345|5");
    }
    Envelope closed = answerOf(Envelope.BodyCase.FLOW_CLOSED);
    assertThat(closed.getFlowClosed().getBytesToApplication()).isEqualTo(5);
    assertThat(closed.getFlowClosed().getBytesFromApplication()).isEqualTo(7);
    assertThat(closed.getFlowClosed().getReason()).isEqualTo(ReasonCode.REASON_UNSPECIFIED);
    await().atMost(PATIENCE).until(() -> world.connector.status().flows() == 0);
  }

  @Test
  void laterFlowNeedsOnlyAGrantAndItsBytesMayComeFirst() throws Exception {
    ByteString lane = device.lane(TestDevice.open(1, application.port()));
    try (Socket first = device.program(1, lane);
        Socket second = device.program(2, lane)) {
      say(second, "early");
      say(first, "x");
      assertThat(hear(first, 1)).isEqualTo("x");
      world.broker.grant(
          ScriptedBroker.honest(device.id, lane, TestDevice.open(2, application.port())));
      assertThat(hear(second, 5)).isEqualTo("early");
    }
  }

  @Test
  void cutClosesBothEndsAndIsConfirmed() throws Exception {
    try (Socket program = flow(1)) {
      say(program, "x");
      hear(program, 1);
      Socket atApplication = Objects.requireNonNull(application.nextAccepted(10_000));
      world.broker.toConnector(
          Envelope.newBuilder()
              .setCut(
                  Cut.newBuilder()
                      .setFlowId(1)
                      .setDeviceSpiffeId(device.id)
                      .setReason(ReasonCode.POLICY_CHANGED))
              .build());
      assertThat(answerOf(Envelope.BodyCase.CUT_DONE).getCutDone().getFlowId()).isEqualTo(1);
      assertThat(Objects.requireNonNull(device.closedFlows.poll(30, TimeUnit.SECONDS)).reason())
          .isEqualTo(ReasonCode.POLICY_CHANGED);
      await().atMost(PATIENCE).until(() -> isOver(program) && isOver(atApplication));
    }
  }

  private static boolean isOver(Socket socket) {
    try {
      return socket.getInputStream().read() < 0;
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void cutOfAFlowThatIsNotThereIsConfirmedToo() throws Exception {
    world.broker.toConnector(
        Envelope.newBuilder()
            .setCut(Cut.newBuilder().setFlowId(77).setDeviceSpiffeId(device.id))
            .build());
    assertThat(world.broker.answer().getCutDone().getFlowId()).isEqualTo(77);
  }

  @Test
  void applicationThatResetsResetsTheFlow() throws Exception {
    try (Socket program = flow(1)) {
      say(program, "x");
      hear(program, 1);
      Socket atApplication = Objects.requireNonNull(application.nextAccepted(10_000));
      atApplication.setSoLinger(true, 0);
      atApplication.close();
      await().atMost(PATIENCE).until(() -> isOver(program));
      assertThat(answerOf(Envelope.BodyCase.FLOW_CLOSED).getFlowClosed().getReason())
          .isEqualTo(ReasonCode.UPSTREAM_RESET);
    }
  }

  @Test
  void killedConnectorIsNoticedAtOnceAtTheDevice() throws Exception {
    try (Socket program = flow(1)) {
      say(program, "x");
      hear(program, 1);
      world.kill();
      // Well before any keep-alive (15 s) would have told.
      assertThat(device.closedLanes.poll(10, TimeUnit.SECONDS)).isNotNull();
    }
  }

  @Test
  void flowsOutliveTheControlLinkAndTheirEndsAreToldOnTheNextOne() throws Exception {
    try (Socket program = flow(1)) {
      say(program, "x");
      hear(program, 1);
      world.broker.closeConnectorLink();
      say(program, "still here");
      assertThat(hear(program, 10)).isEqualTo("still here");
    }
    assertThat(world.broker.connectors.poll(20, TimeUnit.SECONDS))
        .describedAs("the connector links again by itself")
        .isNotNull();
    assertThat(answerOf(Envelope.BodyCase.FLOW_CLOSED).getFlowClosed().getFlowId()).isEqualTo(1);
  }

  @Test
  void flowWithoutALaneWaitsAndIsResumedOnAnother() throws Exception {
    try (Socket program = flow(1)) {
      say(program, "before ");
      assertThat(hear(program, 7)).isEqualTo("before ");
      world.broker.lanes.getFirst().close(ReasonCode.LANE_LOST);
      assertThat(device.orphans.poll(30, TimeUnit.SECONDS)).isEqualTo(1L);
      say(program, "after");
      ByteString lane =
          device.lane(TestDevice.open(1, application.port()).toBuilder().setResume(true).build());
      device.move(1, lane);
      assertThat(hear(program, 5)).isEqualTo("after");
      assertThat(answerOf(Envelope.BodyCase.OPENED).getOpened().getLaneId()).isEqualTo(lane);
    }
  }

  @Test
  void datagramsKeepTheirBoundaries() throws Exception {
    try (DatagramSocket server = new DatagramSocket(new InetSocketAddress(NetUtil.LOCALHOST4, 0))) {
      server.setSoTimeout(30_000);
      ByteString lane =
          device.lane(
              TestDevice.open(1, server.getLocalPort()).toBuilder()
                  .setTransport(Transport.TRANSPORT_UDP)
                  .build());
      BlockingQueue<String> heard = new LinkedBlockingQueue<>();
      Flow flow = device.datagrams(1, lane, new Hearing(heard));
      assertThat(world.broker.answer().getBodyCase()).isEqualTo(Envelope.BodyCase.OPENED);
      for (String each : new String[] {"one", "two and more"}) {
        device.on(() -> {
          flow.sendDatagram(Unpooled.copiedBuffer(each, StandardCharsets.UTF_8));
          return true;
        });
        DatagramPacket packet = new DatagramPacket(new byte[100], 100);
        server.receive(packet);
        assertThat(packet.getLength()).isEqualTo(each.length());
        server.send(
            new DatagramPacket(packet.getData(), packet.getLength(), packet.getSocketAddress()));
        assertThat(heard.poll(30, TimeUnit.SECONDS)).isEqualTo(each);
      }
    }
  }

  private record Hearing(BlockingQueue<String> heard) implements DatagramEnd {
    @Override
    public void onDatagram(ByteBuf datagram) {
      heard.add(datagram.toString(StandardCharsets.UTF_8));
      datagram.release();
    }

    @Override
    public void onClosed(ReasonCode reason) {
      heard.add("closed");
    }
  }

  @Test
  void certificateIsRenewedAtHalfItsLifeWhileFlowsGoOn() throws Exception {
    try (Socket program = flow(1)) {
      String before = world.tls.credential().fingerprint();
      world.skippedMillis.set(Duration.ofDays(4).plusHours(6).toMillis());
      world.broker.closeConnectorLink();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> !world.tls.credential().fingerprint().equals(before));
      assertThat(world.store.load().orElseThrow().credential().fingerprint())
          .isEqualTo(world.tls.credential().fingerprint());
      say(program, "x");
      assertThat(hear(program, 1)).isEqualTo("x");
    }
  }

  @Test
  void stopLetsFlowsEndButNotForever() throws Exception {
    stop();
    world = new World(folder, World.draining(DRAIN)).start();
    device = world.device("laptop");
    application = new TestApplication();
    try (Socket program = flow(1)) {
      long before = System.nanoTime();
      var stopped = world.connector.stop();
      say(program, "last");
      assertThat(hear(program, 4)).isEqualTo("last");
      assertThat(stopped.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(DRAIN);
      assertThat(answerOf(Envelope.BodyCase.FLOW_CLOSED).getFlowClosed().getReason())
          .isEqualTo(ReasonCode.CONNECTOR_STOPPING);
      await().atMost(PATIENCE).until(() -> isOver(program));
    }
  }
}
