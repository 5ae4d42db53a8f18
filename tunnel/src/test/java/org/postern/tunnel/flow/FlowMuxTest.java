package org.postern.tunnel.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.tunnel.flow.FlowSummary.EndedBy;
import org.postern.tunnel.flow.ScriptedPeer.Lane;
import org.postern.tunnel.flow.ScriptedPeer.Local;
import org.postern.tunnel.message.ReasonCode;

/** What one end says, line by line, to a peer that keeps to the rules. */
class FlowMuxTest {
  private static final int WINDOW = FlowLimits.DEFAULT.windowInitialBytes();
  private static final long MILLI = 1_000_000L;

  private final ScriptedPeer peer = new ScriptedPeer(FlowRole.DEVICE, FlowLimits.DEFAULT);
  private final Local program = new Local();

  @AfterEach
  void nothingIsLeft() {
    peer.finish();
  }

  private FlowState open(long id, Lane lane) {
    return Objects.requireNonNull(peer.mux.open(id, FlowKind.TCP, lane.port, program, peer.now));
  }

  @Test
  void senderStopsAtTheWindowAndGoesOnWhenItMoves() {
    Lane lane = peer.lane("a");
    FlowState flow = open(1, lane);
    assertThat(peer.mux.readAllowance(flow)).isEqualTo(WINDOW);
    peer.mux.localData(flow, ScriptedPeer.zeros(WINDOW), peer.now);
    assertThat(lane.sent()).containsExactly("DATA 1 65528 bytes", "DATA 1 8 bytes");
    assertThat(peer.mux.readAllowance(flow)).isZero();
    lane.send(out -> Frames.ack(out, 1, 20_000, WINDOW));
    assertThat(program.readable).isEqualTo(1);
    assertThat(peer.mux.readAllowance(flow)).isEqualTo(20_000);
    assertThat(peer.memory.usedBytes()).isEqualTo(WINDOW - 20_000);
  }

  @Test
  void stalledFlowStopsAtItsWindowWhileAnotherGoesOn() {
    Lane lane = peer.lane("a");
    FlowState stalled = open(1, lane);
    FlowState other = open(2, lane);
    peer.mux.localData(stalled, ScriptedPeer.zeros(WINDOW), peer.now);
    lane.sent();
    for (int i = 1; i <= 100; i++) {
      peer.mux.localData(other, ScriptedPeer.zeros(10_000), peer.now);
      assertThat(lane.sent()).containsExactly("DATA 2 10000 bytes");
      int offset = i * 10_000;
      lane.send(out -> Frames.ack(out, 2, offset, WINDOW));
    }
    assertThat(peer.memory.usedBytes()).isEqualTo(WINDOW);
  }

  @Test
  void smallMessageComesBeforeBulkThatWaitsForTheLane() {
    Lane lane = peer.lane("a");
    FlowState bulk = open(1, lane);
    FlowState small = open(2, lane);
    lane.send(out -> Frames.ack(out, 1, 0, 8 << 20));
    lane.writable = false;
    peer.mux.localData(bulk, ScriptedPeer.zeros(131_056), peer.now);
    peer.mux.localData(small, ScriptedPeer.zeros(100), peer.now);
    assertThat(lane.sent()).isEmpty();
    assertThat(peer.mux.readAllowance(bulk)).as("enough is waiting").isZero();
    lane.writable = true;
    assertThat(lane.sent())
        .containsExactly("DATA 2 100 bytes", "DATA 1 65528 bytes", "DATA 1 65528 bytes");
  }

  @Test
  void bulkFlowsTakeTurnsOfOneFrame() {
    Lane lane = peer.lane("a");
    FlowState first = open(1, lane);
    FlowState second = open(2, lane);
    lane.send(out -> Frames.ack(out, 1, 0, 8 << 20)).send(out -> Frames.ack(out, 2, 0, 8 << 20));
    lane.writable = false;
    peer.mux.localData(first, ScriptedPeer.zeros(131_056), peer.now);
    peer.mux.localData(second, ScriptedPeer.zeros(131_056), peer.now);
    lane.writable = true;
    assertThat(lane.sent())
        .containsExactly(
            "DATA 1 65528 bytes", "DATA 2 65528 bytes", "DATA 1 65528 bytes", "DATA 2 65528 bytes");
  }

  @Test
  void consumedBytesAreAcknowledgedWithDataOrALittleLater() {
    Lane lane = peer.lane("a");
    FlowState flow = open(1, lane);
    lane.data(1, 100);
    peer.mux.consumed(flow, 100, peer.now);
    assertThat(lane.sent()).isEmpty();
    peer.mux.localData(flow, ScriptedPeer.zeros(50), peer.now);
    assertThat(lane.sent()).containsExactly("ACK 1 100 +65536", "DATA 1 50 bytes");
    lane.data(1, 100);
    peer.mux.consumed(flow, 100, peer.now);
    peer.pass(39 * MILLI);
    assertThat(lane.sent()).isEmpty();
    peer.pass(2 * MILLI);
    assertThat(lane.sent()).containsExactly("ACK 1 200 +65536");
  }

