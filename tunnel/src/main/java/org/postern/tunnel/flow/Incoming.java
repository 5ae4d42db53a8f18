package org.postern.tunnel.flow;

import io.netty.buffer.ByteBuf;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.flow.FlowState.Phase;
import org.postern.tunnel.flow.FlowSummary.EndedBy;
import org.postern.tunnel.flow.LanePort.ResumeAsked;
import org.postern.tunnel.message.ReasonCode;

/**
 * What the frames of one lane do to the flows. A peer that breaks the rules of a flow has that flow
 * reset; frames of a flow that is on another lane are dropped.
 */
final class Incoming implements FrameSink {
  private MuxCore core;
  private @Nullable LanePort lane;

  Incoming(MuxCore core) {
    this.core = core;
  }

  void setLane(LanePort port) {
    lane = port;
  }

  /** The lane was handed to another mux. */
  void belongTo(MuxCore other) {
    core = other;
  }

  private LanePort lane() {
    return Objects.requireNonNull(lane);
  }

  @Override
  public void onData(long flowId, ByteBuf piece) {
    int length = piece.readableBytes();
    FlowState flow = here(flowId, FlowKind.TCP);
    if (flow == null || !check(flow, FlowKind.TCP)) {
      piece.release();
    } else if (flow.in.finReceived()) {
      piece.release();
      fault(flow, ReasonCode.PROTOCOL_ERROR);
    } else if (!flow.in.fits(length)) {
      piece.release();
      fault(flow, ReasonCode.WINDOW_EXCEEDED);
    } else {
      flow.in.onData(length);
      core.memory.charge(length);
      core.touch(flow, length);
      if (flow.local != null) {
        flow.local.onData(piece);
      } else {
        hold(flow, piece, length);
      }
    }
  }

  private void hold(FlowState flow, ByteBuf piece, int length) {
    if (flow.phase == Phase.HELD && !mayHold(flow, length)) {
      piece.release();
      return;
    }
    if (flow.held == null) {
      flow.held = new PieceQueue(core.allocator);
    }
    flow.held.add(piece);
  }

  private boolean mayHold(FlowState flow, int length) {
    FlowLimits.Held limits = core.limits.held();
    LanePort port = lane();
    if (flow.heldBytes + length > limits.perFlowBytes()
        || port.heldBytes + length > limits.perLaneBytes()) {
      fault(flow, ReasonCode.FLOW_NOT_GRANTED);
      return false;
    }
    flow.heldBytes += length;
    port.heldBytes += length;
    return true;
  }

  @Override
  public void onFin(long flowId, long finalOffset) {
    FlowState flow = here(flowId, FlowKind.TCP);
    if (flow == null || !check(flow, FlowKind.TCP)) {
      return;
    }
    boolean again = flow.in.finReceived();
    if (!flow.in.onFin(finalOffset)) {
      fault(flow, ReasonCode.PROTOCOL_ERROR);
    } else if (!again && flow.local != null) {
      flow.local.onFin();
    } else if (!again) {
      flow.finHeld = true;
    }
  }

  @Override
  public void onDatagram(long flowId, ByteBuf datagram) {
    FlowState flow = here(flowId, FlowKind.UDP);
    if (flow == null || !check(flow, FlowKind.UDP)) {
      datagram.release();
      return;
    }
    int length = datagram.readableBytes();
    core.touch(flow, length);
    if (flow.local != null) {
      flow.datagramBytesReceived += length;
      flow.local.onDatagram(datagram);
    } else if (flow.phase == Phase.HELD && !mayHold(flow, length)) {
      datagram.release();
    } else {
      core.queueDatagram(flow, datagram);
    }
  }

  @Override
  public void onAck(long flowId, long offset, long window) {
    FlowState flow = core.flows.get(flowId);
    if (flow == null || flow.lane != lane || !check(flow, FlowKind.TCP)) {
      return;
    }
    if (!flow.out.isOffsetLegal(offset)) {
      fault(flow, ReasonCode.ACK_BEYOND_SENT);
      return;
    }
    core.memory.release(flow.out.onAck(offset, window, core.limits.window().maxBytes()));
    core.schedule(flow);
    core.notifyReadable(flow);
    core.endIfDone(flow);
  }

