package org.postern.broker.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.postern.broker.front.ClientHelloPeek.Peeked;

final class ClientHelloPeekTest {
  private static final int MAX = 16 * 1024;
  private static final byte[] HELLO = Hellos.offering("postern/1", "h2");

  private static Peeked peek(byte[] bytes) {
    return new ClientHelloPeek(MAX).peek(Unpooled.wrappedBuffer(bytes));
  }

  @Test
  void offeredProtocolsAreRead() {
    assertThat(peek(HELLO)).isEqualTo(new Peeked.Hello(List.of("postern/1", "h2")));
    assertThat(peek(Hellos.offering())).isEqualTo(new Peeked.Hello(List.of()));
  }

  @Test
  void helloThatDripsInIsReadAtItsLastByteAndNotConsumed() {
    ClientHelloPeek peek = new ClientHelloPeek(MAX);
    ByteBuf received = Unpooled.buffer();
    for (int i = 0; i < HELLO.length - 1; i++) {
      received.writeByte(HELLO[i]);
      assertThat(peek.peek(received)).isEqualTo(new Peeked.More());
    }
    received.writeByte(HELLO[HELLO.length - 1]);
    assertThat(peek.peek(received)).isInstanceOf(Peeked.Hello.class);
    assertThat(received.readableBytes()).isEqualTo(HELLO.length);
  }

  @Test
  void helloInManyRecordsIsPutTogether() {
    ByteBuf records = Unpooled.buffer();
    for (int at = 5; at < HELLO.length; at += 50) {
      int length = Math.min(50, HELLO.length - at);
      records.writeByte(22).writeByte(3).writeByte(1).writeShort(length);
      records.writeBytes(HELLO, at, length);
    }
    assertThat(new ClientHelloPeek(MAX).peek(records))
        .isEqualTo(new Peeked.Hello(List.of("postern/1", "h2")));
  }

  @Test
  void whatIsNotAClientHelloIsRefusedAtOnce() {
    assertThat(peek("GET / HTTP/1.1\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
        .isInstanceOf(Peeked.Refused.class);
    assertThat(peek(new byte[] {'S'})).isInstanceOf(Peeked.Refused.class);
    byte[] serverHello = HELLO.clone();
    serverHello[5] = 2;
    assertThat(peek(serverHello)).isInstanceOf(Peeked.Refused.class);
  }

  @Test
  void helloThatSaysItIsTooLongIsRefusedBeforeItIsThere() {
    byte[] long24 = {22, 3, 1, 0, 4, 1, 0, (byte) 0xff, (byte) 0xff};
    assertThat(peek(long24)).isInstanceOf(Peeked.Refused.class);
    byte[] longRecord = {22, 3, 1, (byte) 0xff, (byte) 0xff};
    assertThat(peek(longRecord)).isInstanceOf(Peeked.Refused.class);
  }

  @Test
  void noDamageMakesItThrow() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 200_000; i++) {
      byte[] damaged = HELLO.clone();
      int changes = 1 + random.nextInt(8);
      for (int c = 0; c < changes; c++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      int length = random.nextInt(damaged.length + 1);
      Peeked peeked = new ClientHelloPeek(MAX).peek(Unpooled.wrappedBuffer(damaged, 0, length));
      assertThat(peeked).as("seed %d", seed).isNotNull();
    }
  }
}
