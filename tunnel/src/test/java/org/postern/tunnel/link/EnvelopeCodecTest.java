package org.postern.tunnel.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.Ping;
import org.postern.tunnel.message.ReasonCode;

class EnvelopeCodecTest {
  private static final int BYTES_MAX = 16 << 10;
  private static final int ROUNDS = 60_000;

  @Test
  void pingHasTheseBytes() throws TunnelException {
    ByteBuf bytes = encode(ping(5));
    assertThat(ByteBufUtil.hexDump(bytes)).isEqualTo("00000004" + "22020805");
    assertThat(EnvelopeCodec.decode(bytes, BYTES_MAX)).isEqualTo(ping(5));
    assertThat(bytes.isReadable()).isFalse();
  }

  @Test
  void unknownKindOfMessageIsAnEnvelopeWithoutBody() throws TunnelException {
    // Field 1000, length-delimited, empty.
    ByteBuf bytes = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump("00000003" + "c23e00"));
    Envelope unknown = EnvelopeCodec.decode(bytes, BYTES_MAX);
    assertThat(unknown).isNotNull();
    assertThat(unknown.getBodyCase()).isEqualTo(Envelope.BodyCase.BODY_NOT_SET);
  }

  @Test
  void nothingIsTakenFromHalfAMessage() throws TunnelException {
    ByteBuf whole = encode(ping(1L << 60));
    for (int length = 0; length < whole.readableBytes(); length++) {
      ByteBuf part = whole.slice(0, length);
      assertThat(EnvelopeCodec.decode(part, BYTES_MAX)).isNull();
      assertThat(part.readerIndex()).isZero();
    }
  }

  @Test
  void lengthIsJudgedBeforeAnythingElseIsThere() {
    for (String length : new String[] {"00004001", "7fffffff", "80000000", "ffffffff"}) {
      assertThatThrownBy(() ->
              EnvelopeCodec.decode(
                  Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(length)), BYTES_MAX))
          .isInstanceOfSatisfying(
              TunnelException.class,
              e -> assertThat(e.reason()).isEqualTo(ReasonCode.FRAME_TOO_LARGE));
    }
  }

  @Test
  void anyBytesAreAMessageOrAProtocolErrorOrTooFew() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] sample =
        ByteBufUtil.getBytes(
            encode(
                Envelope.newBuilder()
                    .setLaneRequest(
                        LaneRequest.newBuilder()
                            .setLaneId(ByteString.copyFrom(new byte[16]))
                            .setClientHello(ByteString.copyFrom(new byte[300])))
                    .build()));
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = round % 2 == 0 ? noise(random) : mutated(sample, random);
      ByteBuf in = Unpooled.wrappedBuffer(bytes);
      try {
        int before = in.readableBytes();
        Envelope message = EnvelopeCodec.decode(in, BYTES_MAX);
        assertThat(in.readableBytes()).isLessThanOrEqualTo(message == null ? before : before - 4);
      } catch (TunnelException e) {
        assertThat(e.reason())
            .as("seed %d, round %d", seed, round)
            .isIn(ReasonCode.FRAME_TOO_LARGE, ReasonCode.PROTOCOL_ERROR);
      }
    }
  }

  private static byte[] noise(Random random) {
    byte[] bytes = new byte[random.nextInt(64)];
    random.nextBytes(bytes);
    // Often a length that fits, or the decoder of messages would never be reached.
    if (bytes.length > 4 && random.nextBoolean()) {
      bytes[0] = 0;
      bytes[1] = 0;
      bytes[2] = 0;
      bytes[3] = (byte) (bytes.length - 4);
    }
    return bytes;
  }

  private static byte[] mutated(byte[] sample, Random random) {
    byte[] bytes = sample.clone();
    for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return bytes;
  }

  private static Envelope ping(long nonce) {
    return Envelope.newBuilder().setPing(Ping.newBuilder().setNonce(nonce)).build();
  }

  private static ByteBuf encode(Envelope message) {
    ByteBuf encoded = EnvelopeCodec.encode(UnpooledByteBufAllocator.DEFAULT, message);
    try {
      return Unpooled.wrappedBuffer(ByteBufUtil.getBytes(encoded));
    } finally {
      encoded.release();
    }
  }
}
