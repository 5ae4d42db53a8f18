package org.postern.tunnel.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postern.tunnel.flow.FlowKind;
import org.postern.tunnel.flow.FlowLimits;
import org.postern.tunnel.flow.FlowTimes;
import org.postern.tunnel.flow.GrantOutcome;
import org.postern.tunnel.message.ReasonCode;

/** A flow that moves much is worked on by other loops, at both ends, and nobody notices. */
@Timeout(90)
class BulkFlowTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final long MEMORY = 64 << 20;
  private static final long FLOW = 1;

  @SuppressWarnings("NullAway.Init")
  private FlowPair pair;

  @SuppressWarnings("NullAway.Init")
  private EchoServer application;

  private void start() throws Exception {
    application = new EchoServer(EchoServer.ECHO);
    pair = new FlowPair(application.address(), FlowLimits.DEFAULT, MEMORY);
    pair.laneForNewFlows = pair.newLane();
  }

  @AfterEach
  void stop() throws Exception {
    pair.close();
    application.close();
    assertThat(pair.deviceMemory.usedBytes()).as("device memory").isZero();
    assertThat(pair.connectorMemory.usedBytes()).as("connector memory").isZero();
  }

  /** A program that has sent some of its data, has it back, and sends on. */
  private final class Program implements AutoCloseable {
    private final byte[] data;
    private final byte[] back;
    private final Socket socket;
    private final DataInputStream in;
    private int read;

    Program(int bytes, long seed) throws IOException {
      data = new byte[bytes];
      back = new byte[bytes];
      new SplittableRandom(seed).nextBytes(data);
      socket = new Socket(pair.deviceAddress().getAddress(), pair.deviceAddress().getPort());
      socket.setSoTimeout((int) SOON.toMillis());
      in = new DataInputStream(socket.getInputStream());
    }

    CompletableFuture<Void> send(int from, int to) {
      return CompletableFuture.runAsync(
          () -> {
            try {
              socket.getOutputStream().write(data, from, to - from);
              if (to == data.length) {
                socket.shutdownOutput();
              }
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          },
          task -> Thread.ofVirtual().start(task));
    }

    void readTo(int end) throws IOException {
      in.readFully(back, read, end - read);
      read = end;
    }

    void readAll() throws IOException {
      readTo(data.length);
      assertThat(in.read()).as("end").isEqualTo(-1);
      assertThat(MessageDigest.isEqual(back, data)).isTrue();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private void awaitElsewhere(ByteString lane) {
    await()
        .atMost(SOON)
        .until(() ->
            !pair.local(FLOW).eventLoop().equals(pair.deviceLoop)
                && pair.laneEnds(lane).stream()
                    .noneMatch(end ->
                        end.eventLoop().equals(pair.deviceLoop)
                            || end.eventLoop().equals(pair.connectorLoop)));
  }

  private ByteString moveAway() throws Exception {
    ByteString own = pair.newLane();
    pair.move(FLOW, own, true);
    awaitElsewhere(own);
    return own;
  }

  @Test
  void flowGoesToOtherLoopsInTheMiddleOfATransferWithoutLosingAByte() throws Exception {
    start();
    try (Program program = new Program(40 << 20, 1)) {
      CompletableFuture<Void> sent = program.send(0, 39 << 20);
      program.readTo(4 << 20);
      moveAway();
      assertThat(pair.onDevice(pair.device::flows)).isEqualTo(1);
      assertThat(pair.onConnector(pair.connector::flows)).isEqualTo(1);
      program.readTo(program.data.length - (1 << 20));
      sent.join();
      program.send(program.data.length - (1 << 20), program.data.length).join();
      program.readAll();
    }
    await().atMost(SOON).until(() -> pair.connectorEvents.closed.containsKey(FLOW));
    await().atMost(SOON).until(() -> pair.deviceEvents.closed.containsKey(FLOW));
    var summary = Objects.requireNonNull(pair.deviceEvents.closed.get(FLOW));
    assertThat(summary.clean()).isTrue();
    assertThat(summary.bytesToPeer()).isEqualTo(40 << 20);
    assertThat(pair.onDevice(pair.device::flows)).isZero();
  }

  @Test
  void flowWhoseLaneIsLostThereComesHomeAndIsResumedAndMayGoAgain() throws Exception {
    start();
    try (Program program = new Program(60 << 20, 2)) {
      CompletableFuture<Void> sent = program.send(0, 59 << 20);
      program.readTo(4 << 20);
      for (int round = 1; round <= 3; round++) {
        ByteString own = moveAway();
        program.readTo(program.read + (4 << 20));
        int orphaned = pair.deviceEvents.orphaned.size();
        pair.laneChannel(own).close();
        await().atMost(SOON).until(() -> pair.deviceEvents.orphaned.size() > orphaned);
        assertThat(pair.local(FLOW).eventLoop()).isEqualTo(pair.deviceLoop);
        int moved = pair.deviceEvents.moved.size();
        pair.move(FLOW, Objects.requireNonNull(pair.laneForNewFlows));
        await().atMost(SOON).until(() -> pair.deviceEvents.moved.size() > moved);
        program.readTo(program.read + (4 << 20));
      }
      program.readTo(program.data.length - (1 << 20));
      sent.join();
      program.send(program.data.length - (1 << 20), program.data.length).join();
      program.readAll();
    }
    assertThat(pair.deviceEvents.lanesClosed).hasSize(3);
  }

  @Test
  void connectorThatHasNotSeenTheLaneDieLetsTheFlowBeResumedElsewhere() throws Exception {
    start();
    try (Program program = new Program(30 << 20, 3)) {
      CompletableFuture<Void> sent = program.send(0, 29 << 20);
      program.readTo(4 << 20);
      ByteString own = moveAway();
      ByteString shared = Objects.requireNonNull(pair.laneForNewFlows);
      assertThat(pair.onConnector(() -> pair.connector.grantResume(FLOW, shared, false)))
          .isEqualTo(GrantOutcome.GRANTED);
      await().atMost(SOON).until(() -> pair.deviceEvents.orphaned.contains(FLOW));
      assertThat(pair.onConnector(() -> pair.connector.hasLane(own))).isFalse();
      assertThat(pair.onDevice(() -> pair.device.move(FLOW, shared, false))).isTrue();
      program.readTo(program.data.length - (1 << 20));
      sent.join();
      program.send(program.data.length - (1 << 20), program.data.length).join();
      program.readAll();
    }
  }

  @Test
  void ownersResetReachesTheFlowThereAndIsToldWhenItIsDone() throws Exception {
    start();
    try (Program program = new Program(30 << 20, 4)) {
      program.send(0, 5 << 20).join();
      program.readTo(5 << 20);
      moveAway();
      CompletableFuture<Boolean> done = new CompletableFuture<>();
      pair.connectorLoop.execute(() ->
          pair.connector.reset(
              FLOW,
              ReasonCode.POLICY_DENIED,
              () -> done.complete(pair.connectorEvents.closed.containsKey(FLOW))));
      assertThat(done.get(30, TimeUnit.SECONDS)).as("told before").isTrue();
      assertThatThrownBy(() -> program.readTo(30 << 20)).isInstanceOf(SocketException.class);
    }
    await().atMost(SOON).until(() -> pair.deviceEvents.closed.containsKey(FLOW));
    assertThat(Objects.requireNonNull(pair.deviceEvents.closed.get(FLOW)).reason())
        .isEqualTo(ReasonCode.POLICY_DENIED);
  }

  @Test
  void flowThatIdlesThereEndsAsItWouldAtHome() throws Exception {
    start();
    try (Program program = new Program(6 << 20, 5)) {
      program.send(0, 5 << 20).join();
      program.readTo(5 << 20);
      moveAway();
      FlowTimes times = new FlowTimes(Duration.ofMillis(1), Duration.ZERO);
      pair.onDevice(() -> {
        pair.device.setTimes(FLOW, times);
        return true;
      });
      assertThatThrownBy(() -> program.readTo(6 << 20)).isInstanceOf(SocketException.class);
    }
    await().atMost(SOON).until(() -> pair.deviceEvents.closed.containsKey(FLOW));
    assertThat(Objects.requireNonNull(pair.deviceEvents.closed.get(FLOW)).reason())
        .isEqualTo(ReasonCode.IDLE_TIMEOUT);
  }

  @Test
  void noOtherFlowIsLetInOnItsLane() throws Exception {
    start();
    try (Program program = new Program(6 << 20, 6)) {
      program.send(0, 5 << 20).join();
      program.readTo(5 << 20);
      ByteString own = moveAway();
      assertThat(
              pair.onConnector(
                  () -> pair.connector.grant(77, own, FlowKind.TCP, FlowTimes.UNLIMITED)))
          .isEqualTo(GrantOutcome.UNKNOWN_LANE);
      assertThat(
              pair.onConnector(() ->
                  pair.connector.grant(
                      FLOW,
                      Objects.requireNonNull(pair.laneForNewFlows),
                      FlowKind.TCP,
                      FlowTimes.UNLIMITED)))
          .isEqualTo(GrantOutcome.DUPLICATE);
      assertThat(pair.onDevice(() -> pair.device.flowsOn(own))).isEqualTo(1);
      program.send(5 << 20, 6 << 20).join();
      program.readAll();
    }
  }

  @Test
  void closedEndpointEndsItThere() throws Exception {
    start();
    try (Program program = new Program(30 << 20, 7)) {
      program.send(0, 5 << 20).join();
      program.readTo(5 << 20);
      moveAway();
      pair.onDevice(() -> {
        pair.device.close(ReasonCode.DEVICE_STOPPING);
        return true;
      });
      assertThatThrownBy(() -> program.readTo(30 << 20)).isInstanceOf(SocketException.class);
    }
    await().atMost(SOON).until(() -> pair.connectorEvents.closed.containsKey(FLOW));
    await().atMost(SOON).until(() -> pair.deviceEvents.lanesClosed.size() == 2);
  }

  @Test
  void programThatBreaksOffWhileItsFlowChangesLoopsLeavesNothing() throws Exception {
    start();
    SplittableRandom random = new SplittableRandom(8);
    for (long flow = 1; flow <= 20; flow++) {
      ByteString own = pair.newLane();
      try (Program program = new Program(8 << 20, flow)) {
        program.send(0, 7 << 20);
        program.readTo(1 << 20);
        long id = flow;
        program.socket.setSoLinger(true, 0);
        Thread breaksOff =
            Thread.ofVirtual()
                .start(() -> {
                  LockSupport.parkNanos(random.nextInt(2_000_000));
                  try {
                    program.socket.close();
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
        pair.move(id, own, true);
        breaksOff.join();
      } catch (ExecutionException flowIsGone) {
        assertThat(flowIsGone).hasRootCauseInstanceOf(RuntimeException.class);
      }
      long ended = flow;
      await().atMost(SOON).until(() -> pair.deviceEvents.closed.containsKey(ended));
      await().atMost(SOON).until(() -> pair.connectorEvents.closed.containsKey(ended));
    }
    assertThat(pair.onDevice(pair.device::flows)).isZero();
    assertThat(pair.onConnector(pair.connector::flows)).isZero();
  }
}
