package org.postern.tunnel.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.tunnel.flow.ScriptedPeer.Lane;
import org.postern.tunnel.flow.ScriptedPeer.Local;
import org.postern.tunnel.message.ReasonCode;

/** Idle and age limits of a flow that is live already, by an injected clock. */
class FlowTimesTest {
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
  void limitsThatBecomeOthersHoldForAFlowThatIsLive() {
    Lane lane = peer.lane("a");
    FlowState shortened = open(1, lane);
    FlowState lengthened = open(2, lane);
    peer.mux.setTimes(shortened, new FlowTimes(Duration.ZERO, Duration.ofMinutes(10)));
    peer.mux.setTimes(lengthened, new FlowTimes(Duration.ofSeconds(30), Duration.ofSeconds(40)));
    for (int second = 0; second < 20; second++) {
      peer.pass(ScriptedPeer.SECOND);
      lane.send(out -> Frames.ping(out, 1));
    }
    peer.mux.setTimes(shortened, new FlowTimes(Duration.ZERO, Duration.ofSeconds(10)));
    peer.mux.setTimes(lengthened, new FlowTimes(Duration.ofMinutes(10), Duration.ofMinutes(1)));
    for (int second = 20; second < 22; second++) {
      peer.pass(ScriptedPeer.SECOND);
      lane.send(out -> Frames.ping(out, 1));
    }
    assertThat(peer.closed.stream().map(FlowSummary::reason))
        .as("an age that was reached already ends it at once")
        .containsExactly(ReasonCode.AGE_EXPIRED);
    for (int second = 22; second < 59; second++) {
      peer.pass(ScriptedPeer.SECOND);
      lane.send(out -> Frames.ping(out, 1));
    }
    assertThat(peer.closed).as("neither the old idle nor the old age limit").hasSize(1);
    for (int second = 59; second < 62; second++) {
      peer.pass(ScriptedPeer.SECOND);
      lane.send(out -> Frames.ping(out, 1));
    }
    assertThat(peer.closed).hasSize(2);
  }
}
