package org.postern.tunnel.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.tunnel.flow.FlowSummary.EndedBy;
import org.postern.tunnel.flow.ScriptedPeer.Lane;
import org.postern.tunnel.flow.ScriptedPeer.Local;
import org.postern.tunnel.message.ReasonCode;

/** A peer that breaks the rules: what concerns a flow resets that flow, and no other. */
class HostilePeerTest {
  private static final int WINDOW = FlowLimits.DEFAULT.windowInitialBytes();

  private final ScriptedPeer device = new ScriptedPeer(FlowRole.CONNECTOR, FlowLimits.DEFAULT);
  private final Local application = new Local();

  @AfterEach
  void nothingIsLeft() {
    device.finish();
  }

  /** A lane on which flow 7 is let in and attached. */
  private Lane laneWithFlow7() {
    Lane lane = device.lane("a");
    device.mux.grant(7, "a", FlowKind.TCP, FlowTimes.UNLIMITED, device.now);
    device.mux.attach(flow(7), application, device.now);
    return lane;
  }

  private FlowState flow(long id) {
    return Objects.requireNonNull(device.mux.flow(id));
  }

  private void assertResetWith(Lane lane, ReasonCode reason) {
    assertThat(lane.sent()).contains("RESET 7 " + reason.name());
    assertThat(device.onlyClosed().reason()).isEqualTo(reason);
    assertThat(device.onlyClosed().endedBy()).isEqualTo(EndedBy.ENDPOINT);
    assertThat(application.closed).hasSize(1);
    assertThat(device.lanesClosed).isEmpty();
    assertThat(device.memory.usedBytes()).isZero();
  }

  @Test
  void acknowledgingMoreThanWasSentResetsTheFlow() {
    Lane lane = laneWithFlow7();
    device.mux.localData(flow(7), ScriptedPeer.zeros(10), device.now);
    assertThat(lane.sent()).containsExactly("DATA 7 10 bytes");
    lane.send(out -> Frames.ack(out, 7, 11, WINDOW));
    assertResetWith(lane, ReasonCode.ACK_BEYOND_SENT);
  }

  @Test
  void negativeAcknowledgementResetsTheFlow() {
    Lane lane = laneWithFlow7();
    lane.send(out -> Frames.ack(out, 7, -1, WINDOW));
    assertResetWith(lane, ReasonCode.ACK_BEYOND_SENT);
  }

  @Test
  void acknowledgingAnEndThatWasNotSentResetsTheFlow() {
    Lane lane = laneWithFlow7();
    device.mux.localData(flow(7), ScriptedPeer.zeros(10), device.now);
    lane.sent();
    lane.send(out -> Frames.ack(out, 7, 10, WINDOW)).send(out -> Frames.ack(out, 7, 11, WINDOW));
    assertResetWith(lane, ReasonCode.ACK_BEYOND_SENT);
  }

  @Test
  void windowOfFourGigabytesIsNotBelieved() {
    Lane lane = laneWithFlow7();
    lane.send(out -> Frames.ack(out, 7, 0, 0xffff_ffffL));
    long sent = 0;
    for (int room = read(); room > 0; room = read()) {
      device.mux.localData(flow(7), ScriptedPeer.zeros(room), device.now);
      sent += room;
      lane.sent();
    }
    assertThat(sent).isLessThanOrEqualTo(FlowLimits.DEFAULT.window().maxBytes());
  }

  private int read() {
    return device.mux.readAllowance(flow(7));
  }

  @Test
  void dataBeyondTheWindowResetsTheFlow() {
    Lane lane = laneWithFlow7().data(7, WINDOW);
    assertThat(application.bytes).isEqualTo(WINDOW);
    lane.data(7, 1);
    assertResetWith(lane, ReasonCode.WINDOW_EXCEEDED);
  }

  @Test
  void dataAfterTheEndResetsTheFlow() {
    Lane lane = laneWithFlow7().send(out -> Frames.fin(out, 7, 0)).data(7, 1);
    assertResetWith(lane, ReasonCode.PROTOCOL_ERROR);
  }

  @Test
  void endThatIsNotWhereTheDataEndsResetsTheFlow() {
    Lane lane = laneWithFlow7().data(7, 5).send(out -> Frames.fin(out, 7, 6));
    assertResetWith(lane, ReasonCode.PROTOCOL_ERROR);
  }