  @Test
  void bulkIsAcknowledgedEveryQuarterOfTheWindow() {
    Lane lane = peer.lane("a");
    FlowState flow = open(1, lane);
    lane.data(1, WINDOW);
    peer.now += ScriptedPeer.SECOND;
    for (int i = 0; i < 4; i++) {
      peer.mux.consumed(flow, WINDOW / 4, peer.now);
      assertThat(lane.sent()).hasSize(1).first().asString().startsWith("ACK 1");
    }
  }

  @Test
  void windowDoublesWhenItIsConsumedQuicklyAndNotWhenSlowly() {
    Lane lane = peer.lane("a");
    FlowState flow = open(1, lane);
    peer.pass(ScriptedPeer.SECOND);
    consumeWindow(flow, lane);
    assertThat(flow.in.windowBytes()).as("slow: a second has passed").isEqualTo(WINDOW);
    consumeWindow(flow, lane);
    assertThat(flow.in.windowBytes()).isEqualTo(2 * WINDOW);
    for (int i = 0; i < 20; i++) {
      consumeWindow(flow, lane);
    }
    assertThat(flow.in.windowBytes()).isEqualTo(FlowLimits.DEFAULT.window().maxBytes());
    assertThat(peer.memory.usedBytes()).isEqualTo(flow.in.grownBytes());
    peer.mux.reset(flow, ReasonCode.LOCAL_RESET, EndedBy.OWNER, peer.now);
    assertThat(peer.memory.usedBytes()).isZero();
  }

  private void consumeWindow(FlowState flow, Lane lane) {
    int window = flow.in.windowBytes();
    for (int left = window; left > 0; left -= WINDOW) {
      lane.data(flow.flowId(), WINDOW);
      peer.mux.consumed(flow, WINDOW, peer.now);
      lane.sent();
    }
  }

  @Test
  void windowsGrowOnlyWithinTheMemoryOfTheProcess() {
    MemoryBudget memory = new MemoryBudget(512 << 10);
    ScriptedPeer small = new ScriptedPeer(FlowRole.DEVICE, FlowLimits.DEFAULT, memory);
    Lane lane = small.lane("a");
    for (long id = 1; id <= 8; id++) {
      FlowState flow =
          Objects.requireNonNull(
              small.mux.open(id, FlowKind.TCP, lane.port, new Local(), small.now));
      for (int i = 0; i < 64; i++) {
        lane.data(id, WINDOW);
        small.mux.consumed(flow, WINDOW, small.now);
        lane.sent();
      }
    }
    assertThat(memory.peakBytes()).isLessThanOrEqualTo((512 << 10) + WINDOW);
    small.finish();
  }

  @Test
  void senderKeepsToItsFirstWindowWhenTheProcessIsOutOfMemory() {
    MemoryBudget memory = new MemoryBudget(100_000);
    ScriptedPeer small = new ScriptedPeer(FlowRole.DEVICE, FlowLimits.DEFAULT, memory);
    Lane lane = small.lane("a");
    FlowState flow =
        Objects.requireNonNull(small.mux.open(1, FlowKind.TCP, lane.port, program, small.now));
    lane.send(out -> Frames.ack(out, 1, 0, 8 << 20));
    memory.charge(100_000);
    long kept = 0;
    for (int room = small.mux.readAllowance(flow); room > 0; room = small.mux.readAllowance(flow)) {
      small.mux.localData(flow, ScriptedPeer.zeros(room), small.now);
      kept += room;
      lane.sent();
    }
    assertThat(kept).isEqualTo(WINDOW);
    memory.release(100_000);
    small.finish();
  }

  @Test
  void bothDirectionsCloseByThemselvesAndTheFlowEndsWhenBothEndsKnow() {
    Lane lane = peer.lane("a");
    FlowState flow = open(1, lane);
    peer.mux.localData(flow, ScriptedPeer.zeros(10), peer.now);
    peer.mux.localFin(flow, peer.now);
    assertThat(lane.sent()).containsExactly("DATA 1 10 bytes", "FIN 1 10");
    lane.data(1, 5).send(out -> Frames.fin(out, 1, 5));
    assertThat(program.fin).isTrue();
    peer.mux.consumed(flow, 5, peer.now);
    peer.mux.finConsumed(flow, peer.now);
    assertThat(lane.sent()).containsExactly("ACK 1 6 +65536");
    assertThat(peer.closed).isEmpty();
    lane.send(out -> Frames.ack(out, 1, 10, WINDOW));
    assertThat(peer.closed).as("our end is not acknowledged").isEmpty();
    lane.send(out -> Frames.ack(out, 1, 11, WINDOW));
    FlowSummary summary = peer.onlyClosed();
    assertThat(summary.clean()).isTrue();
    assertThat(summary.bytesToPeer()).isEqualTo(10);
    assertThat(summary.bytesFromPeer()).isEqualTo(5);
  }

