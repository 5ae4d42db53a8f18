package org.postern.tunnel.link;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.ReasonCode;

/**
 * An {@link Envelope} on the wire:
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |                 length of the message (unsigned)              |
 * +---------------------------------------------------------------+
 * |                 message (protobuf) ...
 * +----------------------------------------
 * </pre>
 *
 * The length is judged before anything is kept. A message of a kind that we do not know decodes to
 * an envelope without a body.
 */
final class EnvelopeCodec {
  /** Bytes before each message. */
  static final int LENGTH_BYTES = 4;

  private EnvelopeCodec() {}

  static ByteBuf encode(ByteBufAllocator allocator, Envelope message) {
    int size = message.getSerializedSize();
    ByteBuf out = allocator.buffer(LENGTH_BYTES + size, LENGTH_BYTES + size);
    out.writeInt(size);
    try {
      CodedOutputStream coded = CodedOutputStream.newInstance(out.nioBuffer(LENGTH_BYTES, size));
      message.writeTo(coded);
      coded.flush();
    } catch (IOException e) {
      out.release();
      throw new UncheckedIOException("message did not fit its own size", e);
    }
    return out.writerIndex(LENGTH_BYTES + size);
  }

  /**
   * Takes one message off the front, or nothing when it is not all there yet.
   *
   * @throws TunnelException FRAME_TOO_LARGE or PROTOCOL_ERROR
   */
  static @Nullable Envelope decode(ByteBuf in, int bytesMax) throws TunnelException {
    if (in.readableBytes() < LENGTH_BYTES) {
      return null;
    }
    long length = in.getUnsignedInt(in.readerIndex());
    if (length > bytesMax) {
      throw new TunnelException(
          ReasonCode.FRAME_TOO_LARGE,
          "message of %d bytes (expected: <= %d)".formatted(length, bytesMax));
    }
    if (in.readableBytes() < LENGTH_BYTES + length) {
      return null;
    }
    int size = (int) length;
    in.skipBytes(LENGTH_BYTES);
    try {
      Envelope message = Envelope.parseFrom(in.nioBuffer(in.readerIndex(), size));
      in.skipBytes(size);
      return message;
    } catch (InvalidProtocolBufferException e) {
      throw new TunnelException(
          ReasonCode.PROTOCOL_ERROR, "not a message (expected: a protobuf Envelope)");
    }
  }
}
