package org.postern.clientconnector.local.tun;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.postern.clientconnector.local.Ipv6Address;

/** The golden bytes, checksums included, were computed by other code than ours. */
class Packet6Test {

  private static final Ipv6Address PROGRAM = Ipv6Address.parse("fd12:3456:789a::6440:1");
  private static final Ipv6Address HOST = Ipv6Address.parse("fd12:3456:789a::6440:709");
  private static final String PROGRAM_HEX = "fd123456789a00000000000064400001";
  private static final String HOST_HEX = "fd123456789a00000000000064400709";

  private final PacketWriter6 writer = new PacketWriter6(ByteBufAllocator.DEFAULT);

  private static void assertBytes(ByteBuf packet, String expected) {
    assertThat(ByteBufUtil.hexDump(packet)).isEqualTo(expected);
    packet.release();
  }

  @Test
  void datagramHasTheseBytes() {
    assertBytes(
        writer.udp(HOST, 53, PROGRAM, 40_000, Unpooled.wrappedBuffer(new byte[] {1, 2, 3})),
        "60000000000b1140" + HOST_HEX + PROGRAM_HEX + "00359c40000b3bcf" + "010203");
  }

  @Test
  void checksumOfZeroIsSentAsItsOtherForm() {
    ByteBuf payload = Unpooled.wrappedBuffer(new byte[] {0x3f, (byte) 0xd3});
    assertBytes(
        writer.udp(HOST, 53, PROGRAM, 40_000, payload),
        "60000000000a1140" + HOST_HEX + PROGRAM_HEX + "00359c40000affff" + "3fd3");
  }

  @Test
  void resetOfASynHasTheseBytes() {
    Packet6.Tcp syn =
        new Packet6.Tcp(PROGRAM, 40_000, HOST, 81, -1, 0, new Packet.SegmentShape(2, 1));
    assertBytes(
        writer.reset(syn),
        "6000000000140640"
            + HOST_HEX
            + PROGRAM_HEX
            + "00519c4000000000000000005014"
            + "0000efad0000");
  }

  @Test
  void resetOfAnAcknowledgedSegmentTakesItsNumber() {
    Packet6.Tcp segment =
        new Packet6.Tcp(PROGRAM, 40_000, HOST, 81, 100, 777, new Packet.SegmentShape(16, 5));
    ByteBuf packet = writer.reset(segment);
    assertChecksum(packet, 0);
    assertThat(Packet6.parse(packet))
        .isEqualTo(
            new Packet6.Tcp(
                HOST, 81, PROGRAM, 40_000, 777, 0, new Packet.SegmentShape(Packet.FLAG_RST, 0)));
    packet.release();
  }

  @Test
  void portUnreachableHasTheseBytes() {
    assertBytes(
        writer.portUnreachable(PROGRAM, 40_000, HOST, 9),
        "6000000000383a40"
            + HOST_HEX
            + PROGRAM_HEX
            + "0104a9cb00000000"
            + "6000000000081140"
            + PROGRAM_HEX
            + HOST_HEX
            + "9c40000900080000");
  }

  @Test
  void echoReplyHasTheseBytes() {
    byte[] rest = {0, 7, 0, 1, 9};
    assertBytes(
        writer.echoReply(new Packet6.Echo(PROGRAM, HOST, Unpooled.wrappedBuffer(rest))),
        "6000000000093a40" + HOST_HEX + PROGRAM_HEX + "81005222" + "0007000109");
  }

  @Test
  void echoRequestIsRead() {
    ByteBuf packet = writer.echoReply(new Packet6.Echo(HOST, PROGRAM, Unpooled.EMPTY_BUFFER));
    assertThat(Packet6.parse(packet)).isEqualTo(Packet6.IGNORED); // a reply, and too short
    packet.release();
    ByteBuf rest = Unpooled.wrappedBuffer(new byte[] {0, 7, 0, 1, 9});
    ByteBuf request = writer.echoReply(new Packet6.Echo(HOST, PROGRAM, rest));
    request.setByte(40, Packet6.ECHO_REQUEST);
    assertThat(Packet6.parse(request)).isEqualTo(new Packet6.Echo(PROGRAM, HOST, rest));
    request.release();
  }

  @Test
  void everyPacketThatIsWrittenChecksAndReadsBack() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      byte[] bytes = new byte[round == 0 ? 0 : random.nextInt(2_000)];
      random.nextBytes(bytes);
      ByteBuf payload = Unpooled.wrappedBuffer(bytes);
      int port = 1 + random.nextInt(65_535);
      ByteBuf packet = writer.udp(HOST, port, PROGRAM, 4_321, payload);
      assertChecksum(packet, seed);
      assertThat(Packet6.parse(packet))
          .as("seed %d", seed)
          .isEqualTo(new Packet6.Udp(HOST, port, PROGRAM, 4_321, payload));
      packet.release();
    }
  }

  @Test
  void contradictingLengthsFragmentsAndExtensionHeadersAreIgnored() {
    ByteBuf good = writer.udp(HOST, 53, PROGRAM, 40_000, Unpooled.wrappedBuffer(new byte[10]));
    assertIgnored(good, 0, 0x45); // IPv4
    assertIgnored(good, 5, 19); // payload beyond the packet
    assertIgnored(good, 5, 7); // no room for a UDP header
    assertIgnored(good, 6, 0); // hop-by-hop options
    assertIgnored(good, 6, 44); // a fragment
    assertIgnored(good, 6, Packet.TCP); // shorter than a TCP header
    assertIgnored(good, 6, 1); // ICMP of the other version
    assertIgnored(good, 45, 7); // UDP length inside its header
    assertIgnored(good, 45, 19); // UDP length beyond the packet
    good.release();
  }

  private static void assertIgnored(ByteBuf good, int index, int value) {
    ByteBuf changed = good.copy();
    changed.setByte(index, value);
    assertThat(Packet6.parse(changed)).as("byte %d = %d", index, value).isEqualTo(Packet6.IGNORED);
    changed.release();
  }

  @Test
  void noBytesMakeTheParserThrowOrReadOutside() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 40_000; round++) {
      byte[] bytes = new byte[random.nextInt(100)];
      random.nextBytes(bytes);
      if (bytes.length > 40 && random.nextInt(4) != 0) {
        bytes[0] = (byte) (0x60 | random.nextInt(16));
        bytes[4] = 0;
        bytes[5] = (byte) random.nextInt(70);
        bytes[6] = new byte[] {6, 17, 58}[random.nextInt(3)];
        bytes[40] = random.nextBoolean() ? (byte) Packet6.ECHO_REQUEST : bytes[40];
      }
      switch (Packet6.parse(Unpooled.wrappedBuffer(bytes))) {
        case Packet6.Udp udp ->
            assertThat(udp.payload().readableBytes())
                .as("seed %d", seed)
                .isLessThanOrEqualTo(bytes.length - 48);
        case Packet6.Tcp tcp -> writer.reset(tcp).release();
        case Packet6.Echo echo -> writer.echoReply(echo).release();
        case Packet6.Ignored _ -> {}
      }
    }
  }

  private static void assertChecksum(ByteBuf packet, long seed) {
    int length = packet.readableBytes() - 40;
    long sum = PacketWriter.sum(packet, 8, 32) + PacketWriter.sum(packet, 40, length);
    assertThat(PacketWriter.fold(sum + length + packet.getUnsignedByte(6)))
        .as("seed %d", seed)
        .isZero();
  }
}
