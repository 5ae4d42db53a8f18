package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.EarlyInbound;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.ReasonCode;

/** A program's connection: its own end, and what the gateway said ("opened", or the reason). */
record Program(Socket socket, CompletableFuture<String> said) implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 40_000;

  static Program connect(OneProcess.Device device, Target target) throws Exception {
    return connect(device, target, new byte[0]);
  }

  /** The gateway sees the connection when these bytes are in it already. */
  static Program connect(OneProcess.Device device, Target target, byte[] early) throws Exception {
    return connect(device, target, early, false);
  }

  /** The same, and nothing is sent after them. */
  static Program connectAndFinish(OneProcess.Device device, Target target, byte[] early)
      throws Exception {
    return connect(device, target, early, true);
  }

  private static Program connect(
      OneProcess.Device device, Target target, byte[] early, boolean finish) throws Exception {
    CompletableFuture<String> said = new CompletableFuture<>();
    CountDownLatch accepted = new CountDownLatch(1);
    Channel door =
        new ServerBootstrap()
            .group(device.loop())
            .channel(EpollServerSocketChannel.class)
            .option(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childHandler(
                new ChannelInitializer<EpollSocketChannel>() {
                  @Override
                  protected void initChannel(EpollSocketChannel local) {
                    accepted.countDown();
                    EarlyInbound.hold(local); // as every door of the client connector does
                    local
                        .eventLoop()
                        .execute(() ->
                            device.tunnel().gateway().connect(target, local, words(local, said)));
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
    Socket program = new Socket();
    program.connect(door.localAddress());
    program.setSoTimeout(PATIENCE_MILLIS);
    program.getOutputStream().write(early);
    if (finish) {
      program.shutdownOutput();
    }
    door.read();
    assertThat(accepted.await(30, TimeUnit.SECONDS)).isTrue();
    door.close();
    return new Program(program, said);
  }

  private static ConnectListener words(Channel local, CompletableFuture<String> said) {
    return new ConnectListener() {
      @Override
      public void onOpened() {
        said.complete("opened");
      }

      @Override
      public void onRefused(ReasonCode reason, String text) {
        said.complete(reason.name());
        local.close();
      }
    };
  }

  /** What the gateway said, once it has. */
  String answer() throws Exception {
    return said.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Says something, and hears as many bytes. */
  String ask(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    return new String(socket.getInputStream().readNBytes(text.length()), StandardCharsets.UTF_8);
  }

  /** True when the connection ends (reset or end of stream) rather than stays. */
  boolean ends() {
    try {
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
