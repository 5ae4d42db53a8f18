package org.postern.tunnel.flow;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Received bytes that have to wait. Pieces that are small are copied together, so that what is kept
 * alive is never much more than what is counted, however small a peer cuts them.
 */
public final class PieceQueue {
  /** A piece of at least this many bytes is kept as it is. */
  private static final int KEEP_BYTES = 8 << 10;

  private static final int BLOCK_BYTES = 4 << 10;

  private final ByteBufAllocator allocator;
  private final ArrayDeque<ByteBuf> pieces = new ArrayDeque<>(4);
  private boolean lastIsBlock;

  /** With the allocator for copies. */
  public PieceQueue(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  /** True when nothing waits. */
  public boolean isEmpty() {
    return pieces.isEmpty();
  }

  /** Adds a piece; takes ownership. */
  public void add(ByteBuf piece) {
    int length = piece.readableBytes();
    if (length >= KEEP_BYTES) {
      pieces.add(piece);
      lastIsBlock = false;
      return;
    }
    ByteBuf last = lastIsBlock ? pieces.peekLast() : null;
    if (last == null || last.writableBytes() < length) {
      int capacity = Math.max(length, pieces.isEmpty() ? length : BLOCK_BYTES);
      last = allocator.directBuffer(capacity, capacity);
      pieces.add(last);
      lastIsBlock = true;
    }
    last.writeBytes(piece);
    piece.release();
  }

  /** The first piece, which the caller owns then; null when nothing waits. */
  public @Nullable ByteBuf poll() {
    return pieces.poll();
  }

  /** Lets go of all pieces. */
  public void releaseAll() {
    for (ByteBuf piece = poll(); piece != null; piece = poll()) {
      piece.release();
    }
  }
}
