package org.postern.clientconnector.local.socks;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.EarlyInbound;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.ReasonCode;

/**
 * Hears a program out, says which target it wants, and steps aside. The dialect is chosen by the
 * first byte: 5 is SOCKS5, a capital letter is HTTP, everything else is closed.
 *
 * <pre>
 *   READING --request complete--> OPENING --opened--> (handler removed, gateway owns the channel)
 *      |                             `------refused--> reply, close
 *      |--datagrams wanted--> (handler removed, UdpAssociations owns the channel)
 *      `--deadline, nonsense, too long--> reply if there is one, close
 * </pre>
 */
final class Handshake extends ChannelInboundHandlerAdapter {

  private final Gateway gateway;
  private final UdpAssociations associations;
  private final LocalLimits limits;
  private final EventLoop loop;
  private @Nullable ByteBuf received;
  private @Nullable Dialect dialect;
  private @Nullable Future<?> deadline;
  private boolean over;

  Handshake(Gateway gateway, UdpAssociations associations, LocalLimits limits, EventLoop loop) {
    this.gateway = gateway;
    this.associations = associations;
    this.limits = limits;
    this.loop = loop;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    deadline =
        loop.schedule(
            () -> {
              over = true;
              context.close();
            },
            limits.loopbackHandshakeTimeout().toNanos(),
            TimeUnit.NANOSECONDS);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    if (deadline != null) {
      deadline.cancel(false);
    }
    if (received != null) {
      received.release();
      received = null;
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    over = true;
    if (deadline != null) {
      deadline.cancel(false);
    }
    context.fireChannelInactive();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    if (over) {
      bytes.release();
      return;
    }
    if (received == null) {
      received = context.alloc().buffer(256, limits.httpHeaderLengthMax());
    }
    if (bytes.readableBytes() > received.maxWritableBytes()) {
      bytes.release();
      over = true;
      context.close();
      return;
    }
    received.writeBytes(bytes);
    bytes.release();
    proceed(context, received);
  }

  private void proceed(ChannelHandlerContext context, ByteBuf bytes) {
    if (dialect == null) {
      dialect = Dialect.of(bytes.getUnsignedByte(bytes.readerIndex()));
    }
    switch (dialect.read(bytes)) {
      case Dialect.More _ -> {}
      case Dialect.Say say -> {
        context.writeAndFlush(say.bytes());
        if (bytes.isReadable()) {
          proceed(context, bytes);
        }
      }
      case Dialect.Wrong wrong -> {
        over = true;
        context.writeAndFlush(wrong.reply()).addListener(ChannelFutureListener.CLOSE);
      }
      case Dialect.Associates associates -> {
        over = true;
        Channel channel = context.channel();
        channel.pipeline().remove(this);
        associations.open(channel, associates.sourcePort());
      }
      case Dialect.Wants wants -> open(context, wants.target(), dialect, bytes);
    }
  }

  private void open(ChannelHandlerContext context, Target target, Dialect spoken, ByteBuf bytes) {
    over = true;
    Channel channel = context.channel();
    EarlyInbound.hold(channel);
    if (bytes.isReadable()) {
      context.fireChannelRead(bytes.readRetainedSlice(bytes.readableBytes()));
    }
    channel.pipeline().remove(this);
    gateway.connect(
        target,
        channel,
        new ConnectListener() {
          @Override
          public void onOpened() {
            channel.writeAndFlush(spoken.opened());
          }

          @Override
          public void onRefused(ReasonCode reason, String text) {
            channel
                .writeAndFlush(spoken.refused(reason, text))
                .addListener(ChannelFutureListener.CLOSE);
          }
        });
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    over = true;
    context.close(); // the program closed its half before it said what it wants
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    over = true;
    context.close();
  }
}
