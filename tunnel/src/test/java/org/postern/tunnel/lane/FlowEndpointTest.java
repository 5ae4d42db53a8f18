package org.postern.tunnel.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postern.tunnel.flow.FlowLimits;
import org.postern.tunnel.flow.FlowSummary;
import org.postern.tunnel.message.ReasonCode;

/** Two endpoints, real sockets, real TLS. */
@Timeout(60)
class FlowEndpointTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final long MEMORY = 64 << 20;

  @SuppressWarnings("NullAway.Init")
  private FlowPair pair;

  @SuppressWarnings("NullAway.Init")
  private EchoServer application;

  private void start(EchoServer.Service service, FlowLimits limits) throws Exception {
    application = new EchoServer(service);
    pair = new FlowPair(application.address(), limits, MEMORY);
    pair.laneForNewFlows = pair.newLane();
  }

  @AfterEach
  void stop() throws Exception {
    pair.close();
    application.close();
    assertThat(pair.deviceMemory.usedBytes()).as("device memory").isZero();
    assertThat(pair.connectorMemory.usedBytes()).as("connector memory").isZero();
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(pair.deviceAddress().getAddress(), pair.deviceAddress().getPort());
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) SOON.toMillis());
    return socket;
  }

  private static byte[] bytes(int length, long seed) {
    byte[] bytes = new byte[length];
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }

  private static CompletableFuture<Void> send(Socket socket, byte[] data) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            socket.getOutputStream().write(data);
            socket.shutdownOutput();
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        },
        task -> Thread.ofVirtual().start(task));
  }

  private FlowSummary closedAtDevice(long flowId) {
    await().atMost(SOON).until(() -> pair.deviceEvents.closed.containsKey(flowId));
    return Objects.requireNonNull(pair.deviceEvents.closed.get(flowId));
  }

  private FlowSummary closedAtConnector(long flowId) {
    await().atMost(SOON).until(() -> pair.connectorEvents.closed.containsKey(flowId));
    return Objects.requireNonNull(pair.connectorEvents.closed.get(flowId));
  }

  @Test
  void bytesComeBackAndBothDirectionsAreClosedInOrder() throws Exception {
    start(EchoServer.ECHO, FlowLimits.DEFAULT);
    byte[] data = bytes(20 << 20, 1);
    try (Socket socket = connect()) {
      CompletableFuture<Void> sent = send(socket, data);
      byte[] back = socket.getInputStream().readAllBytes();
      sent.join();
      assertThat(MessageDigest.isEqual(back, data)).isTrue();
    }
    FlowSummary summary = closedAtDevice(1);
    assertThat(summary.clean()).isTrue();
    assertThat(summary.bytesToPeer()).isEqualTo(data.length);
    assertThat(summary.bytesFromPeer()).isEqualTo(data.length);
    assertThat(closedAtConnector(1).clean()).isTrue();
  }

  @Test
  void applicationReadsAllOfAFlowThatIsOverByThen() throws Exception {
    CompletableFuture<Void> over = new CompletableFuture<>();
    CompletableFuture<Integer> read = new CompletableFuture<>();
    start(
        (socket, in, out) -> {
          socket.shutdownOutput();
          over.join();
          read.complete(in.readAllBytes().length);
        },
        FlowLimits.DEFAULT);
    try (Socket socket = connect()) {
      send(socket, bytes(64 << 10, 3)).join();
      assertThat(socket.getInputStream().read()).isNegative();
    }
    assertThat(closedAtConnector(1).clean()).isTrue();
    over.complete(null);
    assertThat(read.get(SOON.toMillis(), TimeUnit.MILLISECONDS)).isEqualTo(64 << 10);
  }

  @Test
  void replyAfterHalfCloseArrives() throws Exception {
    start(
        (socket, in, out) -> {
          byte[] all = in.readAllBytes();
          out.write(("got " + all.length).getBytes(java.nio.charset.StandardCharsets.UTF_8));
        },
        FlowLimits.DEFAULT);
    try (Socket socket = connect()) {
      socket.getOutputStream().write(new byte[1000]);
      socket.shutdownOutput();
      assertThat(
              new String(
                  socket.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8))
          .isEqualTo("got 1000");
    }
    assertThat(closedAtDevice(1).clean()).isTrue();
  }

  @Test
  void flowSurvivesTheDeathOfItsLane() throws Exception {
    start(EchoServer.ECHO, FlowLimits.DEFAULT);
    ByteString first = Objects.requireNonNull(pair.laneForNewFlows);
    byte[] data = bytes(30 << 20, 2);
    try (Socket socket = connect()) {
      CompletableFuture<Void> sent = send(socket, data);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      byte[] back = new byte[data.length];
      in.readFully(back, 0, 5 << 20);
      pair.laneChannel(first).close();
      await().atMost(SOON).until(() -> pair.deviceEvents.orphaned.contains(1L));
      pair.move(1, pair.newLane());
      in.readFully(back, 5 << 20, data.length - (5 << 20));
      assertThat(in.read()).isEqualTo(-1);
      sent.join();
      assertThat(MessageDigest.isEqual(back, data)).isTrue();
    }
    assertThat(closedAtDevice(1).clean()).isTrue();
    assertThat(pair.deviceEvents.moved).contains(1L);
  }

  @Test
  void liveFlowMovesToALaneOfItsOwnWithoutLosingAByte() throws Exception {
    start(EchoServer.ECHO, FlowLimits.DEFAULT.withElephantBytes(1 << 20));
    byte[] data = bytes(30 << 20, 3);
    try (Socket mouse = connect();
        Socket elephant = connect()) {
      mouse.getOutputStream().write(1);
      assertThat(mouse.getInputStream().read()).isEqualTo(1);
      CompletableFuture<Void> sent = send(elephant, data);
      DataInputStream in = new DataInputStream(elephant.getInputStream());
      byte[] back = new byte[data.length];
      in.readFully(back, 0, 4 << 20);
      await().atMost(SOON).until(() -> !pair.deviceEvents.wantsOwnLane.isEmpty());
      long flowId = pair.deviceEvents.wantsOwnLane.getFirst();
      ByteString own = pair.newLane();
      pair.move(flowId, own);
      in.readFully(back, 4 << 20, data.length - (4 << 20));
      sent.join();
      assertThat(MessageDigest.isEqual(back, data)).isTrue();
      assertThat(pair.deviceEvents.moved).contains(flowId);
      mouse.getOutputStream().write(2);
      assertThat(mouse.getInputStream().read()).isEqualTo(2);
    }
  }

  @Test
  void slowReaderHoldsMemoryToItsWindowWhileAnotherFlowGoesOn() throws Exception {
    CountDownLatch served = new CountDownLatch(1);
    start(
        (socket, in, out) -> {
          if (in.read() == 's') {
            byte[] chunk = new byte[64 << 10];
            while (served.getCount() > 0) {
              out.write(chunk);
            }
          } else {
            in.transferTo(out);
          }
        },
        FlowLimits.DEFAULT);
    try (Socket slow = connect();
        Socket other = connect()) {
      slow.getOutputStream().write('s');
      other.getOutputStream().write('e');
      for (int i = 0; i < 200; i++) {
        other.getOutputStream().write(i);
        assertThat(other.getInputStream().read()).isEqualTo(i & 0xff);
      }
      await()
          .during(Duration.ofMillis(300))
          .atMost(SOON)
          .until(() -> pair.connectorMemory.usedBytes() <= 9 << 20);
      byte[] data = bytes(8 << 20, 4);
      CompletableFuture<Void> sent = send(other, data);
      byte[] back = other.getInputStream().readAllBytes();
      sent.join();
      assertThat(MessageDigest.isEqual(back, data)).isTrue();
      assertThat(pair.deviceMemory.peakBytes()).isLessThan(MEMORY);
      served.countDown();
    }
  }

  @Test
  void applicationThatResetsResetsTheProgram() throws Exception {
    start(
        (socket, in, out) -> {
          in.read();
          socket.setSoLinger(true, 0);
        },
        FlowLimits.DEFAULT);
    try (Socket socket = connect()) {
      socket.getOutputStream().write(1);
      assertThatThrownBy(() -> socket.getInputStream().read())
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
    }
    assertThat(closedAtDevice(1).reason()).isEqualTo(ReasonCode.UPSTREAM_RESET);
    assertThat(closedAtDevice(1).endedBy()).isEqualTo(FlowSummary.EndedBy.PEER);
    assertThat(closedAtConnector(1).endedBy()).isEqualTo(FlowSummary.EndedBy.LOCAL);
  }

  @Test
  void refusedDialGivesTheProgramBackToTheCallerWithItsReason() throws Exception {
    start(EchoServer.ECHO, FlowLimits.DEFAULT);
    application.close();
    try (Socket socket = connect()) {
      assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketException.class);
    }
    assertThat(closedAtDevice(1).reason()).isEqualTo(ReasonCode.CONNECT_REFUSED);
    assertThat(pair.deviceEvents.notLetIn).containsExactly(1L);
  }

  @Test
  void cutFlowIsResetAtBothEnds() throws Exception {
    start(EchoServer.ECHO, FlowLimits.DEFAULT);
    try (Socket socket = connect()) {
      socket.getOutputStream().write(1);
      assertThat(socket.getInputStream().read()).isEqualTo(1);
      pair.connectorLoop.submit(() -> pair.connector.reset(1, ReasonCode.POLICY_CHANGED)).sync();
      assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketException.class);
    }
    assertThat(closedAtDevice(1).reason()).isEqualTo(ReasonCode.POLICY_CHANGED);
    assertThat(closedAtConnector(1).endedBy()).isEqualTo(FlowSummary.EndedBy.OWNER);
  }

  @Test
  void flowThatNobodyResumesIsResetAtBothEnds() throws Exception {
    FlowLimits.Deadlines quick =
        new FlowLimits.Deadlines(
            Duration.ofMillis(300),
            Duration.ofMillis(300),
            Duration.ofMillis(40),
            Duration.ofSeconds(5),
            Duration.ofSeconds(15),
            Duration.ofMillis(50));
    start(EchoServer.ECHO, FlowLimits.DEFAULT.withDeadlines(quick));
    try (Socket socket = connect()) {
      socket.getOutputStream().write(1);
      assertThat(socket.getInputStream().read()).isEqualTo(1);
      pair.laneChannel(Objects.requireNonNull(pair.laneForNewFlows)).close();
      InputStream in = socket.getInputStream();
      assertThatThrownBy(in::read).isInstanceOf(SocketException.class);
    }
    assertThat(closedAtDevice(1).reason()).isEqualTo(ReasonCode.LANE_LOST);
    assertThat(closedAtConnector(1).reason()).isEqualTo(ReasonCode.LANE_LOST);
  }

  @Test
  void ungrantedFlowIsResetWithFlowNotGranted() throws Exception {
    start(EchoServer.ECHO, FlowLimits.DEFAULT);
    pair.grants = false;
    try (Socket socket = connect()) {
      OutputStream out = socket.getOutputStream();
      out.write(new byte[10]);
      assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketException.class);
    }
    assertThat(closedAtDevice(1).reason()).isEqualTo(ReasonCode.FLOW_NOT_GRANTED);
  }

  @Test
  void laneOfAnotherPeerIsRefused() throws Exception {
    start(EchoServer.ECHO, FlowLimits.DEFAULT);
    ByteString lane = Objects.requireNonNull(pair.laneForNewFlows);
    assertThatThrownBy(() ->
            pair.onConnector(() -> {
              pair.connector.attachLane(
                  ByteString.copyFromUtf8("another lane 16b"),
                  "spiffe://test/client/u2/d2",
                  pair.laneChannel(lane));
              return true;
            }))
        .hasRootCauseInstanceOf(IllegalArgumentException.class);
  }
}
