package org.postern.clientconnector.local.tun;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** Builds the IPv4 packets that the device answers with, checksums included (RFC 1071). */
final class PacketWriter {

  /** Longest payload of one UDP datagram over IPv4. */
  static final int UDP_PAYLOAD_MAX =
      TunDevice.MTU - Packet.HEADER_LENGTH - Packet.UDP_HEADER_LENGTH;

  private static final int TTL = 64;
  private static final int DONT_FRAGMENT = 0x4000;
  private static final int ICMP_ECHO_REPLY = 0;
  private static final int ICMP_UNREACHABLE = 3;
  private static final int ICMP_PORT_UNREACHABLE = 3;

  private final ByteBufAllocator allocator;

  PacketWriter(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  /** One UDP datagram; the payload is only read. */
  ByteBuf udp(int source, int sourcePort, int target, int targetPort, ByteBuf payload) {
    int length = Packet.UDP_HEADER_LENGTH + payload.readableBytes();
    ByteBuf packet = header(Packet.UDP, source, target, length);
    packet.writeShort(sourcePort).writeShort(targetPort).writeShort(length).writeShort(0);
    packet.writeBytes(payload, payload.readerIndex(), payload.readableBytes());
    int sum = transportChecksum(packet, Packet.UDP, source, target);
    // Zero means "not computed" in UDP, so a sum of zero is sent as its other form.
    packet.setShort(Packet.HEADER_LENGTH + 6, sum == 0 ? 0xffff : sum);
    return packet;
  }

  /**
   * The reset that answers a segment for a port where nobody listens (RFC 9293 section 3.10.7.1).
   */
  ByteBuf reset(Packet.Tcp refused) {
    boolean acknowledged = (refused.shape().flags() & Packet.FLAG_ACK) != 0;
    ByteBuf packet =
        header(Packet.TCP, refused.target(), refused.source(), Packet.TCP_HEADER_LENGTH);
    packet.writeShort(refused.targetPort()).writeShort(refused.sourcePort());
    packet.writeInt(acknowledged ? refused.acknowledgement() : 0);
    packet.writeInt(acknowledged ? 0 : refused.sequence() + refused.shape().length());
    packet.writeByte(5 << 4);
    packet.writeByte(acknowledged ? Packet.FLAG_RST : Packet.FLAG_RST | Packet.FLAG_ACK);
    packet.writeShort(0).writeShort(0).writeShort(0);
    packet.setShort(
        Packet.HEADER_LENGTH + 16,
        transportChecksum(packet, Packet.TCP, refused.target(), refused.source()));
    return packet;
  }

  /** The answer to an echo request. */
  ByteBuf echoReply(Packet.Echo request) {
    int length = 4 + request.rest().readableBytes();
    ByteBuf packet = header(Packet.ICMP, request.target(), request.source(), length);
    packet.writeByte(ICMP_ECHO_REPLY).writeByte(0).writeShort(0);
    packet.writeBytes(request.rest(), request.rest().readerIndex(), length - 4);
    packet.setShort(Packet.HEADER_LENGTH + 2, fold(sum(packet, Packet.HEADER_LENGTH, length)));
    return packet;
  }

  /**
   * Tells a program that its datagram is not wanted, as a host does where nobody listens: it gets
   * "connection refused" at once instead of silence.
   */
  ByteBuf portUnreachable(int program, int programPort, int target, int targetPort) {
    int quoted = Packet.HEADER_LENGTH + Packet.UDP_HEADER_LENGTH;
    ByteBuf packet = header(Packet.ICMP, target, program, 8 + quoted);
    packet.writeByte(ICMP_UNREACHABLE).writeByte(ICMP_PORT_UNREACHABLE).writeShort(0).writeInt(0);
    ByteBuf original = header(Packet.UDP, program, target, Packet.UDP_HEADER_LENGTH);
    packet.writeBytes(original);
    original.release();
    packet.writeShort(programPort).writeShort(targetPort);
    packet.writeShort(Packet.UDP_HEADER_LENGTH).writeShort(0);
    packet.setShort(Packet.HEADER_LENGTH + 2, fold(sum(packet, Packet.HEADER_LENGTH, 8 + quoted)));
    return packet;
  }

  private ByteBuf header(int protocol, int from, int to, int bodyLength) {
    ByteBuf packet = allocator.directBuffer(Packet.HEADER_LENGTH + bodyLength);
    packet.writeByte(0x45).writeByte(0).writeShort(Packet.HEADER_LENGTH + bodyLength);
    packet.writeShort(0).writeShort(DONT_FRAGMENT);
    packet.writeByte(TTL).writeByte(protocol).writeShort(0).writeInt(from).writeInt(to);
    packet.setShort(10, fold(sum(packet, 0, Packet.HEADER_LENGTH)));
    return packet;
  }

  private static int transportChecksum(ByteBuf packet, int protocol, int from, int to) {
    int length = packet.writerIndex() - Packet.HEADER_LENGTH;
    long sum = sum(packet, Packet.HEADER_LENGTH, length);
    sum += (from >>> 16) + (from & 0xffff) + (to >>> 16) + (to & 0xffff);
    return fold(sum + protocol + length);
  }

  static long sum(ByteBuf bytes, int index, int length) {
    long sum = 0;
    int end = index + length;
    int i = index;
    for (; i + 4 <= end; i += 4) {
      long word = bytes.getUnsignedInt(i);
      sum += (word >>> 16) + (word & 0xffff);
    }
    for (; i + 2 <= end; i += 2) {
      sum += bytes.getUnsignedShort(i);
    }
    return i < end ? sum + (bytes.getUnsignedByte(i) << 8) : sum;
  }

  static int fold(long sum) {
    long folded = sum;
    while (folded >>> 16 != 0) {
      folded = (folded & 0xffff) + (folded >>> 16);
    }
    return (int) ~folded & 0xffff;
  }
}
