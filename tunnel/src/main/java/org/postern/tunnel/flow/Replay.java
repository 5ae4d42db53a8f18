package org.postern.tunnel.flow;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one direction that the far local end has not consumed yet, by offset: what is to be
 * sent and what may have to be sent again. Big chunks are kept as they were read, without a copy;
 * small ones are copied together, so that a byte never keeps kilobytes alive.
 */
final class Replay {
  /** A chunk that uses less than this share of its memory is copied. */
  private static final int WASTE_MAX = 2;

  private static final int BLOCK_BYTES = 4 << 10;

  private static final class Segment {
    final ByteBuf buf;
    final int index;
    final long start;
    final boolean block;
    @Nullable Segment next;

    Segment(ByteBuf buf, long start, boolean block) {
      this.buf = buf;
      this.index = buf.readerIndex();
      this.start = start;
      this.block = block;
    }

    long end() {
      return start + (buf.writerIndex() - index);
    }
  }

  private @Nullable Segment head;
  private @Nullable Segment tail;
  private @Nullable Segment cursor;

  boolean isEmpty() {
    return head == null;
  }

  /** Adds a chunk that starts at an offset; takes ownership. */
  void append(ByteBuf chunk, long offset, ByteBufAllocator allocator) {
    int length = chunk.readableBytes();
    assert length > 0;
    if (length * WASTE_MAX > chunk.capacity() || length >= BLOCK_BYTES * 4) {
      link(new Segment(chunk, offset, false));
      return;
    }
    Segment last = tail;
    if (last != null && last.block && last.buf.writableBytes() >= length) {
      last.buf.writeBytes(chunk);
    } else {
      int capacity = last != null && last.block ? Math.max(BLOCK_BYTES, length) : length;
      ByteBuf copy = allocator.directBuffer(capacity, capacity);
      copy.writeBytes(chunk);
      link(new Segment(copy, offset, true));
    }
    chunk.release();
  }

  private void link(Segment segment) {
    if (tail == null) {
      head = segment;
      cursor = segment;
    } else {
      assert tail.end() == segment.start;
      tail.next = segment;
    }
    tail = segment;
  }

  /** A retained slice of at most so many bytes from an offset, which must be kept here. */
  ByteBuf slice(long offset, int bytesMax) {
    Segment at = cursor;
    while (at != null && at.end() <= offset) {
      at = at.next;
    }
    cursor = at;
    if (at == null || offset < at.start) {
      throw new AssertionError("offset not kept: " + offset);
    }
    int skip = (int) (offset - at.start);
    int length = (int) Math.min(bytesMax, at.end() - offset);
    return at.buf.retainedSlice(at.index + skip, length);
  }

  /** Forgets all that lies below an offset. */
  void releaseBelow(long offset) {
    while (head != null && head.end() <= offset) {
      Segment gone = head;
      head = gone.next;
      if (cursor == gone) {
        cursor = head;
      }
      gone.buf.release();
    }
    if (head == null) {
      tail = null;
      cursor = null;
    }
  }

  /** The next slice may be of an earlier offset than the last one. */
  void rewind() {
    cursor = head;
  }

  void releaseAll() {
    releaseBelow(Long.MAX_VALUE);
  }
}
