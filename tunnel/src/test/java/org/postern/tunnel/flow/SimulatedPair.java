package org.postern.tunnel.flow;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.message.ReasonCode;

/** Two muxes, the lanes between them, and the programs at both ends; all in memory. */
final class SimulatedPair {
  static final long MILLI = 1_000_000L;

  final RandomGenerator random;
  final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
  final MemoryBudget memory;
  final End device;
  final End connector;
  final List<Wire> wires = new ArrayList<>();

  /** Messages on the control link: they arrive some time. */
  final List<Runnable> control = new ArrayList<>();

  long now = 1;
  int wiresMade;

  SimulatedPair(RandomGenerator random, FlowLimits limits, MemoryBudget memory) {
    this.random = random;
    this.memory = memory;
    device = new End(FlowRole.DEVICE, limits);
    connector = new End(FlowRole.CONNECTOR, limits);
  }

  static byte pattern(long flowId, FlowRole from, long offset) {
    long x = flowId * 0x9e3779b97f4a7c15L + (from == FlowRole.DEVICE ? 31L : 62L) + offset;
    return (byte) (x ^ x >>> 8 ^ x >>> 16);
  }

  Wire newWire() {
    Wire wire = new Wire("lane-" + ++wiresMade);
    wires.add(wire);
    return wire;
  }

  void open(long flowId, Wire wire, long toConnector, long toDevice) {
    Program program = new Program(device, flowId, toConnector, toDevice);
    device.programs.put(flowId, program);
    program.flow = device.mux.open(flowId, FlowKind.TCP, wire.device, program, now);
    Program application = new Program(connector, flowId, toDevice, toConnector);
    connector.programs.put(flowId, application);
    control.add(() -> {
      GrantOutcome outcome =
          connector.mux.grant(flowId, wire.key, FlowKind.TCP, FlowTimes.UNLIMITED, now);
      if (outcome != GrantOutcome.GRANTED) {
        throw new AssertionError(outcome);
      }
      control.add(() -> {
        FlowState state = connector.mux.flow(flowId);
        application.flow = state;
        if (state != null) {
          connector.mux.attach(state, application, now);
        }
      });
    });
  }

  void move(long flowId, Wire wire) {
    FlowState state = device.mux.flow(flowId);
    if (state == null || !device.mux.move(state, wire.device, now)) {
      return;
    }
    control.add(() -> connector.mux.grantResume(flowId, wire.key, now));
  }

  void settle() {
    device.mux.pump(now);
    connector.mux.pump(now);
  }

  void tick() {
    for (End end : List.of(device, connector)) {
      if (end.mux.delayNanos(now) == 0) {
        end.mux.tick(now);
      }
    }
  }

  final class End implements MuxEvents {
    final FlowRole role;
    final FlowMux mux;
    final Map<Long, Program> programs = new HashMap<>();
    final Map<Long, FlowSummary> closed = new HashMap<>();
    final List<Long> orphaned = new ArrayList<>();
    final List<Long> wantsOwnLane = new ArrayList<>();
    final List<String> laneFaults = new ArrayList<>();

    End(FlowRole role, FlowLimits limits) {
      this.role = role;
      mux = new FlowMux(role, limits, memory, allocator, this);
    }

    @Override
    public void onFlowClosed(FlowSummary summary) {
      if (closed.put(summary.flowId(), summary) != null) {
        throw new AssertionError("closed twice: " + summary);
      }
    }

    @Override
    public void onResetAway(long flowId, ReasonCode reason) {}

    @Override
    public void onOrphaned(long flowId) {
      orphaned.add(flowId);
    }

    @Override
    public void onMoved(long flowId, LanePort lane) {}

    @Override
    public void onWantsOwnLane(long flowId) {
      wantsOwnLane.add(flowId);
    }

    @Override
    public void onLaneClosed(LanePort lane, ReasonCode reason, String text) {
      if (reason != ReasonCode.LANE_LOST) {
        laneFaults.add(reason.name() + " " + text);
      }
    }
  }

  /** A lane: two queues of bytes, cut anew at every delivery. */
  final class Wire {
    private static final int QUEUE_BYTES = 96 << 10;

    final String key;
    final LanePort device;
    final LanePort connector;
    final Direction toConnector = new Direction();
    final Direction toDevice = new Direction();
    boolean dead;

    Wire(String key) {
      this.key = key;
      LanePort port = SimulatedPair.this.device.mux.addLane(key, toConnector, now);
      LanePort far = SimulatedPair.this.connector.mux.addLane(key, toDevice, now);
      if (port == null || far == null) {
        throw new AssertionError("too many lanes");
      }
      device = port;
      connector = far;
    }

