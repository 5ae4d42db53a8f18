package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.flow.FlowKind;
import org.postern.tunnel.flow.FlowState;
import org.postern.tunnel.flow.FlowSummary.EndedBy;
import org.postern.tunnel.flow.LanePort;
import org.postern.tunnel.message.ReasonCode;

/** The owner's view of a flow. */
record FlowHandle(MuxDriver driver, FlowState state) implements Flow {
  @Override
  public long flowId() {
    return state.flowId();
  }

  @Override
  public FlowKind kind() {
    return state.kind();
  }

  @Override
  public @Nullable ByteString laneId() {
    LanePort lane = state.lane();
    return lane == null ? null : (ByteString) lane.key();
  }

  @Override
  public boolean isLive() {
    return state.isLive();
  }

  @Override
  public void sendDatagram(ByteBuf datagram) {
    driver.act(() -> driver.mux().localDatagram(state, datagram, driver.now()));
  }

  @Override
  public void reset(ReasonCode reason) {
    driver.act(() -> driver.mux().reset(state, reason, EndedBy.OWNER, driver.now()));
  }
}
