package org.postern.clientconnector.local.tun;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * What is in one IPv4 packet that a program sent to the device (RFC 791, 768, 9293, 792). Addresses
 * are 32-bit numbers. Strict: a packet whose lengths contradict each other, a fragment, or anything
 * else that the device does not answer is {@link Ignored}.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------+-------+---------------+-------------------------------+
 * |   4   |  IHL  |      TOS      |         total length          |
 * |             id                | DF MF |    fragment offset    |
 * |      TTL      |   protocol    |        header checksum        |
 * |                        source address                         |
 * |                     destination address                       |
 * |                   options, IHL > 5 only                       |
 * +---------------------------------------------------------------+
 * </pre>
 */
sealed interface Packet {

  /** Length of an IPv4 header without options. */
  int HEADER_LENGTH = 20;

  /** Length of a UDP header. */
  int UDP_HEADER_LENGTH = 8;

  /** Length of a TCP header without options. */
  int TCP_HEADER_LENGTH = 20;

  /** Protocol numbers (IANA). */
  int ICMP = 1;

  int TCP = 6;
  int UDP = 17;

  int FLAG_FIN = 1;
  int FLAG_SYN = 2;
  int FLAG_RST = 4;
  int FLAG_ACK = 16;

  /** A UDP datagram; the payload is a slice of the packet's buffer, not retained. */
  record Udp(int source, int sourcePort, int target, int targetPort, ByteBuf payload)
      implements Packet {}

  /**
   * A TCP segment.
   *
   * @param sequence first sequence number
   * @param acknowledgement valid with {@link #FLAG_ACK} only
   */
  record Tcp(
      int source,
      int sourcePort,
      int target,
      int targetPort,
      int sequence,
      int acknowledgement,
      SegmentShape shape)
      implements Packet {}

  /**
   * Flags of a TCP segment, and its length.
   *
   * @param length sequence numbers that the segment takes: payload, SYN and FIN
   */
  record SegmentShape(int flags, int length) {

    /** Of a TCP header with what follows it; null if its lengths contradict each other. */
    static @Nullable SegmentShape of(ByteBuf body) {
      if (body.readableBytes() < TCP_HEADER_LENGTH) {
        return null;
      }
      int headerLength = (body.getUnsignedByte(12) >> 4) * 4;
      if (headerLength < TCP_HEADER_LENGTH || headerLength > body.readableBytes()) {
        return null;
      }
      int flags = body.getUnsignedByte(13);
      int payload = body.readableBytes() - headerLength;
      return new SegmentShape(flags, payload + (flags & FLAG_SYN) / FLAG_SYN + (flags & FLAG_FIN));
    }
  }

  /** An ICMP echo request; {@code rest} is identifier, sequence number and data, not retained. */
  record Echo(int source, int target, ByteBuf rest) implements Packet {}

  /** Nothing for us. */
  record Ignored() implements Packet {}

  /** The one instance that is needed. */
  Ignored IGNORED = new Ignored();

  /** Reads one packet; never throws, whatever the bytes are. */
  static Packet parse(ByteBuf packet) {
    int start = packet.readerIndex();
    int available = packet.readableBytes();
    if (available < HEADER_LENGTH || packet.getUnsignedByte(start) >> 4 != 4) {
      return IGNORED;
    }
    int headerLength = (packet.getUnsignedByte(start) & 15) * 4;
    int total = packet.getUnsignedShort(start + 2);
    int fragment = packet.getUnsignedShort(start + 6) & 0x3fff;
    if (headerLength < HEADER_LENGTH
        || total < headerLength
        || total > available
        || fragment != 0) {
      return IGNORED;
    }
    int source = packet.getInt(start + 12);
    int target = packet.getInt(start + 16);
    ByteBuf body = packet.slice(start + headerLength, total - headerLength);
    return switch (packet.getUnsignedByte(start + 9)) {
      case UDP -> udp(source, target, body);
      case TCP -> tcp(source, target, body);
      case ICMP -> echo(source, target, body);
      default -> IGNORED;
    };
  }

  private static Packet udp(int source, int target, ByteBuf body) {
    if (body.readableBytes() < UDP_HEADER_LENGTH) {
      return IGNORED;
    }
    int length = body.getUnsignedShort(4);
    int targetPort = body.getUnsignedShort(2);
    if (length < UDP_HEADER_LENGTH || length > body.readableBytes() || targetPort == 0) {
      return IGNORED;
    }
    return new Udp(
        source,
        body.getUnsignedShort(0),
        target,
        targetPort,
        body.slice(UDP_HEADER_LENGTH, length - UDP_HEADER_LENGTH));
  }

  private static Packet tcp(int source, int target, ByteBuf body) {
    SegmentShape shape = SegmentShape.of(body);
    if (shape == null) {
      return IGNORED;
    }
    return new Tcp(
        source,
        body.getUnsignedShort(0),
        target,
        body.getUnsignedShort(2),
        body.getInt(4),
        body.getInt(8),
        shape);
  }

  private static Packet echo(int source, int target, ByteBuf body) {
    boolean request =
        body.readableBytes() >= 8 && body.getUnsignedByte(0) == 8 && body.getUnsignedByte(1) == 0;
    return request ? new Echo(source, target, body.slice(4, body.readableBytes() - 4)) : IGNORED;
  }
}
