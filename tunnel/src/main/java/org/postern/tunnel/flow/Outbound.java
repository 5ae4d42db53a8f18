package org.postern.tunnel.flow;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a flow, where it is sent.
 *
 * <pre>
 *   acked          sent           end         edge
 *     |--in flight--|--to be sent--|--may be read from the local end--|
 * </pre>
 */
final class Outbound {
  /** Less than this is not worth a read from the local end. */
  private static final int READ_MIN = 4 << 10;

  private @Nullable Replay replay;
  private long end;
  private long sent;
  private long sentMax;
  private long acked;
  private long edge;
  private boolean finQueued;
  private boolean finSent;
  private boolean finEverSent;
  private boolean finAcked;

  Outbound(int windowInitialBytes) {
    edge = windowInitialBytes;
  }

  /** Payload bytes taken from the local end so far. */
  long endOffset() {
    return end;
  }

  /** Bytes kept: in flight or to be sent. */
  long keptBytes() {
    return end - acked;
  }

  boolean finQueued() {
    return finQueued;
  }

  boolean finAcked() {
    return finAcked;
  }

  void append(ByteBuf chunk, ByteBufAllocator allocator) {
    assert !finQueued;
    int length = chunk.readableBytes();
    if (replay == null) {
      replay = new Replay();
    }
    replay.append(chunk, end, allocator);
    end += length;
  }

  void queueFin() {
    finQueued = true;
  }

  /** Bytes that may be sent now. */
  long sendableBytes() {
    return Math.min(end, edge) - sent;
  }

  boolean finDue() {
    return finQueued && !finSent && sent == end;
  }

  /** The next bytes to send, at most so many; there must be some. */
  ByteBuf take(int bytesMax) {
    ByteBuf slice =
        Objects.requireNonNull(replay).slice(sent, (int) Math.min(bytesMax, sendableBytes()));
    sent += slice.readableBytes();
    sentMax = Math.max(sentMax, sent);
    return slice;
  }

  void finTaken() {
    finSent = true;
    finEverSent = true;
  }

  /** How much may be read from the local end now, keeping at most so much that is not sent yet. */
  int readAllowance(int readAheadBytes) {
    if (finQueued) {
      return 0;
    }
    long room = Math.min(edge - end, readAheadBytes - (end - sent));
    return room < READ_MIN ? 0 : (int) room;
  }

  /** True when the peer may say so: nothing above what was sent, FIN counting one. */
  boolean isOffsetLegal(long offset) {
    return offset >= 0 && offset <= (finEverSent ? end + 1 : sentMax);
  }

  /** All below a legal offset was consumed; returns the bytes that are not kept any longer. */
  long onAck(long offset, long window, int windowMaxBytes) {
    if (offset > end) {
      finAcked = true;
    }
    long bytes = Math.min(offset, end);
    edge = Math.max(edge, bytes + Math.min(window, windowMaxBytes));
    long freed = bytes - acked;
    if (freed <= 0) {
      return 0;
    }
    acked = bytes;
    sent = Math.max(sent, acked);
    if (replay != null) {
      replay.releaseBelow(acked);
      if (replay.isEmpty()) {
        replay = null;
      }
    }
    return freed;
  }

  /** Sends again from a legal offset; false when that lies below what was acknowledged. */
  boolean rewindTo(long offset) {
    if (offset < acked) {
      return false;
    }
    finSent = offset > end;
    sent = Math.min(offset, end);
    if (replay != null) {
      replay.rewind();
    }
    return true;
  }

  /** True while the peer has acknowledged nothing. */
  boolean untouched() {
    return acked == 0 && !finAcked;
  }

  /** All that was not acknowledged, in order; the caller releases it. */
  List<ByteBuf> copyKept() {
    List<ByteBuf> pieces = new ArrayList<>();
    if (replay != null) {
      replay.rewind();
      for (long at = acked; at < end; ) {
        ByteBuf piece = replay.slice(at, Integer.MAX_VALUE);
        at += piece.readableBytes();
        pieces.add(piece);
      }
      replay.rewind();
    }
    return pieces;
  }

  /** Lets go of everything; returns the bytes that were kept. */
  long releaseAll() {
    long kept = keptBytes();
    if (replay != null) {
      replay.releaseAll();
      replay = null;
    }
    acked = end;
    sent = end;
    return kept;
  }
}
