package org.postern.clientconnector.local.dns;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Locale;

/**
 * One question as a program sent it (RFC 1035 section 4.1, RFC 6891 for the OPT record). Strict:
 * exactly one question, no compression in it, nothing but an OPT record after it that we would have
 * to understand.
 *
 * <pre>
 *  0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15
 * +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 * |                      ID                       |
 * |QR|   Opcode  |AA|TC|RD|RA| Z|AD|CD|   RCODE   |
 * |                    QDCOUNT                    |
 * |                    ANCOUNT                    |
 * |                    NSCOUNT                    |
 * |                    ARCOUNT                    |
 * +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 * </pre>
 *
 * @param id chosen by the program
 * @param flags second 16 bits of the header
 * @param name lower case, without a trailing dot, empty for the root
 * @param type record type asked for
 * @param classCode 1 is IN
 * @param question the question section as it was sent, letter case included; on the heap, never
 *     released
 * @param edns whether an OPT record came with it
 */
record DnsQuery(
    int id, int flags, String name, int type, int classCode, ByteBuf question, boolean edns) {

  static final int HEADER_LENGTH = 12;
  static final int TYPE_A = 1;
  static final int TYPE_SOA = 6;
  static final int TYPE_PTR = 12;
  static final int TYPE_AAAA = 28;
  static final int TYPE_OPT = 41;
  static final int TYPE_ANY = 255;
  static final int CLASS_IN = 1;
  static final int FLAG_RESPONSE = 0x8000;
  static final int OPCODE_MASK = 0x7800;

  private static final int LABEL_LENGTH_MAX = 63;
  private static final int NAME_LENGTH_MAX = 255;

  /** What a message turned out to be. */
  sealed interface Parsed {
    /** A question that we understand whole. */
    record Question(DnsQuery query) implements Parsed {}

    /** No question at all, or none with a header to answer: dropped. */
    record Garbage() implements Parsed {}

    /**
     * A header and something that we do not understand behind it: passed on or answered FORMERR.
     */
    record Odd(int id, int flags) implements Parsed {}
  }

  /** Reads a message; never throws, whatever the bytes are. */
  static Parsed parse(ByteBuf message, int lengthMax) {
    int length = message.readableBytes();
    if (length < HEADER_LENGTH || length > lengthMax) {
      return new Parsed.Garbage();
    }
    int start = message.readerIndex();
    int id = message.getUnsignedShort(start);
    int flags = message.getUnsignedShort(start + 2);
    if ((flags & FLAG_RESPONSE) != 0) {
      return new Parsed.Garbage();
    }
    Parsed.Odd odd = new Parsed.Odd(id, flags);
    boolean plain =
        (flags & OPCODE_MASK) == 0
            && message.getUnsignedShort(start + 4) == 1
            && message.getUnsignedShort(start + 6) == 0
            && message.getUnsignedShort(start + 8) == 0
            && message.getUnsignedShort(start + 10) <= 2;
    if (!plain) {
      return odd;
    }
    ByteBuf rest = message.slice(start + HEADER_LENGTH, length - HEADER_LENGTH);
    StringBuilder name = new StringBuilder();
    if (!readName(rest, name) || rest.readableBytes() < 4) {
      return odd;
    }
    int type = rest.readUnsignedShort();
    int classCode = rest.readUnsignedShort();
    ByteBuf question =
        Unpooled.wrappedBuffer(ByteBufUtil.getBytes(rest, 0, rest.readerIndex(), true));
    boolean edns = message.getUnsignedShort(start + 10) > 0 && isOpt(rest);
    return new Parsed.Question(
        new DnsQuery(
            id, flags, name.toString().toLowerCase(Locale.ROOT), type, classCode, question, edns));
  }

  /** Reads an uncompressed name; bytes outside ASCII letters, digits, '-' and '_' become '?'. */
  static boolean readName(ByteBuf bytes, StringBuilder name) {
    int total = 1;
    while (bytes.isReadable()) {
      int length = bytes.readUnsignedByte();
      if (length == 0) {
        return true;
      }
      total += length + 1;
      if (length > LABEL_LENGTH_MAX || total > NAME_LENGTH_MAX || length > bytes.readableBytes()) {
        return false;
      }
      if (!name.isEmpty()) {
        name.append('.');
      }
      for (int i = 0; i < length; i++) {
        name.append(printable(bytes.readUnsignedByte()));
      }
    }
    return false;
  }

  private static char printable(int octet) {
    boolean known =
        (octet >= 'a' && octet <= 'z')
            || (octet >= 'A' && octet <= 'Z')
            || (octet >= '0' && octet <= '9')
            || octet == '-'
            || octet == '_';
    return known ? (char) octet : '?';
  }

  private static boolean isOpt(ByteBuf rest) {
    return rest.readableBytes() >= 11
        && rest.readByte() == 0
        && rest.readUnsignedShort() == TYPE_OPT;
  }
}
