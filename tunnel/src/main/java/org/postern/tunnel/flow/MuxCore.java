package org.postern.tunnel.flow;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.flow.FlowState.Phase;
import org.postern.tunnel.flow.FlowSummary.EndedBy;
import org.postern.tunnel.message.ReasonCode;

/** The flows and lanes of one end, and the transitions that several parts of the mux need. */
final class MuxCore {
  /** How long a flow that asked for a lane of its own waits before it asks again. */
  private static final long ASK_AGAIN_NANOS = 2_000_000_000L;

  final FlowRole role;
  final FlowLimits limits;
  final MemoryBudget memory;
  final ByteBufAllocator allocator;
  final MuxEvents events;
  final Map<Long, FlowState> flows = new HashMap<>();
  final List<LanePort> lanes = new ArrayList<>();
  final ArrayDeque<FlowState> ackWaiting = new ArrayDeque<>();

  /** Flows that another mux has at present; see {@link Handover}. */
  final Map<Long, FlowState> away = new HashMap<>();

  final ClosedFlows closed;

  /** True when its one flow came from another mux: others are not let in. */
  boolean exclusive;

  /** Time of the call that is being worked on. */
  long now;

  MuxCore(
      FlowRole role,
      FlowLimits limits,
      MemoryBudget memory,
      ByteBufAllocator allocator,
      MuxEvents events) {
    this.role = role;
    this.limits = limits;
    this.memory = memory;
    this.allocator = allocator;
    this.events = events;
    closed = new ClosedFlows(limits.closedRememberedMax());
  }

  /** True when no further flow is let in. */
  boolean isFull() {
    return flows.size() + away.size() >= limits.flowsMax();
  }

  /** True when a flow of that id is here or elsewhere, or was. */
  boolean isUsed(long flowId) {
    return flows.containsKey(flowId) || away.containsKey(flowId) || closed.contains(flowId);
  }

  FlowState create(long flowId, FlowKind kind, Phase phase) {
    FlowState flow = new FlowState(flowId, kind, phase, limits.windowInitialBytes(), now);
    flows.put(flowId, flow);
    return flow;
  }

  @Nullable LanePort lane(Object key) {
    for (LanePort lane : lanes) {
      if (lane.key().equals(key)) {
        return lane;
      }
    }
    return null;
  }

  /** Puts a flow onto a lane, off any other. */
  void bind(FlowState flow, LanePort lane) {
    unbind(flow);
    flow.lane = lane;
    lane.flows.add(flow);
  }

  void unbind(FlowState flow) {
    LanePort lane = flow.lane;
    if (lane != null) {
      lane.remove(flow);
      flow.lane = null;
      flow.lanelessSince = now;
    }
  }

  /** A flow that was not granted leaves the bounds for such. */
  void unhold(FlowState flow) {
    LanePort lane = flow.lane;
    if (flow.phase == Phase.HELD && lane != null) {
      lane.heldFlows--;
      lane.heldBytes -= flow.heldBytes;
    }
    flow.heldBytes = 0;
  }

  void schedule(FlowState flow) {
    if (flow.lane != null) {
      flow.lane.schedule(flow);
    }
  }

  /** Ends a flow for a reason that the peer does not know of yet. */
  void reset(FlowState flow, ReasonCode reason, EndedBy by) {
    if (flow.phase == Phase.ENDED) {
      return;
    }
    LanePort lane = flow.lane;
    if (lane != null && !lane.closed) {
      Frames.reset(lane.control(), flow.id, reason.getNumber());
    }
    end(flow, reason, by);
  }

  /** Ends a flow, lets go of all it holds, and tells who has to know. */
  void end(FlowState flow, ReasonCode reason, EndedBy by) {
    if (flow.phase == Phase.ENDED) {
      return;
    }
    FlowSummary summary =
        new FlowSummary(
            flow.id,
            flow.kind,
            flow.bytesToPeer(),
            flow.bytesFromPeer(),
            flow.datagramsDropped,
            reason,
            by);
    boolean known = flow.phase != Phase.HELD;
    unhold(flow);
    unbind(flow);
    flow.phase = Phase.ENDED;
    lanes.forEach(port -> port.resumesAsked.remove(flow));
    flows.remove(flow.id);
    closed.add(flow.id, reason.getNumber());
    memory.release(
        flow.out.releaseAll() + flow.in.grownBytes() + flow.in.waitingBytes() + flow.datagramBytes);
    releaseQueues(flow);
    LocalSink local = flow.local;
    flow.local = null;
    if (local != null) {
      local.onClosed(summary);
    }
    if (known) {
      events.onFlowClosed(summary);
    }
  }

