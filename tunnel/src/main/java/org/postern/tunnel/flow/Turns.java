package org.postern.tunnel.flow;

import org.jspecify.annotations.Nullable;

/** Lets the flows of a lane send, one frame of payload at a turn, as long as the lane takes it. */
final class Turns {
  private final MuxCore core;

  Turns(MuxCore core) {
    this.core = core;
  }

  void take(LanePort lane) {
    lane.answerPing();
    for (@Nullable FlowState flow = lane.nextTurn(); flow != null; flow = lane.nextTurn()) {
      turn(flow, lane);
    }
    lane.flushControl();
  }

  private void turn(FlowState flow, LanePort lane) {
    if (flow.resumeDue) {
      flow.resumeDue = false;
      Frames.resume(lane.control(), flow.id, flow.in.resumeOffset());
    }
    if (flow.awaitsResume) {
      return; // what the peer still has to send again is not known yet
    }
    boolean data = flow.out.sendableBytes() > 0;
    if (flow.ackDue || (data && flow.in.ackPending())) {
      flow.ackDue = false;
      long offset = flow.in.takeAck();
      Frames.ack(lane.control(), flow.id, offset, flow.in.windowFromAck());
    }
    if (data) {
      var payload = flow.out.take(Frames.DATA_PREFERRED);
      core.touch(flow, payload.readableBytes());
      lane.writePayload(Frames.DATA, flow.id, payload);
    } else if (flow.datagrams != null && flow.local != null) {
      var datagram = core.takeDatagram(flow);
      core.touch(flow, datagram.readableBytes());
      flow.datagramBytesSent += datagram.readableBytes();
      lane.writePayload(Frames.DATAGRAM, flow.id, datagram);
    }
    if (flow.out.finDue()) {
      flow.out.finTaken();
      Frames.fin(lane.control(), flow.id, flow.out.endOffset());
    }
    lane.again(flow);
    core.notifyReadable(flow);
    core.endIfDone(flow);
  }
}
