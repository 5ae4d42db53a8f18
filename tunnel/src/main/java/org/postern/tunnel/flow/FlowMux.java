package org.postern.tunnel.flow;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.flow.FlowState.Phase;
import org.postern.tunnel.flow.FlowSummary.EndedBy;
import org.postern.tunnel.message.ReasonCode;

/**
 * One end of a device-connector pair: many flows over several lanes, each flow on one lane at a
 * time. A state machine: bytes, calls and the time go in, bytes and events come out; nothing
 * happens by itself. Not thread-safe; not re-entrant.
 *
 * <p>After any call, {@link #pump} lets lanes send what became due, and {@link #delayNanos} says
 * when {@link #tick} is needed next. {@code now} is in nanoseconds of any monotonic clock.
 */
public final class FlowMux {
  /** Highest flow id that a frame can carry. */
  public static final long FLOW_ID_MAX = 0xffff_ffffL;

  private final MuxCore core;
  private final Turns turns;
  private final Sweep sweep;
  private final Incoming resumer;
  private final Handover handover;
  private final long growWithinNanos;
  private final long pingNanos;

  /** With a memory budget that other muxes may share. */
  public FlowMux(
      FlowRole role,
      FlowLimits limits,
      MemoryBudget memory,
      ByteBufAllocator allocator,
      MuxEvents events) {
    core = new MuxCore(role, limits, memory, allocator, events);
    turns = new Turns(core);
    sweep = new Sweep(core);
    resumer = new Incoming(core);
    handover = new Handover(core);
    growWithinNanos = limits.window().growWithin().toNanos();
    pingNanos = limits.deadlines().sweep().toNanos();
  }

  // Lanes.

  /** Adds a lane; null when there are too many. The key is the owner's name for it. */
  public @Nullable LanePort addLane(Object key, LaneSink sink, long now) {
    core.now = now;
    if (core.lanes.size() >= core.limits.lanesMax()) {
      return null;
    }
    Incoming incoming = new Incoming(core);
    LanePort lane = new LanePort(key, sink, core.allocator, incoming, now);
    incoming.setLane(lane);
    core.lanes.add(lane);
    lane.ping(now);
    for (FlowState flow : core.flows.values()) {
      if (flow.phase != Phase.HELD && flow.lane == null && key.equals(flow.laneKey)) {
        core.bind(flow, lane);
        core.schedule(flow);
      }
    }
    return lane;
  }

  /** Bytes came in on a lane. Takes ownership. */
  public void received(LanePort lane, ByteBuf bytes, long now) {
    core.now = now;
    lane.heardNanos = now;
    try {
      lane.decoder.feed(bytes);
    } catch (FrameFault fault) {
      core.closeLane(lane, fault.reason(), fault.text());
    }
  }

  /** The lane is no more; its flows are orphaned. Idempotent. */
  public void closeLane(LanePort lane, ReasonCode reason, String text, long now) {
    core.now = now;
    core.closeLane(lane, reason, text);
  }

  /** Lets every lane send what it may. */
  public void pump(long now) {
    core.now = now;
    for (int i = 0; i < core.lanes.size(); i++) {
      turns.take(core.lanes.get(i));
    }
  }

  // Time.

  /** Nanoseconds until {@link #tick} is due; negative: not before something else happens. */
  public long delayNanos(long now) {
    core.now = now;
    return sweep.delayNanos();
  }

  /** Does what is due. Too early is harmless. */
  public void tick(long now) {
    core.now = now;
    sweep.tick();
  }

  /** Takes flows from here to another mux and back. */
  public Handover handover() {
    return handover;
  }

  // Flows.

  /** Live flows, those that were not granted left out. */
  public int flowCount() {
    int held = 0;
    for (LanePort lane : core.lanes) {
      held += lane.heldFlows;
    }
    return core.flows.size() - held;
  }

  /** The flow of that id that was opened or granted; null when there is none. */
  public @Nullable FlowState flow(long flowId) {
    FlowState flow = core.flows.get(flowId);
    return flow == null || flow.phase == Phase.HELD ? null : flow;
  }

  /** All flows that were opened or granted. */
  public List<FlowState> flows() {
    return core.flows.values().stream().filter(flow -> flow.phase != Phase.HELD).toList();
  }

