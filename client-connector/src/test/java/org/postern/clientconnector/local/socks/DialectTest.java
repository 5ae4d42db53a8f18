package org.postern.clientconnector.local.socks;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.ReasonCode;

class DialectTest {

  private static final byte[] SOCKS = {
    5, 2, 2, 0, 5, 1, 0, 3, 8, 'p', 'a', 'y', '.', 'c', 'o', 'r', 'p', 1, (byte) 0xbb
  };
  private static final byte[] HTTP =
      "CONNECT pay.corp:443 HTTP/1.1\r\nHost: pay.corp:443\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);

  /** Feeds bytes one by one, and returns the last step. */
  private static Dialect.Step feed(byte[] bytes) {
    Dialect dialect = Dialect.of(bytes[0] & 0xff);
    ByteBuf received = Unpooled.buffer();
    Dialect.Step step = Dialect.MORE;
    for (byte octet : bytes) {
      received.writeByte(octet);
      step = dialect.read(received);
      if (step instanceof Dialect.Wrong
          || step instanceof Dialect.Wants
          || step instanceof Dialect.Associates) {
        return step;
      }
    }
    return step;
  }

  private static String wrong(String request) {
    Dialect.Step step = feed(request.getBytes(StandardCharsets.US_ASCII));
    return ((Dialect.Wrong) step).reply().toString(StandardCharsets.US_ASCII);
  }

  @Test
  void bothDialectsNameATarget() {
    assertThat(feed(SOCKS)).isEqualTo(new Dialect.Wants(new Target("pay.corp", 443)));
    assertThat(feed(HTTP)).isEqualTo(new Dialect.Wants(new Target("pay.corp", 443)));
  }

  @Test
  void whatAPageCanMakeABrowserSendIsRefused() {
    for (String method : new String[] {"GET / ", "POST / ", "OPTIONS * ", "PUT / ", "COPY / "}) {
      assertThat(wrong(method + "HTTP/1.1\r\nHost: x\r\n\r\n"))
          .startsWith("HTTP/1.1 405 ")
          .doesNotContain("Access-Control");
    }
  }

  @Test
  void malformedTargetsAreRefused() {
    assertThat(wrong("CONNECT pay.corp HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 400 ");
    assertThat(wrong("CONNECT pay.corp:0 HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 400 ");
    assertThat(wrong("CONNECT a b:1 HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 400 ");
    assertThat(wrong("CONNECT pay/corp:1 HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 400 ");
    assertThat(wrong("CONNECT pay.corp:1 HTTP/2\r\n\r\n")).startsWith("HTTP/1.1 400 ");
  }

  @Test
  void otherSocksCommandsAndMethodsAreRefused() {
    assertThat(feed(new byte[] {5, 1, 2})).isInstanceOf(Dialect.Wrong.class); // password only
    byte[] bind = SOCKS.clone();
    bind[5] = 2;
    assertThat(((Dialect.Wrong) feed(bind)).reply().getByte(1)).isEqualTo((byte) 7);
    byte[] type = SOCKS.clone();
    type[7] = 9;
    assertThat(((Dialect.Wrong) feed(type)).reply().getByte(1)).isEqualTo((byte) 8);
  }

  @Test
  void datagramsAreAskedForWithTheirPortOrWithoutOne() {
    byte[] request = SOCKS.clone();
    request[5] = 3;
    assertThat(feed(request)).isEqualTo(new Dialect.Associates(443));
    byte[] unknown = {5, 1, 0, 5, 3, 0, 1, 0, 0, 0, 0, 0, 0};
    assertThat(feed(unknown)).isEqualTo(new Dialect.Associates(0));
  }

  @Test
  void noBytesMakeTheReaderOfDatagramsThrow() {
    byte[] good = {0, 0, 0, 3, 4, 'c', 'o', 'r', 'p', 0, 53, 'x', 'y'};
    SocksDatagram read = SocksDatagram.read(Unpooled.copiedBuffer(good));
    assertThat(read).isNotNull();
    assertThat(read.target()).isEqualTo(new Target("corp", 53));
    assertThat(read.header().readableBytes()).isEqualTo(11);
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 100_000; round++) {
      byte[] bytes = Arrays.copyOf(good, random.nextInt(24));
      for (int i = random.nextInt(3); i > 0 && bytes.length > 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      SocksDatagram each = SocksDatagram.read(Unpooled.wrappedBuffer(bytes));
      if (each != null) {
        assertThat(each.header().readableBytes())
            .as("seed %d", seed)
            .isLessThanOrEqualTo(bytes.length);
      }
    }
  }

  @Test
  void everyReasonHasAReply() {
    for (ReasonCode reason : ReasonCode.values()) {
      assertThat(new Socks5().refused(reason, "text").getByte(1)).isPositive();
      if (reason != ReasonCode.UNRECOGNIZED) {
        assertThat(new HttpConnect().refused(reason, "text").toString(StandardCharsets.US_ASCII))
            .contains("Postern-Reason: " + reason.name());
      }
    }
    assertThat(
            new HttpConnect()
                .refused(ReasonCode.POLICY_DENIED, "")
                .toString(StandardCharsets.US_ASCII))
        .startsWith("HTTP/1.1 403 ");
    assertThat(new Socks5().refused(ReasonCode.CONNECT_REFUSED, "").getByte(1)).isEqualTo((byte) 5);
  }

  @Test
  void noBytesMakeAReaderThrow() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 100_000; round++) {
      byte[] bytes = (random.nextBoolean() ? SOCKS : HTTP).clone();
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      Dialect.Step step = feed(bytes);
      if (step instanceof Dialect.Wants wants) {
        assertThat(wants.target().port()).as("seed %d", seed).isBetween(1, 65_535);
      }
    }
  }
}
