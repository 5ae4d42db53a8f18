package org.postern.tunnel.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EpollLoopsTest {

  private static final int RESPONSE_LENGTH = 32 << 20;

  @Test
  void halfClosedPeerGetsAResponseLargerThanTheSendBuffer() throws Exception {
    try (MultiThreadIoEventLoopGroup loops =
        new MultiThreadIoEventLoopGroup(1, EpollLoops.handlers())) {
      Channel server =
          new ServerBootstrap()
              .group(loops)
              .channel(EpollServerSocketChannel.class)
              .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
              .childHandler(new RespondsToHalfClosure())
              .bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0))
              .sync()
              .channel();
      try (Socket socket = new Socket()) {
        socket.connect(server.localAddress());
        socket.setSoTimeout(30_000);
        socket.shutdownOutput();
        assertThat(socket.getInputStream().readAllBytes()).hasSize(RESPONSE_LENGTH);
      }
      server.close().sync();
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
  }

  private static final class RespondsToHalfClosure extends ChannelInboundHandlerAdapter {
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof ChannelInputShutdownEvent) {
        // Later, when the loop has stopped waiting for anything on this socket.
        context
            .executor()
            .schedule(
                () ->
                    context
                        .writeAndFlush(Unpooled.buffer(RESPONSE_LENGTH).writeZero(RESPONSE_LENGTH))
                        .addListener(written -> context.close()),
                50,
                TimeUnit.MILLISECONDS);
      }
    }
  }
}
