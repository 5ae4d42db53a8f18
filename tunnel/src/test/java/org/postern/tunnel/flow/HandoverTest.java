package org.postern.tunnel.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.tunnel.flow.FlowSummary.EndedBy;
import org.postern.tunnel.flow.ScriptedPeer.Lane;
import org.postern.tunnel.flow.ScriptedPeer.Local;
import org.postern.tunnel.message.ReasonCode;

/** A connector's flow that goes from one mux to another, and what the peer may try meanwhile. */
class HandoverTest {
  private final ScriptedPeer home = new ScriptedPeer(FlowRole.CONNECTOR, FlowLimits.DEFAULT);
  private final ScriptedPeer elsewhere =
      new ScriptedPeer(FlowRole.CONNECTOR, FlowLimits.DEFAULT, home.memory);
  private final Local application = new Local();
  private final Lane shared = home.lane("shared");
  private final Lane own = home.lane("own");

  @AfterEach
  void nothingIsLeft() {
    elsewhere
        .mux
        .flows()
        .forEach(
            flow -> elsewhere.mux.reset(flow, ReasonCode.LOCAL_RESET, EndedBy.OWNER, home.now));
    elsewhere.mux.closeLane(own.port, ReasonCode.LANE_LOST, "finish", home.now);
    home.finish();
  }

  /** Flow 7, let in on its own lane, with some bytes sent and some received. */
  private FlowState flow7() {
    home.mux.grant(7, "own", FlowKind.TCP, FlowTimes.UNLIMITED, home.now);
    FlowState flow = Objects.requireNonNull(home.mux.flow(7));
    home.mux.attach(flow, application, home.now);
    own.data(7, 100);
    home.mux.localData(flow, ScriptedPeer.zeros(10), home.now);
    assertThat(own.sent()).containsExactly("DATA 7 10 bytes");
    return flow;
  }

  private FlowState away() {
    FlowState flow = flow7();
    LanePort lane = home.mux.handover().leave(flow);
    elsewhere.mux.handover().arrive(flow, lane, home.now);
    return flow;
  }

  /** Comes in on its own lane, where the flow is now. */
  private void sendElsewhere(Consumer<ByteBuf> frames) {
    ByteBuf bytes = home.allocator.buffer();
    frames.accept(bytes);
    elsewhere.mux.received(own.port, bytes, home.now);
    elsewhere.mux.pump(home.now);
  }

  @Test
  void flowGoesOnWhereItWasWithAllThatItHas() {
    FlowState flow = away();
    assertThat(home.mux.flow(7)).isNull();
    assertThat(elsewhere.mux.flow(7)).isSameAs(flow);
    sendElsewhere(out -> Frames.ack(out, 7, 10, 64 << 10));
    assertThat(home.memory.usedBytes()).as("what was sent is acknowledged").isEqualTo(100);
    elsewhere.mux.localData(flow, ScriptedPeer.zeros(20), home.now);
    elsewhere.mux.pump(home.now);
    assertThat(own.sent()).containsExactly("DATA 7 20 bytes");
  }

  @Test
  void whatStillComesForItAtHomeIsDroppedWithoutAnAnswer() {
    away();
    shared.data(7, 50).send(out -> Frames.fin(out, 7, 150)).send(out -> Frames.ack(out, 7, 99, 1));
    assertThat(shared.sent()).isEmpty();
    assertThat(application.bytes).isEqualTo(100);
    assertThat(application.fin).isFalse();
    assertThat(home.mux.grant(7, "shared", FlowKind.TCP, FlowTimes.UNLIMITED, home.now))
        .isEqualTo(GrantOutcome.DUPLICATE);
  }

  @Test
  void peersResetAtHomeIsToldSoThatItCanBeCarriedThere() {
    FlowState flow = away();
    shared.send(out -> Frames.reset(out, 7, ReasonCode.LOCAL_RESET_VALUE));
    assertThat(home.resetsAway).containsExactly("7 LOCAL_RESET");
    elsewhere.mux.handover().resetByPeer(flow, ReasonCode.LOCAL_RESET, home.now);
    assertThat(elsewhere.onlyClosed().endedBy()).isEqualTo(EndedBy.PEER);
    home.mux.handover().endedAway(7, ReasonCode.LOCAL_RESET);
    assertThat(home.mux.grant(7, "shared", FlowKind.TCP, FlowTimes.UNLIMITED, home.now))
        .as("it has been")
        .isEqualTo(GrantOutcome.ALREADY_RESET);
  }

  @Test
  void otherFlowsAreNotLetInOnTheLaneThatItTook() {
    away();
    sendElsewhere(out -> {
      Frames.header(out, Frames.DATA, 5, 8);
      out.writeZero(5);
    });
    assertThat(own.sent()).containsExactly("RESET 8 FLOW_NOT_GRANTED");
    assertThat(elsewhere.mux.flowCount()).isEqualTo(1);
  }

  @Test
  void resumingItWithoutAGrantIsRefusedInTimeAndDoesNotTouchIt() {
    FlowState flow = away();
    shared.send(out -> Frames.resume(out, 7, 0));
    assertThat(shared.sent()).isEmpty();
    home.mux.grant(9, "shared", FlowKind.TCP, FlowTimes.UNLIMITED, home.now);
    home.pass(2 * FlowLimits.DEFAULT.deadlines().grant().toNanos());
    assertThat(shared.sent()).contains("RESET 7 RESUME_NOT_YOURS");
    assertThat(flow.isLive()).isTrue();
  }

  @Test
  void itComesHomeWithoutItsLaneAndIsResumedThere() {
    FlowState flow = away();
    elsewhere.mux.closeLane(own.port, ReasonCode.LANE_LOST, "gone", home.now);
    elsewhere.mux.handover().leaveBare(flow);
    home.mux.handover().comeBack(flow, home.now);
    home.mux.grantResume(7, "shared", home.now);
    shared.send(out -> Frames.resume(out, 7, 4));
    assertThat(shared.sent()).containsExactly("RESUME 7 100", "ACK 7 0 +65536", "DATA 7 6 bytes");
    assertThat(elsewhere.mux.flowCount()).isZero();
  }

  @Test
  void flowThatSharesItsLaneStays() {
    FlowState flow = flow7();
    own.data(8, 1);
    assertThat(home.mux.handover().mayLeave(flow)).isFalse();
    assertThatThrownBy(() -> home.mux.handover().leave(flow))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void flowThatHasEndedOneWayStays() {
    FlowState flow = flow7();
    home.mux.localFin(flow, home.now);
    assertThat(home.mux.handover().mayLeave(flow)).isFalse();
  }

  @Test
  void flowThatIsAskedForOnAnotherLaneStays() {
    FlowState flow = flow7();
    shared.send(out -> Frames.resume(out, 7, 0));
    assertThat(home.mux.handover().mayLeave(flow)).isFalse();
  }
}
