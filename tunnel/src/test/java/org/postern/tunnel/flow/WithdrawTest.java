package org.postern.tunnel.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.tunnel.flow.ScriptedPeer.Lane;
import org.postern.tunnel.flow.ScriptedPeer.Local;
import org.postern.tunnel.message.ReasonCode;

/** A flow that is not let in where it was opened, and goes elsewhere with all that was sent. */
final class WithdrawTest {
  private final ScriptedPeer peer = new ScriptedPeer(FlowRole.DEVICE, FlowLimits.DEFAULT);
  private final Local program = new Local();

  @AfterEach
  void nothingIsLeft() {
    peer.finish();
  }

  private FlowState open(long flowId, Lane lane) {
    FlowState flow = peer.mux.open(flowId, FlowKind.TCP, lane.port, program, peer.now);
    return Objects.requireNonNull(flow);
  }

  @Test
  void whatWasSentAndWhatWaitsComesBackInOrder() {
    Lane lane = peer.lane("a");
    FlowState flow = open(1, lane);
    int all = 0;
    for (int i = 1; i <= 200; i++) {
      peer.mux.localData(flow, ScriptedPeer.zeros(i * 7).setByte(0, i), peer.now);
      all += i * 7;
    }
    peer.mux.localFin(flow, peer.now);
    lane.sent();
    EarlyData early = Objects.requireNonNull(peer.mux.withdraw(flow, peer.now));
    assertThat(early.finished()).isTrue();
    var whole = peer.allocator.buffer();
    early.pieces().forEach(whole::writeBytes);
    early.release();
    assertThat(whole.readableBytes()).isEqualTo(all);
    for (int i = 1; i <= 200; i++) {
      assertThat(whole.readUnsignedByte()).as("first byte of piece %d", i).isEqualTo((short) i);
      whole.skipBytes(i * 7 - 1);
    }
    whole.release();
    assertThat(lane.sent()).containsExactly("RESET 1 LOCAL_RESET");
    assertThat(program.closed).hasSize(1);
    assertThat(peer.memory.usedBytes()).isZero();
  }

  @Test
  void flowThatTheFarEndActedOnIsNotTakenBack() {
    Lane lane = peer.lane("a");
    FlowState acknowledged = open(1, lane);
    peer.mux.localData(acknowledged, ScriptedPeer.zeros(10), peer.now);
    lane.sent();
    lane.send(out -> Frames.ack(out, 1, 4, 65_536));
    assertThat(peer.mux.withdraw(acknowledged, peer.now)).isNull();
    FlowState answered = open(2, lane);
    lane.data(2, 1);
    assertThat(peer.mux.withdraw(answered, peer.now)).isNull();
    FlowState closedThere = open(3, lane);
    lane.send(out -> Frames.fin(out, 3, 0));
    assertThat(peer.mux.withdraw(closedThere, peer.now)).isNull();
    assertThat(peer.closed).as("nothing was done").isEmpty();
  }

  @Test
  void moveThatWasNotAllowedMayBeMadeElsewhere() {
    Lane old = peer.lane("a");
    FlowState flow = open(1, old);
    peer.mux.localData(flow, ScriptedPeer.zeros(10), peer.now);
    peer.mux.closeLane(old.port, ReasonCode.LANE_LOST, "test", peer.now);
    Lane refused = peer.lane("b");
    peer.mux.move(flow, refused.port, peer.now);
    refused.sent();
    peer.mux.abandonMove(flow, peer.now);
    Lane next = peer.lane("c");
    assertThat(peer.mux.move(flow, next.port, peer.now)).isTrue();
    assertThat(next.sent()).containsExactly("RESUME 1 0");
    refused.send(out -> Frames.resume(out, 1, 0));
    assertThat(refused.sent()).as("an answer that comes too late").isEmpty();
    next.send(out -> Frames.resume(out, 1, 0));
    assertThat(next.sent()).contains("DATA 1 10 bytes");
    peer.pass(Duration.ofSeconds(30).toNanos() / 10);
    assertThat(peer.moved).containsExactly("1 to c");
  }
}
