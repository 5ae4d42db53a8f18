package org.postern.demo;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** As much of DNS (RFC 1035) as one question and one address need. */
final class DnsMessage {
  static final int TYPE_A = 1;
  static final int RCODE_NAME_ERROR = 3;
  private static final int HEADER_BYTES = 12;
  private static final int NAME_BYTES_MAX = 255;
  private static final int LABEL_BYTES_MAX = 63;
  private static final int CLASS_IN = 1;
  private static final int TTL_SECONDS = 30;

  private DnsMessage() {}

  /**
   * A question.
   *
   * @param end index after it in the message
   */
  record Question(String name, int type, int end) {}

  /** Asks for one name, with recursion desired. */
  static byte[] query(int id, String name, int type) {
    ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES + NAME_BYTES_MAX + 5);
    out.putShort((short) id).putShort((short) 0x0100).putShort((short) 1);
    out.putShort((short) 0).putShort((short) 0).putShort((short) 0);
    for (String label : name.split("\\.", -1)) {
      byte[] bytes = label.getBytes(StandardCharsets.US_ASCII);
      out.put((byte) bytes.length).put(bytes);
    }
    out.put((byte) 0).putShort((short) type).putShort((short) CLASS_IN);
    return Arrays.copyOf(out.array(), out.position());
  }

  /** The one question of a message. */
  static Question question(byte[] message) throws IOException {
    StringBuilder name = new StringBuilder();
    int at = HEADER_BYTES;
    while (at < message.length && message[at] != 0) {
      int length = message[at] & 0xff;
      if (length > LABEL_BYTES_MAX || at + 1 + length >= message.length) {
        throw new IOException("not a question");
      }
      name.append(name.isEmpty() ? "" : ".")
          .append(new String(message, at + 1, length, StandardCharsets.US_ASCII));
      at += 1 + length;
    }
    if (at + 5 > message.length) {
      throw new IOException("not a question");
    }
    int type = (message[at + 1] & 0xff) << 8 | (message[at + 2] & 0xff);
    return new Question(name.toString().toLowerCase(Locale.ROOT), type, at + 5);
  }

  /** The answer to a question: an address, or nothing of that type, or no such name. */
  static byte[] answer(byte[] query, boolean known, byte[] address) throws IOException {
    Question question = question(query);
    boolean found = known && question.type() == TYPE_A;
    ByteBuffer out = ByteBuffer.allocate(question.end() + 16);
    out.put(query, 0, question.end());
    out.putShort(2, (short) (0x8180 | (known ? 0 : RCODE_NAME_ERROR)));
    out.putShort(4, (short) 1).putShort(6, (short) (found ? 1 : 0));
    out.putShort(8, (short) 0).putShort(10, (short) 0);
    if (found) {
      out.putShort((short) (0xc000 | HEADER_BYTES)).putShort((short) TYPE_A);
      out.putShort((short) CLASS_IN).putInt(TTL_SECONDS).putShort((short) 4).put(address);
    }
    return Arrays.copyOf(out.array(), out.position());
  }

  static int rcode(byte[] message) {
    return message[3] & 0x0f;
  }

  /** What follows the question, and the header without its id: all that an answer tells. */
  static byte[] tellingPart(byte[] message) throws IOException {
    int end = question(message).end();
    ByteBuffer out = ByteBuffer.allocate(message.length);
    out.put(message, 2, HEADER_BYTES - 2).put(message, end, message.length - end);
    return Arrays.copyOf(out.array(), out.position());
  }

  /** IPv4 addresses in the answer section. */
  static List<String> addresses(byte[] message) throws IOException {
    List<String> found = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(message);
    int count = in.getShort(6) & 0xffff;
    in.position(question(message).end());
    for (int i = 0; i < count; i++) {
      skipName(in);
      int type = in.getShort() & 0xffff;
      in.position(in.position() + 6);
      byte[] data = new byte[in.getShort() & 0xffff];
      in.get(data);
      if (type == TYPE_A && data.length == 4) {
        found.add(
            "%d.%d.%d.%d"
                .formatted(data[0] & 0xff, data[1] & 0xff, data[2] & 0xff, data[3] & 0xff));
      }
    }
    return found;
  }

  private static void skipName(ByteBuffer in) {
    for (int length = in.get() & 0xff; length != 0; length = in.get() & 0xff) {
      if (length >= 0xc0) {
        in.get();
        return;
      }
      in.position(in.position() + length);
    }
  }
}
