package org.postern.acceptance.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.charset.StandardCharsets;
import org.postern.acceptance.bench.Dial;

/**
 * Says what it wants of a SOCKS5 proxy (RFC 1928) in one breath, lets the program speak at once,
 * and drops the proxy's two answers.
 */
final class HastySocks extends ChannelInboundHandlerAdapter {
  private static final int ANSWER_BYTES = 2 + 10;

  private final Dial.HastySocks5 dial;
  private int answerLeft = ANSWER_BYTES;

  HastySocks(Dial.HastySocks5 dial) {
    this.dial = dial;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    byte[] host = dial.host().getBytes(StandardCharsets.US_ASCII);
    ByteBuf wish = context.alloc().buffer();
    wish.writeBytes(new byte[] {5, 1, 0, 5, 1, 0, 3, (byte) host.length});
    wish.writeBytes(host).writeShort(dial.port());
    context.write(wish);
    context.fireChannelActive();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    int dropped = Math.min(answerLeft, bytes.readableBytes());
    bytes.skipBytes(dropped);
    answerLeft -= dropped;
    if (bytes.isReadable()) {
      context.fireChannelRead(bytes);
    } else {
      bytes.release();
    }
  }
}
