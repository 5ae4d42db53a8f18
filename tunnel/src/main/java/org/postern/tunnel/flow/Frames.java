package org.postern.tunnel.flow;

import io.netty.buffer.ByteBuf;

/**
 * The frames inside a lane: writing side, and the numbers both sides need. All big-endian.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---------------+-----------------------------------------------+
 *  | type          | payload length                                |
 *  +---------------+-----------------------------------------------+
 *  | flow id, low 32 bits (0 in PING and PONG)                     |
 *  +---------------------------------------------------------------+
 *  | payload ...
 *
 *  type  name      payload
 *  0x01  DATA      1 to 65,536 bytes of the flow, in order within a lane
 *  0x02  ACK       u64 offset, u32 window: all bytes below offset were written into the far local
 *                  end; at most offset + window may ever be sent. One more than the final offset
 *                  acknowledges FIN
 *  0x03  FIN       u64 final offset: no DATA follows (half close)
 *  0x04  RESET     u16 reason code; 0: the flow had ended in order
 *  0x05  DATAGRAM  0 to 65,507 bytes: one datagram
 *  0x06  PING      u64 nonce
 *  0x07  PONG      u64 nonce of the PING
 *  0x08  RESUME    u64 receive offset (one more than the final offset if FIN was received): from now
 *                  on this flow is on this lane; send from here
 *  0x80 to 0xff    ignored (extensions that an older peer may skip), at most 65,536 bytes
 * </pre>
 *
 * Any other type, a fixed payload of another length, or a longer payload is a fault of the lane.
 */
final class Frames {
  static final int HEADER_BYTES = 8;
  static final int PAYLOAD_MAX = 64 << 10;
  static final int DATAGRAM_MAX = 65_507;

  /** What we send: with its header, a whole number of TLS records, so that most are not copied. */
  static final int DATA_PREFERRED = PAYLOAD_MAX - HEADER_BYTES;

  static final int DATA = 0x01;
  static final int ACK = 0x02;
  static final int FIN = 0x03;
  static final int RESET = 0x04;
  static final int DATAGRAM = 0x05;
  static final int PING = 0x06;
  static final int PONG = 0x07;
  static final int RESUME = 0x08;
  static final int IGNORED_FROM = 0x80;

  static final int ACK_BYTES = 12;
  static final int OFFSET_BYTES = 8;
  static final int RESET_BYTES = 2;
  static final int FIXED_MAX = HEADER_BYTES + ACK_BYTES;

  private Frames() {}

  static void header(ByteBuf out, int type, int length, long flowId) {
    assert length >= 0 && length <= PAYLOAD_MAX : length;
    out.writeInt(type << 24 | length).writeInt((int) flowId);
  }

  static void ack(ByteBuf out, long flowId, long offset, long window) {
    header(out, ACK, ACK_BYTES, flowId);
    out.writeLong(offset).writeInt((int) window);
  }

  static void fin(ByteBuf out, long flowId, long finalOffset) {
    header(out, FIN, OFFSET_BYTES, flowId);
    out.writeLong(finalOffset);
  }

  static void reset(ByteBuf out, long flowId, int code) {
    header(out, RESET, RESET_BYTES, flowId);
    out.writeShort(code);
  }

  static void resume(ByteBuf out, long flowId, long receiveOffset) {
    header(out, RESUME, OFFSET_BYTES, flowId);
    out.writeLong(receiveOffset);
  }

  static void ping(ByteBuf out, long nonce) {
    header(out, PING, OFFSET_BYTES, 0);
    out.writeLong(nonce);
  }

  static void pong(ByteBuf out, long nonce) {
    header(out, PONG, OFFSET_BYTES, 0);
    out.writeLong(nonce);
  }

  /** Length that frames of this type must have; -1 when it varies. */
  static int fixedLength(int type) {
    return switch (type) {
      case ACK -> ACK_BYTES;
      case RESET -> RESET_BYTES;
      case FIN, PING, PONG, RESUME -> OFFSET_BYTES;
      default -> -1;
    };
  }
}