  /** Device: starts a flow on a lane. Null when there are too many. */
  public @Nullable FlowState open(
      long flowId, FlowKind kind, LanePort lane, LocalSink local, long now) {
    core.now = now;
    requireRole(FlowRole.DEVICE);
    requireFlowId(flowId);
    if (core.isUsed(flowId)) {
      throw new IllegalArgumentException(
          "flow id %d (expected: one that was never used)".formatted(flowId));
    }
    if (lane.closed || core.isFull()) {
      return null;
    }
    FlowState flow = core.create(flowId, kind, Phase.LIVE);
    flow.local = local;
    core.bind(flow, lane);
    return flow;
  }

  /**
   * Device: puts a flow onto a lane. False when it has ended, the lane is closed, or it is being
   * moved already.
   */
  public boolean move(FlowState flow, LanePort lane, long now) {
    core.now = now;
    requireRole(FlowRole.DEVICE);
    if (!flow.isLive() || lane.closed) {
      return false;
    }
    if (flow.lane == lane) {
      return true;
    }
    if (flow.awaitsResume) {
      return false;
    }
    core.bind(flow, lane);
    flow.awaitsResume = true;
    flow.resumeDue = true;
    flow.moveNanos = now;
    core.schedule(flow);
    return true;
  }

  /**
   * Device: the move that awaits its answer was not allowed. The flow is without a lane and may be
   * moved to another one.
   */
  public void abandonMove(FlowState flow, long now) {
    core.now = now;
    requireRole(FlowRole.DEVICE);
    if (flow.isLive() && flow.awaitsResume) {
      core.unbind(flow);
      flow.awaitsResume = false;
      flow.resumeDue = false;
    }
  }

  /**
   * Device: takes back a flow that the far end did not let in: it ends there and here, and what the
   * local end sent comes back. Null, and nothing is done, when the far end has acted on the flow:
   * to send the same bytes elsewhere would double them.
   */
  public @Nullable EarlyData withdraw(FlowState flow, long now) {
    core.now = now;
    requireRole(FlowRole.DEVICE);
    boolean untouched =
        flow.out.untouched() && flow.in.receivedBytes() == 0 && !flow.in.finReceived();
    if (!flow.isLive() || !untouched || flow.datagramBytesReceived > 0) {
      return null;
    }
    EarlyData early = new EarlyData(flow.out.copyKept(), flow.out.finQueued());
    core.reset(flow, ReasonCode.LOCAL_RESET, EndedBy.OWNER);
    return early;
  }

  /** Connector: lets a flow in on a lane that is there or is still to come. */
  public GrantOutcome grant(long flowId, Object laneKey, FlowKind kind, FlowTimes times, long now) {
    core.now = now;
    requireRole(FlowRole.CONNECTOR);
    requireFlowId(flowId);
    FlowState flow = core.flows.get(flowId);
    if (flow == null) {
      if (core.closed.contains(flowId)) {
        return GrantOutcome.ALREADY_RESET;
      }
      if (core.away.containsKey(flowId)) {
        return GrantOutcome.DUPLICATE;
      }
      if (core.isFull()) {
        return GrantOutcome.TOO_MANY_FLOWS;
      }
      flow = core.create(flowId, kind, Phase.GRANTED);
      LanePort lane = core.lane(laneKey);
      if (lane != null) {
        core.bind(flow, lane);
      }
    } else if (flow.phase != Phase.HELD) {
      return GrantOutcome.DUPLICATE;
    } else if (flow.lane == null || !flow.lane.key().equals(laneKey)) {
      core.reset(flow, ReasonCode.FLOW_NOT_GRANTED, EndedBy.ENDPOINT);
      return GrantOutcome.UNKNOWN_LANE;
    } else if (flow.kind != kind) {
      core.reset(flow, ReasonCode.PROTOCOL_ERROR, EndedBy.ENDPOINT);
      return GrantOutcome.ALREADY_RESET;
    } else {
      core.unhold(flow);
      flow.phase = Phase.GRANTED;
    }
    flow.laneKey = laneKey;
    flow.setTimes(times);
    return GrantOutcome.GRANTED;
  }

  /** Connector: lets a flow that is here be resumed on a lane that is there or still to come. */
  public GrantOutcome grantResume(long flowId, Object laneKey, long now) {
    core.now = now;
    requireRole(FlowRole.CONNECTOR);
    FlowState flow = flow(flowId);
    if (flow == null) {
      return GrantOutcome.UNKNOWN_FLOW;
    }
    LanePort lane = core.lane(laneKey);
    LanePort.ResumeAsked asked = lane == null ? null : lane.resumesAsked.remove(flow);
    if (lane != null && asked != null) {
      resumer.resume(flow, lane, asked.receiveOffset());
    } else {
      flow.resumeKey = laneKey;
    }
    return GrantOutcome.GRANTED;
  }

