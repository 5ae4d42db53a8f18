package org.postern.clientconnector.local.dns;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DnsQueryTest {

  private static final int LENGTH_MAX = 4_096;

  private static ByteBuf question(int id, String name, int type) {
    ByteBuf message = Unpooled.buffer();
    message.writeShort(id).writeShort(0x0100).writeShort(1).writeShort(0).writeInt(0);
    for (String label : name.split("\\.")) {
      message.writeByte(label.length()).writeCharSequence(label, StandardCharsets.US_ASCII);
    }
    return message.writeByte(0).writeShort(type).writeShort(1);
  }

  private static DnsQuery parse(ByteBuf message) {
    return ((DnsQuery.Parsed.Question) DnsQuery.parse(message, LENGTH_MAX)).query();
  }

  @Test
  void questionIsReadAndItsLetterCaseRepeated() {
    DnsQuery query = parse(question(7, "PayMents.corp.Internal", 1));
    assertThat(query.name()).isEqualTo("payments.corp.internal");
    ByteBuf answer = DnsAnswer.address(query, 0x64400709, 10);
    assertThat(ByteBufUtil.hexDump(answer))
        .isEqualTo(
            "0007"
                + "8180"
                + "0001"
                + "0001"
                + "0000"
                + "0000"
                + "085061794d656e747304636f727008496e7465726e616c00"
                + "00010001"
                + "c00c"
                + "00010001"
                + "0000000a"
                + "0004"
                + "64400709");
    answer.release();
  }

  @Test
  void forbiddenAndNonexistentNamesHaveTheSameShape() {
    ByteBuf one = DnsAnswer.noSuchName(parse(question(1, "secret.corp.internal", 1)), 5);
    ByteBuf other = DnsAnswer.noSuchName(parse(question(1, "absent.corp.internal", 1)), 5);
    assertThat(ByteBufUtil.hexDump(one).replace("736563726574", "616273656e74"))
        .isEqualTo(ByteBufUtil.hexDump(other));
    one.release();
    other.release();
  }

  @Test
  void dotOrOddByteInsideALabelCannotForgeAName() {
    ByteBuf message = Unpooled.buffer();
    message.writeLong(0x0001_0100_0001_0000L).writeInt(0);
    message.writeByte(3).writeBytes(new byte[] {'a', '.', 'b'});
    message.writeByte(2).writeBytes(new byte[] {'x', (byte) 0xff});
    message.writeByte(0).writeShort(1).writeShort(1);
    assertThat(parse(message).name()).isEqualTo("a?b.x?");
  }

  @Test
  void answersCompressionAndTooLongNamesAreNotQuestions() {
    ByteBuf answer = question(1, "a.b", 1).setShort(2, 0x8180);
    assertThat(DnsQuery.parse(answer, LENGTH_MAX)).isInstanceOf(DnsQuery.Parsed.Garbage.class);
    ByteBuf pointer = question(1, "a.b", 1).setByte(12, 0xc0);
    assertThat(DnsQuery.parse(pointer, LENGTH_MAX)).isInstanceOf(DnsQuery.Parsed.Odd.class);
    ByteBuf longName = question(1, "a".repeat(63).concat(".").repeat(4) + "a", 1);
    assertThat(DnsQuery.parse(longName, LENGTH_MAX)).isInstanceOf(DnsQuery.Parsed.Odd.class);
    ByteBuf two = question(1, "a.b", 1).setShort(4, 2);
    assertThat(DnsQuery.parse(two, LENGTH_MAX)).isInstanceOf(DnsQuery.Parsed.Odd.class);
    ByteBuf large = question(1, "a.b", 1).writeZero(LENGTH_MAX);
    assertThat(DnsQuery.parse(large, LENGTH_MAX)).isInstanceOf(DnsQuery.Parsed.Garbage.class);
  }

  @Test
  void noBytesMakeTheParserThrow() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] good = ByteBufUtil.getBytes(question(9, "payments.corp.internal", 1));
    for (int round = 0; round < 40_000; round++) {
      byte[] bytes = good.clone();
      if (random.nextInt(3) == 0) {
        bytes = new byte[random.nextInt(100)];
        random.nextBytes(bytes);
      } else {
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 12));
      }
      DnsQuery.Parsed parsed = DnsQuery.parse(Unpooled.wrappedBuffer(bytes), LENGTH_MAX);
      if (parsed instanceof DnsQuery.Parsed.Question question) {
        assertThat(question.query().name().length()).as("seed %d", seed).isLessThan(254);
        DnsAnswer.noSuchName(question.query(), 5).release();
      }
    }
  }
}
