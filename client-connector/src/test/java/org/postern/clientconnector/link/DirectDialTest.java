package org.postern.clientconnector.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.link.EpollLoops;
import org.postern.tunnel.message.ReasonCode;

class DirectDialTest {
  private static final int PATIENCE_MILLIS = 20_000;
  private static final byte[] WORDS = "the last words".getBytes(StandardCharsets.US_ASCII);

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollLoops.handlers());
  private final IoEventLoop loop = group.next();
  private final BlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  private ServerSocket application;
  private Socket program;
  private Socket served;

  @BeforeEach
  void connect() throws Exception {
    InetAddress here = InetAddress.getLoopbackAddress();
    application = new ServerSocket(0, 5, here);
    Channel door =
        new ServerBootstrap()
            .group(loop, loop)
            .channel(EpollServerSocketChannel.class)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(
                new ChannelInboundHandlerAdapter() {
                  @Override
                  public void channelActive(ChannelHandlerContext context) {
                    accepted.add(context.channel());
                  }
                })
            .bind(here, 0)
            .sync()
            .channel();
    program = new Socket(here, ((InetSocketAddress) door.localAddress()).getPort());
    program.setSoTimeout(PATIENCE_MILLIS);
    Channel local = accepted.take();
    Target target = new Target("127.0.0.1", application.getLocalPort());
    loop.execute(() -> DirectDial.start(loop, target, local, new Told()));
    served = application.accept();
    served.setSoTimeout(PATIENCE_MILLIS);
    assertThat(told.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)).isEqualTo("opened");
  }

  @AfterEach
  void stop() throws Exception {
    program.close();
    served.close();
    application.close();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
  }

  private final class Told implements ConnectListener {
    @Override
    public void onOpened() {
      told.add("opened");
    }

    @Override
    public void onRefused(ReasonCode reason, String text) {
      told.add(text);
    }
  }

  private static void assertReset(Socket socket) {
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(java.net.SocketTimeoutException.class);
  }

  @Test
  void bothSidesAreResetWhenTheClientDies() throws Exception {
    program.getOutputStream().write('!');
    assertThat(served.getInputStream().read()).isEqualTo('!');
    // Nobody has time to say anything: what is open is closed, as the kernel does for the killed.
    group.shutdownGracefully(0, PATIENCE_MILLIS, TimeUnit.MILLISECONDS).sync();
    assertReset(program);
    assertReset(served);
  }

  @Test
  void bothSidesHearTheEndAfterAllThatWasSaid() throws Exception {
    program.getOutputStream().write(WORDS);
    program.shutdownOutput();
    assertThat(served.getInputStream().readAllBytes()).isEqualTo(WORDS);
    served.getOutputStream().write(WORDS);
    served.shutdownOutput();
    assertThat(program.getInputStream().readAllBytes()).isEqualTo(WORDS);
  }

  @Test
  void sideWhoseOtherBrokeIsReset() throws Exception {
    program.getOutputStream().write('!');
    assertThat(served.getInputStream().read()).isEqualTo('!');
    served.setSoLinger(true, 0);
    served.close();
    assertReset(program);
  }
}
