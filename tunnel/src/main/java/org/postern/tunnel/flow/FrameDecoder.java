package org.postern.tunnel.flow;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.message.ReasonCode;

/**
 * Takes frames apart as bytes come in, however they are cut. DATA payloads are passed on in pieces
 * without being copied or waited for; nothing but a header, a fixed payload of 12 bytes, or one
 * datagram is ever kept. See {@link Frames} for the layout.
 */
final class FrameDecoder {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final ByteBufAllocator allocator;
  private final FrameSink sink;
  private final byte[] fixed = new byte[Frames.FIXED_MAX];
  private int fixedHave;
  private int fixedNeed = Frames.HEADER_BYTES;

  /** Payload bytes of the current DATA, DATAGRAM or ignored frame that are still to come. */
  private int payloadLeft;

  private int type;
  private long flowId;
  private @Nullable ByteBuf datagram;
  private boolean closed;

  FrameDecoder(ByteBufAllocator allocator, FrameSink sink) {
    this.allocator = allocator;
    this.sink = sink;
  }

  /** Decodes all of it; takes ownership of the buffer. */
  void feed(ByteBuf in) throws FrameFault {
    try {
      while (in.isReadable() && !closed) {
        if (payloadLeft > 0) {
          payload(in);
        } else {
          fixedPart(in);
        }
      }
    } finally {
      in.release();
    }
  }

  /** Drops what is kept and ignores the rest; may be called from within the sink. */
  void close() {
    closed = true;
    if (datagram != null) {
      datagram.release();
      datagram = null;
    }
  }

  private void fixedPart(ByteBuf in) throws FrameFault {
    int take = Math.min(in.readableBytes(), fixedNeed - fixedHave);
    in.readBytes(fixed, fixedHave, take);
    fixedHave += take;
    if (fixedHave < fixedNeed) {
      return;
    }
    if (fixedHave == Frames.HEADER_BYTES) {
      header();
    } else {
      fixedHave = 0;
      fixedNeed = Frames.HEADER_BYTES;
      fixedFrame();
    }
  }

  private void header() throws FrameFault {
    int word = (int) INT.get(fixed, 0);
    type = word >>> 24;
    flowId = Integer.toUnsignedLong((int) INT.get(fixed, 4));
    int length = word & 0xff_ffff;
    int expected = Frames.fixedLength(type);
    if (expected >= 0) {
      if (length != expected) {
        throw new FrameFault(
            length > Frames.PAYLOAD_MAX ? ReasonCode.FRAME_TOO_LARGE : ReasonCode.PROTOCOL_ERROR,
            "frame type 0x%02x of %d bytes (expected: %d)".formatted(type, length, expected));
      }
      fixedNeed = Frames.HEADER_BYTES + length;
      return;
    }
    checkVariable(length);
    fixedHave = 0;
    payloadLeft = length;
    if (type == Frames.DATAGRAM && length == 0) {
      sink.onDatagram(flowId, allocator.buffer(0, 0));
    }
  }

  private void checkVariable(int length) throws FrameFault {
    int max = type == Frames.DATAGRAM ? Frames.DATAGRAM_MAX : Frames.PAYLOAD_MAX;
    if (length > max) {
      throw new FrameFault(
          ReasonCode.FRAME_TOO_LARGE,
          "frame type 0x%02x of %d bytes (expected: at most %d)".formatted(type, length, max));
    }
    if (type == Frames.DATA && length == 0) {
      throw new FrameFault(
          ReasonCode.PROTOCOL_ERROR, "empty DATA frame (expected: 1 byte or more)");
    }
    if (type != Frames.DATA && type != Frames.DATAGRAM && type < Frames.IGNORED_FROM) {
      throw new FrameFault(
          ReasonCode.PROTOCOL_ERROR,
          "frame type 0x%02x (expected: 0x01 to 0x08, or 0x80 and above)".formatted(type));
    }
  }

  private void payload(ByteBuf in) {
    int take = Math.min(in.readableBytes(), payloadLeft);
    payloadLeft -= take;
    switch (type) {
      case Frames.DATA -> sink.onData(flowId, in.readRetainedSlice(take));
      case Frames.DATAGRAM -> datagramPiece(in, take);
      default -> in.skipBytes(take);
    }
  }

  private void datagramPiece(ByteBuf in, int take) {
    if (datagram == null && payloadLeft == 0) {
      sink.onDatagram(flowId, in.readRetainedSlice(take));
      return;
    }
    if (datagram == null) {
      datagram = allocator.buffer(take + payloadLeft, take + payloadLeft);
    }
    datagram.writeBytes(in, take);
    if (payloadLeft == 0) {
      ByteBuf whole = datagram;
      datagram = null;
      sink.onDatagram(flowId, whole);
    }
  }

  private void fixedFrame() {
    long first = type == Frames.RESET ? 0 : (long) LONG.get(fixed, Frames.HEADER_BYTES);
    switch (type) {
      case Frames.ACK ->
          sink.onAck(flowId, first, Integer.toUnsignedLong((int) INT.get(fixed, 16)));
      case Frames.FIN -> sink.onFin(flowId, first);
      case Frames.RESET -> sink.onReset(flowId, (fixed[8] & 0xff) << 8 | (fixed[9] & 0xff));
      case Frames.PING -> sink.onPing(first);
      case Frames.PONG -> sink.onPong(first);
      case Frames.RESUME -> sink.onResume(flowId, first);
      default -> throw new AssertionError(type);
    }
  }
}
