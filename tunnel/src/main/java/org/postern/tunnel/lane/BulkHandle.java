package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import org.postern.tunnel.flow.FlowKind;
import org.postern.tunnel.message.ReasonCode;

/** The owner's view of a flow that is worked on elsewhere. */
record BulkHandle(BulkFlow flow) implements Flow {
  @Override
  public long flowId() {
    return flow.flowId();
  }

  @Override
  public FlowKind kind() {
    return FlowKind.TCP;
  }

  @Override
  public ByteString laneId() {
    return flow.laneId();
  }

  @Override
  public boolean isLive() {
    return true; // as far as the owner was told
  }

  @Override
  public void sendDatagram(ByteBuf datagram) {
    datagram.release();
    throw new IllegalStateException("datagram for a TCP flow");
  }

  @Override
  public void reset(ReasonCode reason) {
    flow.reset(reason, () -> {});
  }
}
