package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import org.jspecify.annotations.Nullable;

/**
 * Between the carrier's handlers and the inner TLS handler: as long as the outer TLS layer is
 * there, it gathers what the inner one writes, to be carried in a message. {@link #stepAside} then
 * lets everything pass as it is.
 */
final class InnerBridge extends ChannelOutboundHandlerAdapter {
  private @Nullable ChannelHandlerContext context;
  private @Nullable ByteBuf gathered;

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    gathered = ctx.alloc().buffer();
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    ByteBuf into = gathered;
    if (into == null) {
      ctx.write(message, promise);
    } else {
      ByteBuf bytes = (ByteBuf) message;
      into.writeBytes(bytes);
      bytes.release();
      promise.trySuccess();
    }
  }

  @Override
  public void flush(ChannelHandlerContext ctx) {
    if (gathered == null) {
      ctx.flush();
    }
  }

  /** What was gathered so far; gathering goes on. */
  ByteString flight() {
    ByteBuf from = gathered;
    if (from == null) {
      return ByteString.EMPTY;
    }
    ByteString flight = ByteString.copyFrom(from.nioBuffer());
    from.clear();
    return flight;
  }

  /** Gives bytes from the peer to the inner TLS handler. */
  void feed(ByteString bytes) {
    ChannelHandlerContext ctx = context;
    if (ctx != null && !bytes.isEmpty()) {
      ByteBuf buffer = ctx.alloc().buffer(bytes.size());
      bytes.copyTo(buffer.internalNioBuffer(buffer.writerIndex(), bytes.size()));
      buffer.writerIndex(buffer.writerIndex() + bytes.size());
      ctx.fireChannelRead(buffer);
      ctx.fireChannelReadComplete();
    }
  }

  /** From now on everything passes as it is; what was gathered last is written. */
  void stepAside() {
    ChannelHandlerContext ctx = context;
    ByteBuf last = gathered;
    gathered = null;
    if (ctx != null && last != null) {
      if (last.isReadable()) {
        ctx.writeAndFlush(last);
      } else {
        last.release();
      }
      // It stays in the pipeline only as long as something may still be on its way through it.
      ctx.executor().execute(() -> leave(ctx));
    }
  }

  private static void leave(ChannelHandlerContext ctx) {
    if (!ctx.isRemoved()) {
      ctx.pipeline().remove(ctx.handler());
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    if (gathered != null) {
      gathered.release();
      gathered = null;
    }
  }
}