    /** Delivers up to so many bytes; true when there were some. */
    boolean deliver(boolean fromDevice, int bytesMax) {
      Direction direction = fromDevice ? toConnector : toDevice;
      ByteBuf bytes = direction.take(bytesMax);
      if (bytes == null || dead) {
        if (bytes != null) {
          bytes.release();
        }
        return false;
      }
      if (fromDevice) {
        SimulatedPair.this.connector.mux.received(connector, bytes, now);
      } else {
        SimulatedPair.this.device.mux.received(device, bytes, now);
      }
      return true;
    }

    void kill() {
      dead = true;
      wires.remove(this);
      toConnector.clear();
      toDevice.clear();
      boolean deviceFirst = random.nextBoolean();
      if (deviceFirst) {
        SimulatedPair.this.device.mux.closeLane(device, ReasonCode.LANE_LOST, "killed", now);
      }
      SimulatedPair.this.connector.mux.closeLane(connector, ReasonCode.LANE_LOST, "killed", now);
      if (!deviceFirst) {
        SimulatedPair.this.device.mux.closeLane(device, ReasonCode.LANE_LOST, "killed", now);
      }
    }

    final class Direction implements LaneSink {
      private final ArrayDeque<ByteBuf> queue = new ArrayDeque<>();
      private int queuedBytes;

      @Override
      public boolean isWritable() {
        return queuedBytes < QUEUE_BYTES;
      }

      @Override
      public void write(ByteBuf bytes) {
        if (dead) {
          bytes.release();
          return;
        }
        queuedBytes += bytes.readableBytes();
        queue.add(bytes);
      }

      @Nullable ByteBuf take(int bytesMax) {
        ByteBuf first = queue.peek();
        if (first == null) {
          return null;
        }
        int length = Math.min(bytesMax, first.readableBytes());
        queuedBytes -= length;
        ByteBuf piece = first.readRetainedSlice(length);
        if (!first.isReadable()) {
          queue.remove().release();
        }
        return piece;
      }

      void clear() {
        queue.forEach(ByteBuf::release);
        queue.clear();
        queuedBytes = 0;
      }
    }
  }

  /** A program: sends so many bytes of a pattern, checks what it receives. */
  final class Program implements LocalSink {
    final End end;
    final long flowId;
    final long toSend;
    final long toReceive;
    @Nullable FlowState flow;
    long sent;
    long received;
    int unconsumed;
    boolean finSent;
    boolean finReceived;
    boolean finConsumed;
    boolean stalled;
    @Nullable FlowSummary summary;

    Program(End end, long flowId, long toSend, long toReceive) {
      this.end = end;
      this.flowId = flowId;
      this.toSend = toSend;
      this.toReceive = toReceive;
    }

    FlowRole otherRole() {
      return end.role == FlowRole.DEVICE ? FlowRole.CONNECTOR : FlowRole.DEVICE;
    }

    /** Sends a chunk, or the end; true when something was done. */
    boolean send(int bytesMax) {
      FlowState state = flow;
      if (state == null || !state.isLive() || finSent) {
        return false;
      }
      if (sent == toSend) {
        finSent = true;
        end.mux.localFin(state, now);
        return true;
      }
      int length = (int) Math.min(Math.min(bytesMax, toSend - sent), end.mux.readAllowance(state));
      if (length == 0) {
        return false;
      }
      ByteBuf chunk = allocator.buffer(random.nextBoolean() ? length : 4 * length);
      for (int i = 0; i < length; i++) {
        chunk.writeByte(pattern(flowId, end.role, sent + i));
      }
      sent += length;
      end.mux.localData(state, chunk, now);
      return true;
    }

    /** Consumes some of what came; true when there was something. */
    boolean consume(int bytesMax) {
      FlowState state = flow;
      if (state == null || stalled) {
        return false;
      }
      if (unconsumed > 0) {
        int length = Math.min(unconsumed, bytesMax);
        unconsumed -= length;
        end.mux.consumed(state, length, now);
        return true;
      }
      if (finReceived && !finConsumed) {
        finConsumed = true;
        end.mux.finConsumed(state, now);
        return true;
      }
      return false;
    }

    @Override
    public void onData(ByteBuf data) {
      for (int i = data.readerIndex(); i < data.writerIndex(); i++) {
        byte expected = pattern(flowId, otherRole(), received);
        if (data.getByte(i) != expected) {
          throw new AssertionError(
              "flow %d to %s: wrong byte at %d".formatted(flowId, end.role, received));
        }
        received++;
      }
      unconsumed += data.readableBytes();
      data.release();
    }

    @Override
    public void onFin() {
      if (finReceived) {
        throw new AssertionError("FIN twice");
      }
      finReceived = true;
    }

    @Override
    public void onDatagram(ByteBuf datagram) {
      datagram.release();
    }

    @Override
    public void onReadable() {}

    @Override
    public void onClosed(FlowSummary flowSummary) {
      summary = flowSummary;
    }
  }
}