  private static void releaseQueues(FlowState flow) {
    if (flow.held != null) {
      flow.held.releaseAll();
      flow.held = null;
    }
    if (flow.datagrams != null) {
      flow.datagrams.forEach(ByteBuf::release);
      flow.datagrams = null;
    }
    flow.datagramBytes = 0;
  }

  /** Ends a flow if both directions are closed and both ends know. */
  void endIfDone(FlowState flow) {
    if (flow.phase == Phase.LIVE && flow.isDone()) {
      end(flow, ReasonCode.REASON_UNSPECIFIED, EndedBy.BOTH);
    }
  }

  /** Gives up a lane; its flows have to find another one. */
  void closeLane(LanePort lane, ReasonCode reason, String text) {
    if (lane.closed) {
      return;
    }
    lane.close();
    lanes.remove(lane);
    for (FlowState flow : List.copyOf(lane.flows)) {
      if (flow.phase == Phase.HELD) {
        end(flow, ReasonCode.LANE_LOST, EndedBy.ENDPOINT);
      } else {
        unbind(flow);
        flow.awaitsResume = false;
        events.onOrphaned(flow.id);
      }
    }
    events.onLaneClosed(lane, reason, text);
  }

  /** Payload was moved, either way. */
  void touch(FlowState flow, int bytes) {
    flow.activeNanos = now;
    flow.recentBytes += bytes;
    LanePort lane = flow.lane;
    if (role == FlowRole.DEVICE
        && flow.recentBytes >= limits.elephantBytes()
        && lane != null
        && !flow.awaitsResume
        && !lane.alone
        && (flow.askedNanos == 0 || now - flow.askedNanos >= ASK_AGAIN_NANOS)) {
      flow.askedNanos = now == 0 ? 1 : now;
      events.onWantsOwnLane(flow.id);
    }
  }

  /** Queues a datagram; the oldest are dropped when there are too many. Takes ownership. */
  void queueDatagram(FlowState flow, ByteBuf datagram) {
    ArrayDeque<ByteBuf> queue = flow.datagrams;
    if (queue == null) {
      queue = new ArrayDeque<>(4);
      flow.datagrams = queue;
    }
    queue.add(datagram);
    flow.datagramBytes += datagram.readableBytes();
    memory.charge(datagram.readableBytes());
    while (queue.size() > limits.datagramsQueuedMax()
        || flow.datagramBytes > limits.laneQueueBytes()) {
      takeDatagram(flow).release();
      flow.datagramsDropped++;
    }
  }

  ByteBuf takeDatagram(FlowState flow) {
    ArrayDeque<ByteBuf> queue = Objects.requireNonNull(flow.datagrams);
    ByteBuf datagram = queue.remove();
    if (queue.isEmpty()) {
      flow.datagrams = null;
    }
    flow.datagramBytes -= datagram.readableBytes();
    memory.release(datagram.readableBytes());
    return datagram;
  }

  /** How much may be read from the local end now; asks to be told when it is nothing. */
  int readAllowance(FlowState flow) {
    int room = flow.out.readAllowance(2 * Frames.DATA_PREFERRED);
    if (room > 0 && !memory.hasRoom()) {
      room = (int) Math.min(room, limits.windowInitialBytes() - flow.out.keptBytes());
    }
    flow.readBlocked = room <= 0;
    return Math.max(0, room);
  }

  /** Tells the local end if it may be read again. */
  void notifyReadable(FlowState flow) {
    if (flow.readBlocked && flow.local != null && readAllowance(flow) > 0) {
      flow.local.onReadable();
    }
  }
}