  @Test
  void datagramForATcpFlowResetsTheFlow() {
    Lane lane = laneWithFlow7().send(out -> Frames.header(out, Frames.DATAGRAM, 0, 7));
    assertResetWith(lane, ReasonCode.PROTOCOL_ERROR);
  }

  @Test
  void dataForAFlowThatIsNeverGrantedIsResetInTime() {
    Lane lane = device.lane("a").data(9, 100);
    assertThat(lane.sent()).isEmpty();
    assertThat(device.mux.flowCount()).isZero();
    device.pass(7 * ScriptedPeer.SECOND);
    assertThat(lane.sent()).containsExactly("RESET 9 FLOW_NOT_GRANTED");
    assertThat(device.closed).as("nobody was told of it before").isEmpty();
    assertThat(device.memory.usedBytes()).isZero();
    lane.data(9, 100);
    assertThat(device.memory.usedBytes()).as("it stays refused").isZero();
    assertThat(device.mux.grant(9, "a", FlowKind.TCP, FlowTimes.UNLIMITED, device.now))
        .isEqualTo(GrantOutcome.ALREADY_RESET);
  }

  @Test
  void muchDataForUngrantedFlowsIsRefusedAtOnce() {
    Lane lane = device.lane("a");
    FlowLimits.Held held = FlowLimits.DEFAULT.held();
    int flows = 2 * held.perLaneBytes() / held.perFlowBytes();
    for (int id = 1; id <= flows; id++) {
      lane.data(id, held.perFlowBytes());
    }
    assertThat(device.memory.usedBytes()).isLessThanOrEqualTo(held.perLaneBytes());
    assertThat(lane.sent()).contains("RESET " + flows + " FLOW_NOT_GRANTED");
    device.mux.closeLane(lane.port, ReasonCode.LANE_LOST, "test", device.now);
    assertThat(device.memory.usedBytes()).isZero();
  }

  @Test
  void manyUngrantedFlowsAreRefusedAtOnce() {
    Lane lane = device.lane("a");
    int max = FlowLimits.DEFAULT.held().flowsPerLaneMax();
    for (int id = 1; id <= max + 3; id++) {
      lane.data(id, 1);
    }
    assertThat(lane.sent())
        .containsExactly(
            "RESET %d TOO_MANY_FLOWS".formatted(max + 1),
            "RESET %d TOO_MANY_FLOWS".formatted(max + 2),
            "RESET %d TOO_MANY_FLOWS".formatted(max + 3));
    device.mux.closeLane(lane.port, ReasonCode.LANE_LOST, "test", device.now);
  }

  @Test
  void heldDataInSingleBytesCostsNoMoreThanItsNumber() {
    Lane lane = device.lane("a");
    for (int i = 0; i < 20_000; i++) {
      lane.data(9, 1);
    }
    long used =
        device.allocator.metric().usedDirectMemory() + device.allocator.metric().usedHeapMemory();
    assertThat(used).isLessThan(64 << 10);
    device.mux.closeLane(lane.port, ReasonCode.LANE_LOST, "test", device.now);
  }

  @Test
  void moreGrantsThanFlowsAllowedAreRefused() {
    ScriptedPeer peer = new ScriptedPeer(FlowRole.CONNECTOR, FlowLimits.DEFAULT.withFlowsMax(2));
    peer.lane("a");
    assertThat(grant(peer, 1)).isEqualTo(GrantOutcome.GRANTED);
    assertThat(grant(peer, 2)).isEqualTo(GrantOutcome.GRANTED);
    assertThat(grant(peer, 3)).isEqualTo(GrantOutcome.TOO_MANY_FLOWS);
    assertThat(grant(peer, 2)).isEqualTo(GrantOutcome.DUPLICATE);
    peer.finish();
  }

  private static GrantOutcome grant(ScriptedPeer peer, long id) {
    return peer.mux.grant(id, "a", FlowKind.TCP, FlowTimes.UNLIMITED, peer.now);
  }

  @Test
  void resumingAFlowThatIsNotHereIsRefused() {
    Lane lane = device.lane("a").send(out -> Frames.resume(out, 7, 0));
    assertThat(lane.sent()).containsExactly("RESET 7 RESUME_UNKNOWN_FLOW");
    lane.data(8, 5).send(out -> Frames.resume(out, 8, 0));
    assertThat(lane.sent())
        .as("not granted is not here")
        .containsExactly("RESET 8 RESUME_UNKNOWN_FLOW");
    device.mux.closeLane(lane.port, ReasonCode.LANE_LOST, "test", device.now);
  }