  @Override
  public void onReset(long flowId, int code) {
    FlowState flow = core.flows.get(flowId);
    if (flow == null) {
      if (core.role == FlowRole.CONNECTOR && core.away.containsKey(flowId)) {
        core.events.onResetAway(flowId, reasonOf(code));
      } else if (core.role == FlowRole.CONNECTOR) {
        core.closed.add(flowId, code);
      }
      return;
    }
    if (core.role == FlowRole.DEVICE && flow.lane != lane) {
      return; // of a lane that it has left: the new one has the say
    }
    boolean clean = code == 0 && flow.out.finQueued();
    core.end(flow, reasonOf(code), clean ? EndedBy.BOTH : EndedBy.PEER);
  }

  private static ReasonCode reasonOf(int code) {
    ReasonCode reason = ReasonCode.forNumber(code);
    return reason == null ? ReasonCode.PROTOCOL_ERROR : reason;
  }

  @Override
  public void onPing(long nonce) {
    lane().onPing(nonce);
  }

  @Override
  public void onPong(long nonce) {
    lane().onPong(nonce, core.now);
  }

  @Override
  public void onResume(long flowId, long receiveOffset) {
    FlowState flow = core.flows.get(flowId);
    switch (core.role) {
      case DEVICE -> {
        if (flow == null && !core.away.containsKey(flowId)) {
          refuseResume(flowId);
        } else if (flow != null && flow.lane == lane && flow.awaitsResume) {
          flow.awaitsResume = false;
          resumed(flow, lane(), receiveOffset);
        }
      }
      case CONNECTOR -> {
        if (flow == null) {
          flow = core.away.get(flowId);
        }
        if (flow == null || flow.phase == Phase.HELD) {
          refuseResume(flowId);
        } else if (flow.resumeKey != null && flow.resumeKey.equals(lane().key())) {
          resume(flow, lane(), receiveOffset);
        } else {
          lane().resumesAsked.put(flow, new ResumeAsked(receiveOffset, core.now));
        }
      }
    }
  }

  /** Connector: both the RESUME and the grant for it are there. */
  void resume(FlowState flow, LanePort onto, long receiveOffset) {
    core.bind(flow, onto);
    flow.laneKey = onto.key();
    flow.resumeKey = null;
    flow.resumeDue = true;
    resumed(flow, onto, receiveOffset);
  }

  private void resumed(FlowState flow, LanePort onto, long receiveOffset) {
    if (!flow.out.isOffsetLegal(receiveOffset)) {
      fault(flow, ReasonCode.ACK_BEYOND_SENT);
    } else if (!flow.out.rewindTo(receiveOffset)) {
      fault(flow, ReasonCode.PROTOCOL_ERROR);
    } else {
      flow.ackDue = flow.kind == FlowKind.TCP;
      core.schedule(flow);
      core.events.onMoved(flow.id, onto);
    }
  }

  private void refuseResume(long flowId) {
    Integer code = core.closed.code(flowId);
    answerReset(flowId, code == null ? ReasonCode.RESUME_UNKNOWN_FLOW_VALUE : code);
  }

  /** The flow if it is on this lane; a new one on probation at the connector; null: drop. */
  private @Nullable FlowState here(long flowId, FlowKind kind) {
    FlowState flow = core.flows.get(flowId);
    if (flow != null) {
      return flow.lane == lane && !flow.awaitsResume ? flow : null;
    }
    if (core.closed.contains(flowId) || core.away.containsKey(flowId)) {
      return null;
    }
    if (core.role == FlowRole.DEVICE || core.exclusive) {
      answerReset(flowId, ReasonCode.FLOW_NOT_GRANTED_VALUE);
      return null;
    }
    LanePort port = lane();
    if (port.heldFlows >= core.limits.held().flowsPerLaneMax() || core.isFull()) {
      core.closed.add(flowId, ReasonCode.TOO_MANY_FLOWS_VALUE);
      answerReset(flowId, ReasonCode.TOO_MANY_FLOWS_VALUE);
      return null;
    }
    FlowState held = core.create(flowId, kind, Phase.HELD);
    core.bind(held, port);
    port.heldFlows++;
    return held;
  }

  /** Answers for a flow that is not here, unless the peer does not read: it learns in time. */
  private void answerReset(long flowId, int code) {
    if (lane().isWritable()) {
      Frames.reset(lane().control(), flowId, code);
    }
  }

  private boolean check(FlowState flow, FlowKind kind) {
    if (flow.kind != kind) {
      fault(flow, ReasonCode.PROTOCOL_ERROR);
      return false;
    }
    return true;
  }

  private void fault(FlowState flow, ReasonCode reason) {
    core.reset(flow, reason, EndedBy.ENDPOINT);
  }
}