  @Test
  void resumedFlowIsReplayedFromThePeersOffset() {
    Lane lane = peer.lane("a");
    FlowState flow = open(1, lane);
    peer.mux.localData(flow, ScriptedPeer.zeros(100), peer.now);
    peer.mux.localFin(flow, peer.now);
    lane.data(1, 30);
    lane.sent();
    peer.mux.closeLane(lane.port, ReasonCode.LANE_LOST, "test", peer.now);
    assertThat(peer.orphaned).containsExactly(1L);
    Lane next = peer.lane("b");
    assertThat(peer.mux.move(flow, next.port, peer.now)).isTrue();
    assertThat(next.sent()).containsExactly("RESUME 1 30");
    next.data(1, 7);
    assertThat(program.bytes).as("nothing is taken before the answer").isEqualTo(30);
    next.send(out -> Frames.resume(out, 1, 60));
    assertThat(next.sent()).containsExactly("ACK 1 0 +65536", "DATA 1 40 bytes", "FIN 1 100");
    assertThat(peer.moved).containsExactly("1 to b");
    next.data(1, 7);
    assertThat(program.bytes).isEqualTo(37);
  }

  @Test
  void framesOfTheOldLaneAreDroppedAfterAMove() {
    Lane old = peer.lane("a");
    FlowState flow = open(1, old);
    Lane next = peer.lane("b");
    peer.mux.move(flow, next.port, peer.now);
    next.send(out -> Frames.resume(out, 1, 0));
    old.data(1, 50);
    old.send(out -> Frames.reset(out, 1, ReasonCode.UPSTREAM_RESET_VALUE));
    assertThat(program.bytes).isZero();
    assertThat(peer.closed).isEmpty();
    assertThat(peer.mux.move(flow, old.port, peer.now)).isTrue();
    assertThat(peer.mux.move(flow, next.port, peer.now)).as("one move at a time").isFalse();
  }

  @Test
  void moveThatIsNotAnsweredEndsTheFlow() {
    Lane old = peer.lane("a");
    FlowState flow = open(1, old);
    Lane next = peer.lane("b");
    peer.mux.move(flow, next.port, peer.now);
    // The lane is alive: it answers, but nothing is said about the flow.
    for (int i = 0; i < 12; i++) {
      peer.pass(ScriptedPeer.SECOND);
      next.send(out -> Frames.ping(out, 1));
    }
    assertThat(peer.onlyClosed().reason()).isEqualTo(ReasonCode.RESUME_FAILED);
  }

  @Test
  void idleFlowAndOldFlowAreResetAtTheirTime() {
    Lane lane = peer.lane("a");
    peer.mux.setTimes(open(1, lane), new FlowTimes(Duration.ofSeconds(60), Duration.ZERO));
    peer.mux.setTimes(open(2, lane), new FlowTimes(Duration.ZERO, Duration.ofSeconds(100)));
    for (int second = 0; second < 59; second++) {
      peer.pass(ScriptedPeer.SECOND);
      lane.send(out -> Frames.ping(out, 1));
    }
    assertThat(peer.closed).isEmpty();
    for (int second = 59; second < 102; second++) {
      peer.pass(ScriptedPeer.SECOND);
      lane.send(out -> Frames.ping(out, 1));
    }
    assertThat(peer.closed.stream().map(FlowSummary::reason))
        .containsExactly(ReasonCode.IDLE_TIMEOUT, ReasonCode.AGE_EXPIRED);
  }

  @Test
  void silentPeerIsGivenUpAndItsFlowsAreOrphaned() {
    Lane lane = peer.lane("a");
    lane.send(out -> Frames.pong(out, 1));
    open(1, lane);
    peer.pass(14 * ScriptedPeer.SECOND);
    assertThat(peer.lanesClosed).isEmpty();
    peer.pass(3 * ScriptedPeer.SECOND);
    assertThat(peer.lanesClosed).containsExactly("a PEER_SILENT");
    assertThat(peer.orphaned).containsExactly(1L);
  }

  @Test
  void roundTripIsMeasured() {
    Lane lane = peer.lane("a");
    peer.now += 30 * MILLI;
    lane.send(out -> Frames.pong(out, 1));
    assertThat(lane.port.rttNanos()).isEqualTo(30 * MILLI);
    lane.send(out -> Frames.pong(out, 77));
    assertThat(lane.port.rttNanos()).as("an answer to nothing").isEqualTo(30 * MILLI);
  }