  @Test
  void resumingWithoutAGrantMovesNothing() {
    Lane lane = laneWithFlow7();
    Lane other = device.lane("b").send(out -> Frames.resume(out, 7, 0));
    assertThat(other.sent()).isEmpty();
    assertThat(flow(7).lane()).isSameAs(lane.port);
    other.data(7, 100);
    assertThat(application.bytes).as("data on a lane that the flow is not on").isZero();
    device.pass(7 * ScriptedPeer.SECOND);
    assertThat(other.sent()).containsExactly("RESET 7 RESUME_NOT_YOURS");
    assertThat(device.closed).as("the flow itself goes on").isEmpty();
    lane.data(7, 100);
    assertThat(application.bytes).isEqualTo(100);
  }

  @Test
  void resumingBeyondWhatWasSentResetsTheFlow() {
    laneWithFlow7();
    Lane other = device.lane("b").send(out -> Frames.resume(out, 7, 1));
    device.mux.grantResume(7, "b", device.now);
    assertResetWith(other, ReasonCode.ACK_BEYOND_SENT);
  }

  @Test
  void resumingBelowWhatWasAcknowledgedResetsTheFlow() {
    Lane lane = laneWithFlow7();
    device.mux.localData(flow(7), ScriptedPeer.zeros(10), device.now);
    lane.sent();
    lane.send(out -> Frames.ack(out, 7, 10, WINDOW));
    Lane other = device.lane("b").send(out -> Frames.resume(out, 7, 9));
    device.mux.grantResume(7, "b", device.now);
    assertResetWith(other, ReasonCode.PROTOCOL_ERROR);
  }

  @Test
  void faultOfFramingClosesTheLaneAndOnlyOrphansItsFlows() {
    Lane lane = laneWithFlow7().send(out -> out.writeInt(0x7f00_0001).writeInt(0));
    assertThat(device.lanesClosed).containsExactly("a PROTOCOL_ERROR");
    assertThat(device.orphaned).containsExactly(7L);
    assertThat(device.closed).isEmpty();
    lane.data(7, 100);
    assertThat(application.bytes).as("a closed lane is deaf").isZero();
    device.pass(7 * ScriptedPeer.SECOND);
    assertThat(device.onlyClosed().reason()).isEqualTo(ReasonCode.LANE_LOST);
  }

  @Test
  void oversizedFrameClosesTheLane() {
    device.lane("a").send(out -> out.writeInt(0x0101_0001).writeInt(7));
    assertThat(device.lanesClosed).containsExactly("a FRAME_TOO_LARGE");
  }

  @Test
  void peerThatPingsAndDoesNotReadCannotMakeUsQueue() {
    Lane lane = device.lane("a");
    lane.writable = false;
    for (long nonce = 1; nonce <= 1000; nonce++) {
      long n = nonce;
      lane.send(out -> Frames.ping(out, n));
    }
    lane.writable = true;
    assertThat(lane.sent()).containsExactly("PONG 1000");
  }

  @Test
  void peerThatResetsAFlowBeforeItsGrantSparesTheDial() {
    device.lane("a").send(out -> Frames.reset(out, 7, ReasonCode.LOCAL_RESET_VALUE));
    assertThat(device.mux.grant(7, "a", FlowKind.TCP, FlowTimes.UNLIMITED, device.now))
        .isEqualTo(GrantOutcome.ALREADY_RESET);
  }

  @Test
  void grantForAnotherLaneThanTheDataCameOnResetsTheFlow() {
    Lane lane = device.lane("a").data(7, 100);
    device.lane("b");
    assertThat(device.mux.grant(7, "b", FlowKind.TCP, FlowTimes.UNLIMITED, device.now))
        .isEqualTo(GrantOutcome.UNKNOWN_LANE);
    assertThat(lane.sent()).containsExactly("RESET 7 FLOW_NOT_GRANTED");
    assertThat(device.memory.usedBytes()).isZero();
  }

  @Test
  void connectorThatSendsForAFlowTheDeviceNeverOpenedIsRefused() {
    ScriptedPeer connector = new ScriptedPeer(FlowRole.DEVICE, FlowLimits.DEFAULT);
    Lane lane = connector.lane("a").data(7, 100);
    assertThat(lane.sent()).containsExactly("RESET 7 FLOW_NOT_GRANTED");
    connector.finish();
  }
}
