package org.postern.clientconnector.local.tun;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.postern.clientconnector.local.Ipv6Address;

/**
 * Builds the IPv6 packets that the device answers with. Here every checksum covers both addresses,
 * that of ICMPv6 included, and none may be left out (RFC 8200 section 8.1).
 */
final class PacketWriter6 {

  /** Longest payload of one UDP datagram that the device takes whole. */
  static final int UDP_PAYLOAD_MAX =
      TunDevice.MTU - Packet6.HEADER_LENGTH - Packet.UDP_HEADER_LENGTH;

  private static final int BODY = Packet6.HEADER_LENGTH;
  private static final int HOP_LIMIT = 64;
  private static final int ECHO_REPLY = 129;
  private static final int UNREACHABLE = 1;
  private static final int PORT_UNREACHABLE = 4;

  private final ByteBufAllocator allocator;

  PacketWriter6(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  /** One UDP datagram; the payload is only read. */
  ByteBuf udp(
      Ipv6Address source, int sourcePort, Ipv6Address target, int targetPort, ByteBuf payload) {
    int length = Packet.UDP_HEADER_LENGTH + payload.readableBytes();
    ByteBuf packet = header(Packet.UDP, source, target, length);
    packet.writeShort(sourcePort).writeShort(targetPort).writeShort(length).writeShort(0);
    packet.writeBytes(payload, payload.readerIndex(), payload.readableBytes());
    int sum = checksum(packet);
    // Zero means "not computed", which IPv6 forbids: a sum of zero is sent as its other form.
    packet.setShort(BODY + 6, sum == 0 ? 0xffff : sum);
    return packet;
  }

  /** As {@link PacketWriter#reset}. */
  ByteBuf reset(Packet6.Tcp refused) {
    boolean acknowledged = (refused.shape().flags() & Packet.FLAG_ACK) != 0;
    ByteBuf packet =
        header(Packet.TCP, refused.target(), refused.source(), Packet.TCP_HEADER_LENGTH);
    packet.writeShort(refused.targetPort()).writeShort(refused.sourcePort());
    packet.writeInt(acknowledged ? refused.acknowledgement() : 0);
    packet.writeInt(acknowledged ? 0 : refused.sequence() + refused.shape().length());
    packet.writeByte(5 << 4);
    packet.writeByte(acknowledged ? Packet.FLAG_RST : Packet.FLAG_RST | Packet.FLAG_ACK);
    packet.writeShort(0).writeShort(0).writeShort(0);
    return packet.setShort(BODY + 16, checksum(packet));
  }

  /** The answer to an echo request. */
  ByteBuf echoReply(Packet6.Echo request) {
    int length = 4 + request.rest().readableBytes();
    ByteBuf packet = header(Packet6.ICMP, request.target(), request.source(), length);
    packet.writeByte(ECHO_REPLY).writeByte(0).writeShort(0);
    packet.writeBytes(request.rest(), request.rest().readerIndex(), length - 4);
    return packet.setShort(BODY + 2, checksum(packet));
  }

  /** As {@link PacketWriter#portUnreachable} (RFC 4443 section 3.1). */
  ByteBuf portUnreachable(
      Ipv6Address program, int programPort, Ipv6Address target, int targetPort) {
    int quoted = Packet6.HEADER_LENGTH + Packet.UDP_HEADER_LENGTH;
    ByteBuf packet = header(Packet6.ICMP, target, program, 8 + quoted);
    packet.writeByte(UNREACHABLE).writeByte(PORT_UNREACHABLE).writeShort(0).writeInt(0);
    ByteBuf original = header(Packet.UDP, program, target, Packet.UDP_HEADER_LENGTH);
    packet.writeBytes(original);
    original.release();
    packet.writeShort(programPort).writeShort(targetPort);
    packet.writeShort(Packet.UDP_HEADER_LENGTH).writeShort(0);
    return packet.setShort(BODY + 2, checksum(packet));
  }

  private ByteBuf header(int nextHeader, Ipv6Address from, Ipv6Address to, int bodyLength) {
    ByteBuf packet = allocator.directBuffer(Packet6.HEADER_LENGTH + bodyLength);
    packet.writeInt(6 << 28).writeShort(bodyLength).writeByte(nextHeader).writeByte(HOP_LIMIT);
    packet.writeLong(from.high()).writeLong(from.low());
    return packet.writeLong(to.high()).writeLong(to.low());
  }

  /** Over the body and the pseudo header: both addresses, length, next header. */
  private static int checksum(ByteBuf packet) {
    int length = packet.writerIndex() - BODY;
    long sum = PacketWriter.sum(packet, 8, 32) + PacketWriter.sum(packet, BODY, length);
    return PacketWriter.fold(sum + length + packet.getUnsignedByte(6));
  }
}
