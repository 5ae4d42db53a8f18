package org.postern.tunnel.flow;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One flow at one end. A handle for the mux's owner; all transitions are {@link FlowMux}'s.
 *
 * <pre>
 *   connector:  HELD --grant--> GRANTED --attach--> LIVE
 *   device:                                 open --> LIVE
 *   any: --reset, refused, timeout, both directions closed--> ENDED
 * </pre>
 *
 * A LIVE or GRANTED flow may be without a lane (orphaned, or its lane is still to come).
 */
public final class FlowState {
  enum Phase {
    HELD,
    GRANTED,
    LIVE,
    ENDED
  }

  final long id;
  final FlowKind kind;
  final Outbound out;
  final Inbound in;
  Phase phase;
  @Nullable LocalSink local;

  // Where it is.
  @Nullable LanePort lane;
  long lanelessSince;

  /** Lane, by key, on which it may be or become: from the grant. Connector only. */
  @Nullable Object laneKey;

  /** Lane, by key, on which a RESUME is let in. Connector only. */
  @Nullable Object resumeKey;

  /** When the move that awaits its answer began. Device only. */
  long moveNanos;

  // What is to be sent next.
  boolean queued;
  boolean resumeDue;
  boolean ackDue;
  boolean ackWaiting;
  boolean awaitsResume;
  boolean readBlocked;

  // Lazily made.
  @Nullable PieceQueue held;
  @Nullable ArrayDeque<ByteBuf> datagrams;
  boolean finHeld;
  int heldBytes;
  int datagramBytes;
  long datagramsDropped;
  long datagramBytesSent;
  long datagramBytesReceived;

  // Time.
  long openedNanos;
  long activeNanos;
  long idleNanos;
  long ageNanos;
  long ackAtNanos;

  // Elephants.
  long recentBytes;
  long askedNanos;

  FlowState(long id, FlowKind kind, Phase phase, int windowInitialBytes, long now) {
    this.id = id;
    this.kind = kind;
    this.phase = phase;
    out = new Outbound(windowInitialBytes);
    in = new Inbound(windowInitialBytes, now);
    openedNanos = now;
    activeNanos = now;
    lanelessSince = now;
  }

  /** Its id. */
  public long flowId() {
    return id;
  }

  /** TCP or UDP. */
  public FlowKind kind() {
    return kind;
  }

  /** The lane that it is on, or null. */
  public @Nullable LanePort lane() {
    return lane;
  }

  /** False once it has ended. */
  public boolean isLive() {
    return phase != Phase.ENDED;
  }

  /** The local end, if it is there. */
  public @Nullable LocalSink local() {
    return local;
  }

  /** True when the local end is there. */
  public boolean isAttached() {
    return local != null;
  }

  void setTimes(FlowTimes times) {
    idleNanos = times.idleTimeout().toNanos();
    ageNanos = times.ageMax().toNanos();
  }

  /** True when a frame of this flow could be sent if the lane takes it. */
  boolean hasOutput() {
    if (awaitsResume) {
      return resumeDue;
    }
    return resumeDue
        || ackDue
        || out.sendableBytes() > 0
        || out.finDue()
        || (datagrams != null && local != null);
  }

  /** True when both directions are closed and both ends know. */
  boolean isDone() {
    return !awaitsResume && out.finAcked() && in.finConsumed() && !in.ackPending();
  }

  long bytesToPeer() {
    return kind == FlowKind.TCP ? out.endOffset() : datagramBytesSent;
  }

  long bytesFromPeer() {
    return kind == FlowKind.TCP ? in.consumedBytes() : datagramBytesReceived;
  }
}
