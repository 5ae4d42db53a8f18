package org.postern.tunnel.link;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.postern.tunnel.message.Envelope;

/**
 * The end of a wire that the peer is told the reason of. A connection that is closed with bytes
 * unread is reset, and the reset may overtake what was said last; so our half is closed first, and
 * what still comes is read and dropped until the peer has closed its own, within a time. Past a
 * number of bytes no more is read, but the time is left to the peer: a peer that only writes finds
 * its own buffers full, and reads. Until then the connection counts as one. Belongs to the
 * channel's event loop.
 */
final class Goodbye extends ChannelInboundHandlerAdapter {
  /** From the last message to the close, whatever the peer does. */
  static final long SECONDS_MAX = 2;

  /** Bytes dropped meanwhile: what two kernels may hold of a peer that was sending. */
  static final long BYTES_MAX = 8L << 20;

  private final Channel channel;
  private long bytesLeft = BYTES_MAX;

  private Goodbye(Channel channel) {
    this.channel = channel;
  }

  /** Says the last message and ends the connection. Nobody hears of what is read from now on. */
  static void say(ChannelHandlerContext wire, Envelope last) {
    Channel channel = wire.channel();
    Goodbye goodbye = new Goodbye(channel);
    channel.eventLoop().schedule(goodbye::close, SECONDS_MAX, TimeUnit.SECONDS);
    channel.pipeline().addFirst(goodbye);
    channel.config().setAutoRead(true);
    wire.writeAndFlush(EnvelopeCodec.encode(channel.alloc(), last)).addListener(goodbye::said);
  }

  private void said(Future<?> done) {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (done.isSuccess() && tls != null && channel instanceof DuplexChannel duplex) {
      tls.closeOutbound()
          .addListener(told -> duplex.shutdownOutput().addListener(this::closeUnlessDone));
    } else {
      close();
    }
  }

  private void closeUnlessDone(Future<?> halfClosed) {
    if (!halfClosed.isSuccess()) {
      close();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    bytesLeft -= ((ByteBuf) message).readableBytes();
    ReferenceCountUtil.release(message);
    if (bytesLeft < 0) {
      channel.config().setAutoRead(false);
    }
  }

  /** Without waiting for anything. */
  private void close() {
    channel.unsafe().close(channel.unsafe().voidPromise());
  }
}
