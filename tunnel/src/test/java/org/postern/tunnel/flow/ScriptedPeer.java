package org.postern.tunnel.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.postern.tunnel.flow.FlowSummary.EndedBy;
import org.postern.tunnel.message.ReasonCode;

/** One mux under test; the other end of its lanes is a script of frames. */
final class ScriptedPeer implements MuxEvents {
  static final long SECOND = 1_000_000_000L;

  final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
  final MemoryBudget memory;
  final FlowMux mux;
  final List<FlowSummary> closed = new ArrayList<>();
  final List<Long> orphaned = new ArrayList<>();
  final List<Long> wantsOwnLane = new ArrayList<>();
  final List<String> resetsAway = new ArrayList<>();
  final List<String> moved = new ArrayList<>();
  final List<String> lanesClosed = new ArrayList<>();
  private final List<Lane> lanes = new ArrayList<>();
  long now = 1;

  ScriptedPeer(FlowRole roleUnderTest, FlowLimits limits) {
    this(roleUnderTest, limits, new MemoryBudget(256 << 20));
  }

  ScriptedPeer(FlowRole roleUnderTest, FlowLimits limits, MemoryBudget memory) {
    this.memory = memory;
    mux = new FlowMux(roleUnderTest, limits, memory, allocator, this);
  }

  /** A lane to the mux; what the mux sends on it is read with {@link Lane#sent}. */
  Lane lane(String key) {
    Lane lane = new Lane(key);
    lanes.add(lane);
    lane.sent();
    return lane;
  }

  /** Time passes, in steps that no deadline is shorter than. */
  void pass(long nanos) {
    long until = now + nanos;
    while (now < until) {
      long delay = mux.delayNanos(now);
      now = delay < 0 ? until : Math.min(until, now + Math.max(delay, 1));
      mux.tick(now);
      mux.pump(now);
    }
  }

  /** Ends everything; nothing may be left. */
  void finish() {
    mux.flows().forEach(flow -> mux.reset(flow, ReasonCode.LOCAL_RESET, EndedBy.OWNER, now));
    mux.pump(now);
    for (Lane lane : lanes) {
      mux.closeLane(lane.port, ReasonCode.LANE_LOST, "finish", now);
      lane.decoder.close();
    }
    assertThat(memory.usedBytes()).as("budget").isZero();
    assertThat(allocator.metric().usedHeapMemory()).as("heap buffers").isZero();
    assertThat(allocator.metric().usedDirectMemory()).as("direct buffers").isZero();
  }

  FlowSummary onlyClosed() {
    if (closed.size() != 1) {
      throw new AssertionError("closed: " + closed);
    }
    return closed.getFirst();
  }

  @Override
  public void onFlowClosed(FlowSummary summary) {
    closed.add(summary);
  }

  @Override
  public void onResetAway(long flowId, ReasonCode reason) {
    resetsAway.add(flowId + " " + reason.name());
  }

  @Override
  public void onOrphaned(long flowId) {
    orphaned.add(flowId);
  }

  @Override
  public void onMoved(long flowId, LanePort lane) {
    moved.add(flowId + " to " + lane.key());
  }

  @Override
  public void onWantsOwnLane(long flowId) {
    wantsOwnLane.add(flowId);
  }

  @Override
  public void onLaneClosed(LanePort lane, ReasonCode reason, String text) {
    lanesClosed.add(lane.key() + " " + reason.name());
  }

  /** The far end of one lane. */
  final class Lane implements LaneSink {
    final LanePort port;
    boolean writable = true;
    private final FrameLog log = new FrameLog();
    private final FrameDecoder decoder = new FrameDecoder(allocator, log);

    Lane(String key) {
      LanePort added = mux.addLane(key, this, now);
      if (added == null) {
        throw new AssertionError("too many lanes");
      }
      port = added;
    }

    /** The script's line: these frames come in. */
    Lane send(Consumer<ByteBuf> frames) {
      ByteBuf bytes = allocator.buffer();
      frames.accept(bytes);
      mux.received(port, bytes, now);
      mux.pump(now);
      return this;
    }

    Lane data(long flowId, int length) {
      for (int left = length; left > 0; left -= Frames.PAYLOAD_MAX) {
        int part = Math.min(left, Frames.PAYLOAD_MAX);
        send(out -> {
          Frames.header(out, Frames.DATA, part, flowId);
          out.writeZero(part);
        });
      }
      return this;
    }

    /** What the mux has sent since the last call, PING left out. */
    List<String> sent() {
      mux.pump(now);
      List<String> lines = log.lines.stream().filter(line -> !line.startsWith("PING")).toList();
      log.lines.clear();
      return lines;
    }

    @Override
    public boolean isWritable() {
      return writable;
    }

    @Override
    public void write(ByteBuf bytes) {
      try {
        decoder.feed(bytes);
      } catch (FrameFault fault) {
        throw new AssertionError(fault);
      }
    }
  }

  /** A local end that keeps count; it consumes nothing by itself. */
  static final class Local implements LocalSink {
    int bytes;
    int datagrams;
    int readable;
    boolean fin;
    final List<FlowSummary> closed = new ArrayList<>();

    @Override
    public void onData(ByteBuf data) {
      bytes += data.readableBytes();
      data.release();
    }

    @Override
    public void onFin() {
      fin = true;
    }

    @Override
    public void onDatagram(ByteBuf datagram) {
      datagrams++;
      datagram.release();
    }

    @Override
    public void onReadable() {
      readable++;
    }

    @Override
    public void onClosed(FlowSummary summary) {
      closed.add(summary);
    }
  }

  static ByteBuf zeros(int length) {
    return Unpooled.buffer(length).writeZero(length);
  }
}
