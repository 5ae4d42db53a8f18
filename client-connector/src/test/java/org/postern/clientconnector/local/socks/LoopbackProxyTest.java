package org.postern.clientconnector.local.socks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.Channel;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.support.FakeGateway;
import org.postern.tunnel.link.EpollLoops;

class LoopbackProxyTest {

  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollLoops.handlers());
  private final IoEventLoop loop = group.next();
  private final FakeGateway gateway = new FakeGateway(loop, 0);
  private ServerSocket application;
  private Channel proxy;

  @BeforeEach
  void start() throws Exception {
    application = new ServerSocket(0, 10, LOOPBACK);
    Thread.ofPlatform().daemon().start(this::echo);
    gateway.permit("pay.corp", List.of());
    proxy =
        LoopbackProxy.listen(
                new InetSocketAddress(LOOPBACK, 0), loop, LocalLimits.DEFAULTS, gateway)
            .get();
  }

  @AfterEach
  void stop() throws Exception {
    proxy.close().sync();
    application.close();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
  }

  private void echo() {
    while (!application.isClosed()) {
      try (Socket socket = application.accept()) {
        socket.getInputStream().transferTo(socket.getOutputStream());
      } catch (IOException e) {
        return;
      }
    }
  }

  /** Sends bytes and the end, and returns everything that comes back. */
  private byte[] exchange(byte[] bytes) throws IOException {
    try (Socket socket =
        new Socket(LOOPBACK, ((InetSocketAddress) proxy.localAddress()).getPort())) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(bytes);
      socket.shutdownOutput();
      return socket.getInputStream().readAllBytes();
    }
  }

  private String connect(String host, int port, String early) throws IOException {
    String request = "CONNECT " + host + ":" + port + " HTTP/1.1\r\n\r\n" + early;
    return new String(
        exchange(request.getBytes(StandardCharsets.US_ASCII)), StandardCharsets.US_ASCII);
  }

  @Test
  void httpConnectCarriesBytesSentBeforeTheAnswer() throws Exception {
    assertThat(connect("pay.corp", application.getLocalPort(), "early bird"))
        .isEqualTo("HTTP/1.1 200 Connection established\r\n\r\nearly bird");
  }

  @Test
  void socksCarriesBytesBothWays() throws Exception {
    int port = application.getLocalPort();
    byte[] request = {
      5,
      1,
      0,
      5,
      1,
      0,
      3,
      8,
      'p',
      'a',
      'y',
      '.',
      'c',
      'o',
      'r',
      'p',
      (byte) (port >> 8),
      (byte) port,
      'h',
      'e',
      'l',
      'l',
      'o'
    };
    assertThat(exchange(request))
        .containsExactly(5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 'h', 'e', 'l', 'l', 'o');
  }

  @Test
  void refusalsCarryTheReason() throws Exception {
    assertThat(connect("secret.corp", 443, ""))
        .startsWith("HTTP/1.1 403 ")
        .contains("Postern-Reason: POLICY_NO_RULE");
    assertThat(connect("pay.corp", 1, ""))
        .startsWith("HTTP/1.1 502 ")
        .contains("Postern-Reason: CONNECT_REFUSED");
  }

  @Test
  void endlessRequestIsCutOff() throws Exception {
    byte[] bytes = ("CONNECT " + "a".repeat(20_000)).getBytes(StandardCharsets.US_ASCII);
    assertThatThrownBy(
            () -> {
              if (exchange(bytes).length == 0) {
                throw new IOException("closed");
              }
            })
        .isInstanceOf(IOException.class);
  }

  @Test
  void onlyLoopbackIsListenedOn() {
    InetSocketAddress everywhere = new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), 0);
    assertThatThrownBy(
            () -> LoopbackProxy.listen(everywhere, loop, LocalLimits.DEFAULTS, gateway).get())
        .hasMessageContaining("expected: a loopback address");
  }
}