  /** Connector: the local end is there; it is given what came meanwhile. False: flow has ended. */
  public boolean attach(FlowState flow, LocalSink local, long now) {
    core.now = now;
    requireRole(FlowRole.CONNECTOR);
    if (!flow.isLive() || flow.local != null) {
      return false;
    }
    flow.phase = Phase.LIVE;
    flow.local = local;
    PieceQueue held = flow.held;
    flow.held = null;
    if (held != null) {
      for (ByteBuf piece = held.poll(); piece != null; piece = held.poll()) {
        local.onData(piece);
      }
    }
    if (flow.finHeld) {
      local.onFin();
    }
    while (flow.datagrams != null) {
      ByteBuf datagram = core.takeDatagram(flow);
      flow.datagramBytesReceived += datagram.readableBytes();
      local.onDatagram(datagram);
    }
    return true;
  }

  /** Sets how long the flow may live. */
  public void setTimes(FlowState flow, FlowTimes times) {
    flow.setTimes(times);
  }

  /** Ends a flow at both ends. Does nothing when it has ended. */
  public void reset(FlowState flow, ReasonCode reason, EndedBy by, long now) {
    core.now = now;
    core.reset(flow, reason, by);
  }

  // The local end of a flow.

  /** Bytes that may be read from the local end now; 0: wait for {@link LocalSink#onReadable}. */
  public int readAllowance(FlowState flow) {
    return core.readAllowance(flow);
  }

  /** Bytes were read from the local end. Takes ownership. */
  public void localData(FlowState flow, ByteBuf data, long now) {
    core.now = now;
    if (!flow.isLive() || flow.out.finQueued() || !data.isReadable()) {
      data.release();
      return;
    }
    core.memory.charge(data.readableBytes());
    flow.activeNanos = now;
    flow.out.append(data, core.allocator);
    core.schedule(flow);
  }

  /** The local end will send no more. */
  public void localFin(FlowState flow, long now) {
    core.now = now;
    if (flow.isLive()) {
      flow.out.queueFin();
      core.schedule(flow);
    }
  }

  /** A datagram from the local end. Takes ownership. */
  public void localDatagram(FlowState flow, ByteBuf datagram, long now) {
    core.now = now;
    if (!flow.isLive() || datagram.readableBytes() > Frames.DATAGRAM_MAX) {
      flow.datagramsDropped++;
      datagram.release();
      return;
    }
    core.queueDatagram(flow, datagram);
    core.schedule(flow);
  }

  /** Bytes given to {@link LocalSink#onData} were written. */
  public void consumed(FlowState flow, int bytes, long now) {
    core.now = now;
    if (!flow.isLive()) {
      return;
    }
    core.memory.release(bytes);
    LanePort lane = flow.lane;
    long rtt = lane == null ? 0 : lane.rttNanos();
    if (flow.in.onConsumed(bytes, now, Math.max(2 * rtt, growWithinNanos))) {
      grow(flow, lane);
    }
    if (flow.ackDue || flow.in.ackUrgent()) {
      flow.ackDue = true;
      core.schedule(flow);
    } else {
      sweep.acknowledgeLater(flow);
    }
  }

  private void grow(FlowState flow, @Nullable LanePort lane) {
    int window = flow.in.windowBytes();
    int bigger = (int) Math.min(2L * window, core.limits.window().maxBytes());
    if (bigger > window && core.memory.tryReserve(bigger - window)) {
      flow.in.growWindow(bigger);
      flow.ackDue = true;
    }
    if (lane != null && lane.lastPingOlderThan(pingNanos, core.now)) {
      lane.ping(core.now);
    }
  }

  /** The end told by {@link LocalSink#onFin} was passed on. */
  public void finConsumed(FlowState flow, long now) {
    core.now = now;
    if (flow.isLive()) {
      flow.in.onFinConsumed();
      flow.ackDue = true;
      core.schedule(flow);
    }
  }

  private void requireRole(FlowRole role) {
    if (core.role != role) {
      throw new IllegalStateException("this end is the %s's".formatted(core.role));
    }
  }

  private static void requireFlowId(long flowId) {
    if (flowId <= 0 || flowId > FLOW_ID_MAX) {
      throw new IllegalArgumentException(
          "flow id %d (expected: 1 to %d)".formatted(flowId, FLOW_ID_MAX));
    }
  }
}
