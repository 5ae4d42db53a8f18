package org.postern.clientconnector.local.socks;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the bytes that a program sent behind its request until somebody reads: to the gateway,
 * which comes to the channel later, they look as if they had waited in the socket.
 */
final class EarlyBytes extends ChannelDuplexHandler {

  private @Nullable ByteBuf held;

  /** Takes over the bytes; what is read from now on is whatever the next owner asks for. */
  void hold(ByteBuf bytes) {
    held = bytes;
  }

  @Override
  public void read(ChannelHandlerContext context) {
    ByteBuf bytes = held;
    if (bytes == null) {
      context.read();
      return;
    }
    held = null;
    // Not from inside the caller's read(): it may not expect an answer before that returns.
    context
        .executor()
        .execute(() -> {
          context.fireChannelRead(bytes);
          context.fireChannelReadComplete();
          if (context.channel().config().isAutoRead()) {
            context.read();
          }
        });
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    if (held != null) {
      held.release();
      held = null;
    }
  }
}