  @Test
  void elephantAsksOnceForALaneOfItsOwnEvenWhenItSharesWithNobodyYet() {
    Lane lane = peer.lane("a");
    FlowState elephant = open(1, lane);
    lane.send(out -> Frames.ack(out, 1, 0, 8 << 20));
    moveBytes(elephant, lane);
    assertThat(peer.wantsOwnLane).containsExactly(1L);
    moveBytes(elephant, lane);
    assertThat(peer.wantsOwnLane).as("asked once").hasSize(1);
  }

  @Test
  void elephantOnALaneOfItsOwnDoesNotAsk() {
    Lane lane = peer.lane("a");
    lane.port.forOneFlow();
    FlowState elephant = open(1, lane);
    lane.send(out -> Frames.ack(out, 1, 0, 8 << 20));
    moveBytes(elephant, lane);
    assertThat(peer.wantsOwnLane).isEmpty();
  }

  private void moveBytes(FlowState flow, Lane lane) {
    for (int i = 0; i < 50; i++) {
      peer.mux.localData(flow, ScriptedPeer.zeros(100_000), peer.now);
      lane.sent();
      long offset = flow.out.endOffset();
      lane.send(out -> Frames.ack(out, flow.flowId(), offset, 8 << 20));
    }
  }

  @Test
  void datagramsKeepTheirBoundariesAndTheOldestAreDropped() {
    Lane lane = peer.lane("a");
    FlowState flow =
        Objects.requireNonNull(peer.mux.open(1, FlowKind.UDP, lane.port, program, peer.now));
    lane.writable = false;
    int max = FlowLimits.DEFAULT.datagramsQueuedMax();
    for (int length = 1; length <= max + 10; length++) {
      peer.mux.localDatagram(flow, ScriptedPeer.zeros(length), peer.now);
    }
    lane.writable = true;
    List<String> sent = lane.sent();
    assertThat(sent).hasSize(max).first().isEqualTo("DATAGRAM 1 11 bytes");
    lane.send(out -> Frames.header(out, Frames.DATAGRAM, 0, 1));
    assertThat(program.datagrams).isEqualTo(1);
    peer.mux.reset(flow, ReasonCode.LOCAL_RESET, EndedBy.OWNER, peer.now);
    assertThat(peer.onlyClosed().datagramsDropped()).isEqualTo(10);
    assertThat(peer.memory.usedBytes()).isZero();
  }

  @Test
  void datagramsThatComeBeforeTheGrantAreDelivered() {
    ScriptedPeer device = new ScriptedPeer(FlowRole.CONNECTOR, FlowLimits.DEFAULT);
    Lane lane = device.lane("a");
    lane.send(out -> Frames.header(out, Frames.DATAGRAM, 0, 1));
    lane.send(out -> Frames.header(out, Frames.DATAGRAM, 0, 1));
    device.mux.grant(1, "a", FlowKind.UDP, FlowTimes.UNLIMITED, device.now);
    device.mux.attach(Objects.requireNonNull(device.mux.flow(1)), program, device.now);
    assertThat(program.datagrams).isEqualTo(2);
    device.finish();
  }

  @Test
  void grantBeforeItsLaneAndDataBeforeItsGrantBothWork() {
    ScriptedPeer device = new ScriptedPeer(FlowRole.CONNECTOR, FlowLimits.DEFAULT);
    device.mux.grant(1, "a", FlowKind.TCP, FlowTimes.UNLIMITED, device.now);
    Lane lane = device.lane("a").data(1, 10).data(2, 20).send(out -> Frames.fin(out, 2, 20));
    device.mux.grant(2, "a", FlowKind.TCP, FlowTimes.UNLIMITED, device.now);
    Local first = new Local();
    Local second = new Local();
    device.mux.attach(Objects.requireNonNull(device.mux.flow(1)), first, device.now);
    device.mux.attach(Objects.requireNonNull(device.mux.flow(2)), second, device.now);
    assertThat(first.bytes).isEqualTo(10);
    assertThat(second.bytes).isEqualTo(20);
    assertThat(second.fin).isTrue();
    assertThat(lane.sent()).isEmpty();
    device.finish();
  }

  @Test
  void singleBytesKeptForReplayCostNoMoreThanTheirNumber() {
    Lane lane = peer.lane("a");
    FlowState flow = open(1, lane);
    for (int i = 0; i < 20_000; i++) {
      peer.mux.localData(flow, peer.allocator.directBuffer(2048, 2048).writeByte(i), peer.now);
    }
    lane.sent();
    assertThat(peer.allocator.metric().usedDirectMemory()).isLessThan(64 << 10);
    peer.mux.reset(flow, ReasonCode.LOCAL_RESET, EndedBy.OWNER, peer.now);
    lane.sent();
    assertThat(peer.allocator.metric().usedDirectMemory()).isZero();
  }
}
