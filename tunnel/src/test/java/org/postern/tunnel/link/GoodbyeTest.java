package org.postern.tunnel.link;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.ReasonCode;

/** What becomes of a connection whose peer was told why it ends, and does not care. */
@Timeout(60)
class GoodbyeTest {
  private static final TestPki PKI = new TestPki();

  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final TestBroker broker = new TestBroker(PKI, TunnelLimits.DEFAULT);

  @AfterEach
  void close() {
    broker.close();
    loops.shutdownGracefully(0, 2, SECONDS).syncUninterruptibly();
  }

  /** A peer that does not close when the broker has. */
  private ScriptedPeer stubborn() throws Exception {
    ScriptedPeer peer = new ScriptedPeer(loops, broker.port(), PKI.outerClient(TestPki.DEVICE));
    peer.channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    peer.say(ScriptedPeer.hello(Hello.Kind.KIND_CONTROL));
    assertThat(peer.hears().hasWelcome()).isTrue();
    return peer;
  }

  /** Bytes under way on one connection; see tcp(7), the last of three numbers each. */
  private static long kernelHoldsAtMost() throws Exception {
    long bytes = 0;
    for (String which : List.of("tcp_rmem", "tcp_wmem")) {
      // In one read: the kernel gives nothing to a second.
      String sizes = Files.readAllLines(Path.of("/proc/sys/net/ipv4", which)).getFirst();
      bytes += Long.parseLong(sizes.substring(sizes.lastIndexOf('\t') + 1));
    }
    return bytes;
  }

  private ReasonCode ended() throws InterruptedException {
    return Objects.requireNonNull(broker.ended.poll(20, SECONDS)).reason();
  }

  @Test
  void peerThatGoesOnSendingHearsWhyAndIsReadNoFurtherThanSoManyBytes() throws Exception {
    ScriptedPeer peer = stubborn();
    // So much that more is under way when the broker has read the first of it. What the peer can
    // send after that is its own affair: its TLS may end as soon as it has heard that ours has.
    byte[] noise = new byte[1 << 20];
    noise[0] = 0x7f;
    long sent = 0;
    while (peer.channel.writeAndFlush(Unpooled.wrappedBuffer(noise)).await().isSuccess()) {
      sent += noise.length;
      // What is dropped, and what the two kernels hold besides, who count their own overhead.
      assertThat(sent).isLessThan(Goodbye.BYTES_MAX + 2 * kernelHoldsAtMost());
    }
    assertThat(peer.hears().getRejected().getReason()).isEqualTo(ReasonCode.FRAME_TOO_LARGE);
    assertThat(ended()).isEqualTo(ReasonCode.FRAME_TOO_LARGE);
  }

  @Test
  void peerThatNeverClosesIsClosedAfterSoManySeconds() throws Exception {
    ScriptedPeer peer = stubborn();
    peer.say((byte) 0x7f, (byte) 0, (byte) 0, (byte) 0);
    assertThat(peer.hears().getRejected().getReason()).isEqualTo(ReasonCode.FRAME_TOO_LARGE);
    assertThat(ended()).isEqualTo(ReasonCode.FRAME_TOO_LARGE);
    assertThat(peer.channel.isOpen()).isTrue();
  }
}
