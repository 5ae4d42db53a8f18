package org.postern.tunnel.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import org.postern.tunnel.message.ReasonCode;

/**
 * The only handler of a joined socket: tells the lane when its side ends, and passes on what was
 * read before splicing began, or all of it where there is no splicing (not Linux).
 */
final class RelayEnd extends ChannelInboundHandlerAdapter {
  private final JoinedLane lane;
  private final Channel other;
  private final ReasonCode gone;
  private long copied;

  RelayEnd(JoinedLane lane, Channel other, ReasonCode gone) {
    this.lane = lane;
    this.other = other;
    this.gone = gone;
  }

  /** Bytes that went through this process instead of through the kernel's pipe. */
  long copied() {
    return copied;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (!(message instanceof ByteBuf bytes) || !lane.isOpen()) {
      ReferenceCountUtil.release(message);
      return;
    }
    copied += bytes.readableBytes();
    other.write(bytes);
    if (!other.isWritable()) {
      ctx.channel().config().setAutoRead(false);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    other.flush();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable() && lane.copies()) {
      other.config().setAutoRead(true);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    lane.sideEnded(other, gone);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    lane.end(gone);
  }
}
