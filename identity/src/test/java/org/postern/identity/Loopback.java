package org.postern.identity;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.ssl.OpenSslSession;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Real TLS over loopback TCP, both ends in hand. */
final class Loopback implements AutoCloseable {
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());
  private final ChannelGroup channels =
      new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, /* stayClosed= */ true);

  /** One end of a connection. */
  static final class End extends ChannelInboundHandlerAdapter {
    private final CompletableFuture<SSLSession> handshake = new CompletableFuture<>();
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
    private @Nullable Channel channel;

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      channel = ctx.channel();
      ctx.fireChannelActive();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof SslHandshakeCompletionEvent done) {
        if (done.isSuccess()) {
          handshake.complete(ctx.pipeline().get(SslHandler.class).engine().getSession());
        } else {
          handshake.completeExceptionally(done.cause());
          failure.complete(done.cause());
        }
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      received.add(((ByteBuf) message).toString(StandardCharsets.UTF_8));
      ReferenceCountUtil.release(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      failure.complete(cause);
      ctx.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      failure.complete(new java.io.EOFException("closed by the other end"));
    }

    SSLSession session() throws Exception {
      return handshake.get(30, TimeUnit.SECONDS);
    }

    VerifiedPeer peer() throws Exception {
      return VerifiedPeer.of(session());
    }

    String namedGroup() throws Exception {
      return String.valueOf(((OpenSslSession) session()).getNamedGroup());
    }

    /** Why this end gave the connection up; waits for it. */
    Throwable failure() throws Exception {
      return failure.get(30, TimeUnit.SECONDS);
    }

    /** All messages of the failure and its causes. */
    String failureText() throws Exception {
      StringBuilder text = new StringBuilder();
      for (Throwable t = failure(); t != null; t = t.getCause()) {
        text.append(t.getMessage()).append('\n');
      }
      return text.toString();
    }

    void send(String text) {
      java.util.Objects.requireNonNull(channel)
          .writeAndFlush(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    }

    @Nullable String receive() throws Exception {
      return received.poll(30, TimeUnit.SECONDS);
    }

    void close() throws Exception {
      java.util.Objects.requireNonNull(channel).close().sync();
    }
  }

  /** A connection whose handshake was started. */
  record Connection(End server, End client) {}

  Connection connect(SslContext server, SslContext client) throws Exception {
    return connect(() -> server, () -> client);
  }

  Connection connect(Supplier<SslContext> server, Supplier<SslContext> client) throws Exception {
    End serverEnd = new End();
    End clientEnd = new End();
    Channel listener = bind(server, () -> serverEnd);
    try {
      new Bootstrap()
          .group(group)
          .channel(EpollSocketChannel.class)
          .handler(handlers(client, () -> clientEnd))
          .connect(listener.localAddress())
          .sync();
      serverEnd.handshake.handle((session, failure) -> "").get(30, TimeUnit.SECONDS);
    } finally {
      listener.close().sync();
    }
    return new Connection(serverEnd, clientEnd);
  }

  /** A door that stays open. */
  record Listener(Channel channel) implements AutoCloseable {
    int port() {
      return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    @Override
    public void close() {
      channel.close().syncUninterruptibly();
    }
  }

  Listener listen(Supplier<SslContext> server) throws Exception {
    return new Listener(bind(server, End::new));
  }

  private Channel bind(Supplier<SslContext> tls, Supplier<End> end) throws Exception {
    return new ServerBootstrap()
        .group(group)
        .channel(EpollServerSocketChannel.class)
        .childHandler(handlers(tls, end))
        .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .sync()
        .channel();
  }

  private ChannelInitializer<Channel> handlers(Supplier<SslContext> tls, Supplier<End> end) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        channels.add(channel);
        channel.pipeline().addLast(tls.get().newHandler(channel.alloc()), end.get());
      }
    };
  }

  @Override
  public void close() {
    // Before the loops end, so that every engine is released.
    channels.close().syncUninterruptibly();
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
