package org.postern.broker.front;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.link.PeerAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one connection's ClientHello and shows it to its door: ALPN {@code postern/1} to the
 * tunnel, all else to HTTPS. Whoever sends something else, too much, or nothing for too long, is
 * closed without an answer.
 */
final class PortHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(PortHandler.class);

  private final FrontLimits limits;
  private final String tunnelAlpn;
  private final ChannelHandler tunnelDoor;
  private final HttpsPipe https;
  private final StrangerGate.Permit permit;
  private final ClientHelloPeek peek;
  private @Nullable ByteBuf received;
  private @Nullable Future<?> deadline;

  PortHandler(
      FrontLimits limits,
      String tunnelAlpn,
      ChannelHandler tunnelDoor,
      HttpsPipe https,
      StrangerGate.Permit permit) {
    this.limits = limits;
    this.tunnelAlpn = tunnelAlpn;
    this.tunnelDoor = tunnelDoor;
    this.https = https;
    this.permit = permit;
    this.peek = new ClientHelloPeek(limits.helloBytesMax());
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    deadline =
        context
            .executor()
            .schedule(
                () -> refuse(context, "no ClientHello in time"),
                limits.helloDeadline().toMillis(),
                TimeUnit.MILLISECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    if (!context.channel().isActive()) {
      bytes.release();
      return;
    }
    ByteBuf all = received == null ? bytes : join(context, received, bytes);
    received = all;
    switch (peek.peek(all)) {
      case ClientHelloPeek.Peeked.More() -> {
        if (all.readableBytes() > 2 * limits.helloBytesMax()) {
          refuse(context, "too many bytes before a ClientHello");
        }
      }
      case ClientHelloPeek.Peeked.Refused(String reason) -> refuse(context, reason);
      case ClientHelloPeek.Peeked.Hello hello -> open(context, hello, all);
    }
  }

  private static ByteBuf join(ChannelHandlerContext context, ByteBuf first, ByteBuf second) {
    try {
      ByteBuf joined = first;
      if (first.writableBytes() < second.readableBytes()) {
        joined = context.alloc().buffer(2 * (first.readableBytes() + second.readableBytes()));
        joined.writeBytes(first, first.readerIndex(), first.readableBytes());
        first.release();
      }
      return joined.writeBytes(second);
    } finally {
      second.release();
    }
  }

  private void open(
      ChannelHandlerContext context, ClientHelloPeek.Peeked.Hello hello, ByteBuf all) {
    received = null;
    if (hello.alpn().contains(tunnelAlpn)) {
      ChannelPipeline pipeline = context.pipeline();
      pipeline.addLast(tunnelDoor);
      pipeline.remove(this);
      SslHandler tls = pipeline.get(SslHandler.class);
      if (tls != null) {
        tls.handshakeFuture().addListener(done -> authenticated(done.isSuccess()));
      }
      pipeline.fireChannelRead(all);
      pipeline.fireChannelReadComplete();
    } else {
      context.pipeline().remove(this);
      https.take(context.channel(), all);
    }
  }

  /** Mutual TLS has shown who the peer is: it is a stranger no more. */
  private void authenticated(boolean success) {
    if (success) {
      permit.giveBack();
    }
  }

  private void refuse(ChannelHandlerContext context, String reason) {
    LOG.debug("connection from {} closed: {}", PeerAddress.of(context.channel()), reason);
    context.close();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    if (deadline != null) {
      deadline.cancel(false);
    }
    ReferenceCountUtil.release(received);
    received = null;
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    refuse(context, String.valueOf(cause.getMessage()));
  }
}
