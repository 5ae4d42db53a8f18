package org.postern.tunnel.flow;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One lane, as the mux sees it: the flows that are on it, whose turn it is, and how long the way
 * is. A handle for the mux's owner.
 *
 * <p>Flows take turns of one frame. A flow that had nothing to send and now has little comes before
 * those that always have something, so that an exchange of small messages does not wait for bulk.
 */
public final class LanePort {
  private static final int CONTROL_BYTES = 8 << 10;

  /** A payload up to this size is copied to share a TLS record with what is beside it. */
  private static final int SHARED_MAX = 4 << 10;

  /** Weight of a slower sample in the round trip; a faster one replaces it. */
  private static final int RTT_WEIGHT = 8;

  private final Object key;
  private final LaneSink sink;
  private final ByteBufAllocator allocator;
  final FrameDecoder decoder;
  final Incoming incoming;
  final Set<FlowState> flows = new LinkedHashSet<>();

  /** Connector: flows for which a RESUME came before its grant. */
  final Map<FlowState, ResumeAsked> resumesAsked = new HashMap<>();

  /** What such a RESUME said, and when. */
  record ResumeAsked(long receiveOffset, long sinceNanos) {}

  private final ArrayDeque<FlowState> readySmall = new ArrayDeque<>();
  private final ArrayDeque<FlowState> readyBig = new ArrayDeque<>();
  private @Nullable ByteBuf control;
  boolean closed;

  /** Device: made for one flow, which does not ask for another. */
  boolean alone;

  // Connector: what is kept for flows that are not granted.
  int heldFlows;
  int heldBytes;

  // Round trip and life.
  long heardNanos;
  private long rttNanos;
  private long pingNonce;
  private long pingNanos;
  private boolean pingOut;
  private boolean pongDue;
  private long pongNonce;

  LanePort(Object key, LaneSink sink, ByteBufAllocator allocator, Incoming incoming, long now) {
    this.key = key;
    this.sink = sink;
    this.allocator = allocator;
    this.incoming = incoming;
    this.decoder = new FrameDecoder(allocator, incoming);
    this.heardNanos = now;
  }

  /** What the owner named it. */
  public Object key() {
    return key;
  }

  /** False once it was given up. */
  public boolean isOpen() {
    return !closed;
  }

  /** Device: from here on it is for one flow alone, which does not ask for a lane of its own. */
  public void forOneFlow() {
    alone = true;
  }

  /** Flows on it. */
  public int flowCount() {
    return flows.size() - heldFlows;
  }

  /** Round trip in nanoseconds, 0 when not measured yet. */
  public long rttNanos() {
    return rttNanos;
  }

  /** Gives the flow a turn, if it has something to send. */
  void schedule(FlowState flow) {
    if (flow.queued || !flow.hasOutput()) {
      return;
    }
    flow.queued = true;
    boolean big = !flow.awaitsResume && flow.out.sendableBytes() > Frames.DATA_PREFERRED / 4;
    (big ? readyBig : readySmall).add(flow);
  }

  void remove(FlowState flow) {
    flows.remove(flow);
    if (flow.queued) {
      flow.queued = false;
      if (!readySmall.remove(flow)) {
        readyBig.remove(flow);
      }
    }
  }

  /** The flow whose turn it is, if the lane takes more; null otherwise. */
  @Nullable FlowState nextTurn() {
    if (closed || !sink.isWritable()) {
      return null;
    }
    FlowState flow = readySmall.poll();
    if (flow == null) {
      flow = readyBig.poll();
    }
    if (flow != null) {
      flow.queued = false;
    }
    return flow;
  }

  /** Puts a flow that has had its turn behind all others. */
  void again(FlowState flow) {
    if (!flow.queued && flow.hasOutput()) {
      flow.queued = true;
      readyBig.add(flow);
    }
  }

  boolean isWritable() {
    return !closed && sink.isWritable();
  }

  /** Buffer for headers and small frames; they leave with {@link #flushControl} at the latest. */
  ByteBuf control() {
    if (control != null && control.writableBytes() < Frames.FIXED_MAX) {
      flushControl();
    }
    if (control == null) {
      control = allocator.directBuffer(CONTROL_BYTES, CONTROL_BYTES);
    }
    return control;
  }

  void flushControl() {
    if (control != null) {
      ByteBuf bytes = control;
      control = null;
      if (bytes.isReadable() && !closed) {
        sink.write(bytes);
      } else {
        bytes.release();
      }
    }
  }

  void writePayload(int type, long flowId, ByteBuf payload) {
    int bytes = payload.readableBytes();
    ByteBuf beside = control();
    if (bytes <= SHARED_MAX) {
      if (beside.writableBytes() < Frames.FIXED_MAX + bytes) {
        flushControl();
        beside = control();
      }
      Frames.header(beside, type, bytes, flowId);
      beside.writeBytes(payload);
      payload.release();
      return;
    }
    Frames.header(beside, type, bytes, flowId);
    flushControl();
    sink.write(payload);
  }

  void ping(long now) {
    if (!pingOut) {
      pingOut = true;
      pingNanos = now;
      pingNonce++;
      Frames.ping(control(), pingNonce);
    }
  }

  /** True when the last PING is that old, or was answered and is that old. */
  boolean lastPingOlderThan(long nanos, long now) {
    return now - pingNanos > nanos;
  }

  /** True when a PING has been out for so long, and nothing at all was heard since. */
  boolean isSilent(long nanos, long now) {
    return pingOut && now - pingNanos >= nanos && heardNanos - pingNanos < 0;
  }

  void onPong(long nonce, long now) {
    if (!pingOut || nonce != pingNonce) {
      return;
    }
    pingOut = false;
    long sample = Math.max(1, now - pingNanos);
    boolean replaces = rttNanos == 0 || sample < rttNanos;
    rttNanos = replaces ? sample : rttNanos + (sample - rttNanos) / RTT_WEIGHT;
  }

  /** Only the newest PING is answered, so that a peer that does not read cannot make us queue. */
  void onPing(long nonce) {
    pongDue = true;
    pongNonce = nonce;
  }

  void answerPing() {
    if (pongDue && isWritable()) {
      pongDue = false;
      Frames.pong(control(), pongNonce);
    }
  }

  void close() {
    closed = true;
    decoder.close();
    flushControl();
  }
}
