package org.postern.clientconnector.local.tun;

import io.netty.buffer.ByteBuf;
import org.postern.clientconnector.local.Ipv6Address;

/**
 * What is in one IPv6 packet that a program sent to the device (RFC 8200, 768, 9293, 4443). Strict
 * like {@link Packet}: a packet whose lengths contradict each other, a fragment or another
 * extension header, or anything else that the device does not answer, is {@link Ignored}. Checksums
 * are not looked at: the packet comes from the kernel of this machine, over no wire.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------+---------------+---------------------------------------+
 * |   6   | traffic class |              flow label               |
 * |        payload length         |  next header  |   hop limit   |
 * |                       source address (16)                     |
 * |                     destination address (16)                  |
 * +---------------------------------------------------------------+
 * </pre>
 */
sealed interface Packet6 {

  /** Length of the fixed header. */
  int HEADER_LENGTH = 40;

  /** Protocol number (IANA); those of UDP and TCP are the same as over IPv4. */
  int ICMP = 58;

  int ECHO_REQUEST = 128;

  /** As {@link Packet.Udp}. */
  record Udp(
      Ipv6Address source, int sourcePort, Ipv6Address target, int targetPort, ByteBuf payload)
      implements Packet6 {}

  /** As {@link Packet.Tcp}. */
  record Tcp(
      Ipv6Address source,
      int sourcePort,
      Ipv6Address target,
      int targetPort,
      int sequence,
      int acknowledgement,
      Packet.SegmentShape shape)
      implements Packet6 {}

  /** As {@link Packet.Echo}. */
  record Echo(Ipv6Address source, Ipv6Address target, ByteBuf rest) implements Packet6 {}

  /** Nothing for us. */
  record Ignored() implements Packet6 {}

  /** The one instance that is needed. */
  Ignored IGNORED = new Ignored();

  /** Whether this is for {@link #parse} to read. */
  static boolean isVersion6(ByteBuf packet) {
    return packet.isReadable() && packet.getUnsignedByte(packet.readerIndex()) >> 4 == 6;
  }

  /** Reads one packet; never throws, whatever the bytes are. */
  static Packet6 parse(ByteBuf packet) {
    int start = packet.readerIndex();
    int available = packet.readableBytes();
    if (available < HEADER_LENGTH || !isVersion6(packet)) {
      return IGNORED;
    }
    int length = packet.getUnsignedShort(start + 4);
    if (length > available - HEADER_LENGTH) {
      return IGNORED;
    }
    Ipv6Address source = address(packet, start + 8);
    Ipv6Address target = address(packet, start + 24);
    ByteBuf body = packet.slice(start + HEADER_LENGTH, length);
    return switch (packet.getUnsignedByte(start + 6)) {
      case Packet.UDP -> udp(source, target, body);
      case Packet.TCP -> tcp(source, target, body);
      case ICMP -> echo(source, target, body);
      default -> IGNORED;
    };
  }

  private static Ipv6Address address(ByteBuf packet, int index) {
    return new Ipv6Address(packet.getLong(index), packet.getLong(index + 8));
  }

  private static Packet6 udp(Ipv6Address source, Ipv6Address target, ByteBuf body) {
    if (body.readableBytes() < Packet.UDP_HEADER_LENGTH) {
      return IGNORED;
    }
    int length = body.getUnsignedShort(4);
    int targetPort = body.getUnsignedShort(2);
    if (length < Packet.UDP_HEADER_LENGTH || length > body.readableBytes() || targetPort == 0) {
      return IGNORED;
    }
    ByteBuf payload = body.slice(Packet.UDP_HEADER_LENGTH, length - Packet.UDP_HEADER_LENGTH);
    return new Udp(source, body.getUnsignedShort(0), target, targetPort, payload);
  }

  private static Packet6 tcp(Ipv6Address source, Ipv6Address target, ByteBuf body) {
    Packet.SegmentShape shape = Packet.SegmentShape.of(body);
    return shape == null
        ? IGNORED
        : new Tcp(
            source,
            body.getUnsignedShort(0),
            target,
            body.getUnsignedShort(2),
            body.getInt(4),
            body.getInt(8),
            shape);
  }

  private static Packet6 echo(Ipv6Address source, Ipv6Address target, ByteBuf body) {
    boolean request =
        body.readableBytes() >= 8
            && body.getUnsignedByte(0) == ECHO_REQUEST
            && body.getUnsignedByte(1) == 0;
    return request ? new Echo(source, target, body.slice(4, body.readableBytes() - 4)) : IGNORED;
  }
}
