package org.postern.clientconnector.local.tun;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.postern.clientconnector.local.Ipv4Range;

class PacketTest {

  private static final int PROGRAM = Ipv4Range.parseAddress("100.64.0.1");
  private static final int HOST = Ipv4Range.parseAddress("100.64.7.9");

  private final PacketWriter writer = new PacketWriter(ByteBufAllocator.DEFAULT);

  @Test
  void datagramHasTheseBytes() {
    ByteBuf packet =
        writer.udp(HOST, 53, PROGRAM, 40_000, Unpooled.copiedBuffer(new byte[] {1, 2, 3}));
    // Checksums computed by other code than ours (RFC 1071).
    assertThat(ByteBufUtil.hexDump(packet))
        .isEqualTo("4500001f0000400040116b44" + "64400709" + "64400001" + "00359c40000b8fd6010203");
    packet.release();
  }

  @Test
  void everyPacketThatIsWrittenChecksAndReadsBack() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      byte[] bytes = new byte[round == 0 ? 0 : random.nextInt(2_000)];
      random.nextBytes(bytes);
      ByteBuf payload = Unpooled.wrappedBuffer(bytes);
      int port = 1 + random.nextInt(65_535);
      ByteBuf packet = writer.udp(HOST, port, PROGRAM, 4_321, payload);
      assertChecksums(packet, Packet.UDP, seed);
      assertThat(Packet.parse(packet))
          .as("seed %d", seed)
          .isEqualTo(new Packet.Udp(HOST, port, PROGRAM, 4_321, payload));
      packet.release();
    }
  }

  @Test
  void resetOfASynAcknowledgesIt() {
    Packet.Tcp syn =
        new Packet.Tcp(PROGRAM, 40_000, HOST, 81, -1, 0, new Packet.SegmentShape(2, 1));
    ByteBuf packet = writer.reset(syn);
    assertChecksums(packet, Packet.TCP, 0);
    assertThat(Packet.parse(packet))
        .isEqualTo(
            new Packet.Tcp(
                HOST,
                81,
                PROGRAM,
                40_000,
                0,
                0, // sequence -1 and one for the SYN
                new Packet.SegmentShape(Packet.FLAG_RST | Packet.FLAG_ACK, 0)));
    packet.release();
  }

  @Test
  void resetOfAnAcknowledgedSegmentTakesItsNumber() {
    Packet.Tcp segment =
        new Packet.Tcp(PROGRAM, 40_000, HOST, 81, 100, 777, new Packet.SegmentShape(16, 5));
    ByteBuf packet = writer.reset(segment);
    assertThat(Packet.parse(packet))
        .isEqualTo(
            new Packet.Tcp(
                HOST, 81, PROGRAM, 40_000, 777, 0, new Packet.SegmentShape(Packet.FLAG_RST, 0)));
    packet.release();
  }

  @Test
  void contradictingLengthsAndFragmentsAreIgnored() {
    ByteBuf good = writer.udp(HOST, 53, PROGRAM, 40_000, Unpooled.wrappedBuffer(new byte[10]));
    assertIgnored(good, 0, 0x65); // IPv6
    assertIgnored(good, 0, 0x44); // header shorter than 20
    assertIgnored(good, 0, 0x4f); // header longer than what follows allows
    assertIgnored(good, 3, 200); // total beyond the packet
    assertIgnored(good, 3, 19); // total inside the header
    assertIgnored(good, 6, 0x20); // more fragments
    assertIgnored(good, 7, 1); // not the first fragment
    assertIgnored(good, 25, 7); // UDP length inside its header
    assertIgnored(good, 25, 99); // UDP length beyond the packet
    good.release();
  }

  private static void assertIgnored(ByteBuf good, int index, int value) {
    ByteBuf changed = good.copy();
    changed.setByte(index, value);
    assertThat(Packet.parse(changed)).as("byte %d = %d", index, value).isEqualTo(Packet.IGNORED);
    changed.release();
  }

  @Test
  void noBytesMakeTheParserThrowOrReadOutside() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 40_000; round++) {
      byte[] bytes = new byte[random.nextInt(80)];
      random.nextBytes(bytes);
      if (bytes.length > 10 && random.nextInt(4) != 0) {
        bytes[0] = (byte) (0x40 | random.nextInt(16));
        bytes[2] = 0;
        bytes[6] = 0;
        bytes[7] = 0;
        bytes[9] = new byte[] {1, 6, 17}[random.nextInt(3)];
      }
      Packet packet = Packet.parse(Unpooled.wrappedBuffer(bytes));
      if (packet instanceof Packet.Udp udp) {
        assertThat(udp.payload().readableBytes())
            .as("seed %d", seed)
            .isLessThanOrEqualTo(bytes.length - 28);
      }
      if (packet instanceof Packet.Tcp tcp) {
        writer.reset(tcp).release();
      }
      if (packet instanceof Packet.Echo echo) {
        writer.echoReply(echo).release();
      }
    }
  }

  private static void assertChecksums(ByteBuf packet, int protocol, long seed) {
    assertThat(PacketWriter.fold(PacketWriter.sum(packet, 0, 20))).as("seed %d", seed).isZero();
    int length = packet.readableBytes() - 20;
    long sum = PacketWriter.sum(packet, 12, 8) + protocol + length;
    sum += PacketWriter.sum(packet, 20, length);
    assertThat(PacketWriter.fold(sum)).as("seed %d", seed).isZero();
  }
}
