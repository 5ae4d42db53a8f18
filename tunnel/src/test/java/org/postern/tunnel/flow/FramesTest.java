package org.postern.tunnel.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.tunnel.message.ReasonCode;

/** The bytes of every frame, both ways, and what is done with bytes that are no frames. */
class FramesTest {
  private static final int FUZZ_ROUNDS = 20_000;

  private static String written(Consumer<ByteBuf> writer) {
    ByteBuf out = Unpooled.buffer();
    writer.accept(out);
    return ByteBufUtil.hexDump(out);
  }

  private static FrameLog decode(String hex) throws FrameFault {
    FrameLog log = new FrameLog();
    FrameDecoder decoder = new FrameDecoder(UnpooledByteBufAllocator.DEFAULT, log);
    try {
      decoder.feed(Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex)));
    } finally {
      decoder.close();
    }
    return log;
  }

  @Test
  void goldenBytesOfEveryFrame() {
    assertThat(written(out -> Frames.header(out, Frames.DATA, 65_536, 17)))
        .isEqualTo("01010000" + "00000011");
    assertThat(written(out -> Frames.ack(out, 17, 0x0102030405L, 8 << 20)))
        .isEqualTo("0200000c" + "00000011" + "0000000102030405" + "00800000");
    assertThat(written(out -> Frames.fin(out, 0xffff_ffffL, 5)))
        .isEqualTo("03000008" + "ffffffff" + "0000000000000005");
    assertThat(written(out -> Frames.reset(out, 17, ReasonCode.FLOW_NOT_GRANTED_VALUE)))
        .isEqualTo("04000002" + "00000011" + "0194");
    assertThat(written(out -> Frames.header(out, Frames.DATAGRAM, 512, 18)))
        .isEqualTo("05000200" + "00000012");
    assertThat(written(out -> Frames.ping(out, 1)))
        .isEqualTo("0600000800000000" + "0000000000000001");
    assertThat(written(out -> Frames.pong(out, -1)))
        .isEqualTo("0700000800000000" + "ffffffffffffffff");
    assertThat(written(out -> Frames.resume(out, 17, 9)))
        .isEqualTo("08000008" + "00000011" + "0000000000000009");
  }

  @Test
  void goldenBytesAreUnderstood() throws FrameFault {
    assertThat(
            decode(
                    "0100000300000011616263"
                        + "0200000c00000011000000010203040500800000"
                        + "03000008ffffffff0000000000000005"
                        + "04000002000000110194"
                        + "0500000200000012abcd"
                        + "0500000000000012"
                        + "06000008000000000000000000000001"
                        + "07000008000000000000000000000002"
                        + "08000008000000110000000000000009"
                        + "800000030000000001020390000000000000ff"
                        + "01000001000000116f")
                .lines)
        .containsExactly(
            "DATA 17 3 bytes",
            "ACK 17 4328719365 +8388608",
            "FIN 4294967295 5",
            "RESET 17 FLOW_NOT_GRANTED",
            "DATAGRAM 18 2 bytes",
            "DATAGRAM 18 0 bytes",
            "PING 1",
            "PONG 2",
            "RESUME 17 9",
            "DATA 17 1 bytes");
  }

  @ParameterizedTest
  @CsvSource({
    "0101000100000011, FRAME_TOO_LARGE", // DATA of 65,537 bytes
    "0500ffe400000011, FRAME_TOO_LARGE", // DATAGRAM of 65,508 bytes
    "02ffffff00000011, FRAME_TOO_LARGE", // ACK of 16 MiB
    "90ffffff00000011, FRAME_TOO_LARGE", // ignorable, but not at any length
    "0100000000000011, PROTOCOL_ERROR", // empty DATA
    "0200000b00000011, PROTOCOL_ERROR", // short ACK
    "0000000000000000, PROTOCOL_ERROR", // type 0
    "0900000100000011, PROTOCOL_ERROR", // type of no version
    "7f00000100000011, PROTOCOL_ERROR",
    "474554202f204854, FRAME_TOO_LARGE", // "GET / HT"
  })
  void faultsOfFramingHaveANamedReason(String hex, String reason) {
    assertThatThrownBy(() -> decode(hex))
        .isInstanceOfSatisfying(
            FrameFault.class,
            fault -> {
              assertThat(fault.reason().name()).isEqualTo(reason);
              assertThat(fault.text()).contains("expected");
              assertThat(fault.getStackTrace()).isEmpty();
            });
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void framesAreTheSameHoweverTheyAreCut(long seed) throws FrameFault {
    SplittableRandom random = new SplittableRandom(seed);
    ByteBuf all = Unpooled.buffer();
    for (int i = 0; i < 200; i++) {
      frame(all, random);
    }
    FrameLog whole = new FrameLog();
    new FrameDecoder(UnpooledByteBufAllocator.DEFAULT, whole).feed(all.retainedDuplicate());
    UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
    FrameLog cut = new FrameLog();
    FrameDecoder decoder = new FrameDecoder(allocator, cut);
    while (all.isReadable()) {
      int length =
          Math.min(all.readableBytes(), 1 + random.nextInt(random.nextBoolean() ? 9 : 900));
      decoder.feed(all.readRetainedSlice(length));
    }
    all.release();
    assertThat(summed(cut)).as("seed %d", seed).isEqualTo(summed(whole));
    assertThat(allocator.metric().usedHeapMemory()).isZero();
    assertThat(allocator.metric().usedDirectMemory()).isZero();
  }

  private static void frame(ByteBuf out, SplittableRandom random) {
    switch (random.nextInt(5)) {
      case 0 -> payload(out, Frames.DATA, 1 + random.nextInt(3000));
      case 1 -> payload(out, Frames.DATAGRAM, random.nextInt(1500));
      case 2 -> payload(out, 0x80 + random.nextInt(0x80), random.nextInt(100));
      case 3 -> Frames.ack(out, 3, random.nextLong() >>> 1, 65_536);
      default -> Frames.resume(out, 3, random.nextInt());
    }
  }

  private static void payload(ByteBuf out, int type, int length) {
    Frames.header(out, type, length, 3);
    out.writeZero(length);
  }

  /** The log with pieces of DATA summed up, since these depend on the cuts. */
  private static String summed(FrameLog log) {
    StringBuilder text = new StringBuilder();
    long data = 0;
    for (String line : log.lines) {
      if (line.startsWith("DATA ")) {
        data += Long.parseLong(line.split(" ", -1)[2]);
      } else {
        text.append(data).append(' ').append(line).append('\n');
      }
    }
    return text.append(data).toString();
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void noiseIsAFaultOrIsIgnoredAndLeavesNothingBehind(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
    int faults = 0;
    for (int round = 0; round < FUZZ_ROUNDS; round++) {
      ByteBuf bytes = allocator.buffer();
      for (int i = 0; i < 1 + random.nextInt(4); i++) {
        frame(bytes, random);
      }
      for (int i = random.nextInt(6); i > 0; i--) {
        int at = random.nextInt(Math.min(bytes.readableBytes(), 200));
        bytes.setByte(at, random.nextInt(256));
      }
      FrameDecoder decoder = new FrameDecoder(allocator, new FrameLog());
      try {
        decoder.feed(bytes);
      } catch (FrameFault fault) {
        faults++;
      }
      decoder.close();
    }
    assertThat(faults).as("seed %d", seed).isBetween(FUZZ_ROUNDS / 100, FUZZ_ROUNDS);
    assertThat(allocator.metric().usedHeapMemory()).as("seed %d", seed).isZero();
    assertThat(allocator.metric().usedDirectMemory()).as("seed %d", seed).isZero();
  }

  @Test
  void pureNoiseKillsQuickly() {
    byte[] noise = new byte[16 << 10];
    Arrays.fill(noise, (byte) 0x41);
    assertThatThrownBy(() -> decode(HexFormat.of().formatHex(noise)))
        .isInstanceOf(FrameFault.class);
  }
}
