package org.postern.tunnel.lane;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Last handler of a lane that nobody reads yet: stops reading, and keeps what was on its way. What
 * it keeps is bounded by one read of the socket.
 */
final class LaneHold extends ChannelInboundHandlerAdapter {
  private final Queue<Object> held = new ArrayDeque<>();

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ctx.channel().config().setAutoRead(false);
    held.add(message);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    ctx.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    boolean open = ctx.channel().isActive();
    for (Object message = held.poll(); message != null; message = held.poll()) {
      if (open) {
        ctx.fireChannelRead(message);
      } else {
        ReferenceCountUtil.release(message);
      }
    }
    if (open) {
      ctx.fireChannelReadComplete();
      ctx.channel().config().setAutoRead(true);
    }
  }
}
