package org.postern.clientconnector.local.dns;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import org.postern.clientconnector.local.Ipv6Address;

/**
 * Builds our answers. The question is repeated byte for byte, because a resolver that mixes letter
 * case against forgery compares it.
 */
final class DnsAnswer {

  static final int NO_ERROR = 0;
  static final int FORMAT_ERROR = 1;
  static final int SERVER_FAILURE = 2;
  static final int NAME_ERROR = 3;
  static final int NOT_IMPLEMENTED = 4;

  private static final int FLAGS_KEPT = DnsQuery.OPCODE_MASK | 0x0100 | 0x0010; // opcode, RD, CD
  private static final int RECURSION_AVAILABLE = 0x0080;
  private static final int QUESTION_NAME = 0xc000 | DnsQuery.HEADER_LENGTH;
  private static final int UDP_PAYLOAD = 1_232;

  private DnsAnswer() {}

  /** One address for the name asked. */
  static ByteBuf address(DnsQuery query, int address, int ttlSeconds) {
    ByteBuf message = start(query, NO_ERROR, 1, 0);
    record(message, DnsQuery.TYPE_A, ttlSeconds).writeShort(4).writeInt(address);
    return end(query, message);
  }

  /** The same address for a program that asks for IPv6. */
  static ByteBuf address(DnsQuery query, Ipv6Address address, int ttlSeconds) {
    ByteBuf message = start(query, NO_ERROR, 1, 0);
    record(message, DnsQuery.TYPE_AAAA, ttlSeconds).writeShort(16);
    return end(query, message.writeLong(address.high()).writeLong(address.low()));
  }

  /** The name behind an address. */
  static ByteBuf pointer(DnsQuery query, String name, int ttlSeconds) {
    ByteBuf message = start(query, NO_ERROR, 1, 0);
    record(message, DnsQuery.TYPE_PTR, ttlSeconds);
    int lengthAt = message.writerIndex();
    message.writeShort(0);
    writeName(message, name);
    message.setShort(lengthAt, message.writerIndex() - lengthAt - 2);
    return end(query, message);
  }

  /** The name exists, but has no record of this type. */
  static ByteBuf noData(DnsQuery query, int ttlSeconds) {
    return negative(query, NO_ERROR, ttlSeconds);
  }

  /** There is no such name, as far as this user can tell. */
  static ByteBuf noSuchName(DnsQuery query, int ttlSeconds) {
    return negative(query, NAME_ERROR, ttlSeconds);
  }

  /** No answer now. */
  static ByteBuf failure(DnsQuery query, int code) {
    return end(query, start(query, code, 0, 0));
  }

  /** For a message whose question could not be read. */
  static ByteBuf failure(int id, int flags, int code) {
    ByteBuf message = ByteBufAllocator.DEFAULT.directBuffer(DnsQuery.HEADER_LENGTH);
    message.writeShort(id).writeShort(DnsQuery.FLAG_RESPONSE | (flags & FLAGS_KEPT) | code);
    return message.writeLong(0);
  }

  /**
   * Negative answers carry a SOA record, or nobody would remember them (RFC 2308 section 5). Its
   * owner is the name asked itself, not the zone: the shape must not depend on which of our domains
   * it is.
   */
  private static ByteBuf negative(DnsQuery query, int code, int ttlSeconds) {
    ByteBuf message = start(query, code, 0, 1);
    record(message, DnsQuery.TYPE_SOA, ttlSeconds);
    int lengthAt = message.writerIndex();
    message.writeShort(0);
    writeName(message, "ns.postern.invalid");
    writeName(message, "hostmaster.postern.invalid");
    message.writeInt(1).writeInt(3_600).writeInt(600).writeInt(86_400).writeInt(ttlSeconds);
    message.setShort(lengthAt, message.writerIndex() - lengthAt - 2);
    return end(query, message);
  }

  private static ByteBuf start(DnsQuery query, int code, int answers, int authorities) {
    ByteBuf message = ByteBufAllocator.DEFAULT.directBuffer(512);
    message.writeShort(query.id());
    message.writeShort(
        DnsQuery.FLAG_RESPONSE | RECURSION_AVAILABLE | (query.flags() & FLAGS_KEPT) | code);
    message.writeShort(1).writeShort(answers).writeShort(authorities);
    message.writeShort(query.edns() ? 1 : 0);
    return message.writeBytes(query.question(), 0, query.question().writerIndex());
  }

  private static ByteBuf record(ByteBuf message, int type, int ttlSeconds) {
    return message
        .writeShort(QUESTION_NAME)
        .writeShort(type)
        .writeShort(DnsQuery.CLASS_IN)
        .writeInt(ttlSeconds);
  }

  private static ByteBuf end(DnsQuery query, ByteBuf message) {
    if (query.edns()) {
      message.writeByte(0).writeShort(DnsQuery.TYPE_OPT).writeShort(UDP_PAYLOAD);
      message.writeInt(0).writeShort(0);
    }
    return message;
  }

  private static void writeName(ByteBuf message, String name) {
    for (String label : name.split("\\.")) {
      message.writeByte(label.length());
      message.writeCharSequence(label, StandardCharsets.US_ASCII);
    }
    message.writeByte(0);
  }
}
