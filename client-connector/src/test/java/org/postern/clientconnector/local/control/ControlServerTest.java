package org.postern.clientconnector.local.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.Channel;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.Target;
import org.postern.clientconnector.local.support.FakeGateway;
import org.postern.tunnel.link.EpollLoops;

class ControlServerTest {

  @TempDir private Path directory;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollLoops.handlers());
  private final IoEventLoop loop = group.next();
  private final FakeGateway gateway = new FakeGateway(loop, 0);
  private Path socket;
  private Channel listening;

  private final class Handler implements ControlHandler {
    @Override
    public Future<String> status() {
      return loop.newSucceededFuture("{\"state\":\"up\"}");
    }

    @Override
    public Future<String> down() {
      return loop.newFailedFuture(new IOException("not now"));
    }

    @Override
    public Future<String> ask(String verb, String arguments) {
      return loop.newSucceededFuture("{\"asked\":\"" + verb + "|" + arguments + "\"}");
    }

    @Override
    public void connect(Target target, Channel local, ConnectListener listener) {
      gateway.connect(target, local, listener);
    }
  }

  private Future<Channel> listen(Path at) throws IOException {
    return ControlServer.listen(at, loop, LocalLimits.DEFAULTS, new Handler(), Optional.empty());
  }

  @BeforeEach
  void start() throws Exception {
    socket = directory.resolve("run/control");
    listening = listen(socket).get();
  }

  @AfterEach
  void stop() throws Exception {
    listening.close().sync();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    assertThat(socket).doesNotExist();
  }

  @Test
  void commandsAreAnswered() throws Exception {
    ControlClient client = new ControlClient(socket);
    assertThat(client.status()).isEqualTo("{\"state\":\"up\"}");
    assertThatThrownBy(client::down).hasMessageContaining("not now");
  }

  @Test
  void connectTurnsIntoTheFlowsBytes() throws Exception {
    gateway.permit("pay.corp", List.of());
    try (ServerSocket application = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      Thread.ofPlatform()
          .daemon()
          .start(() -> {
            try (Socket accepted = application.accept()) {
              accepted.getInputStream().transferTo(accepted.getOutputStream());
            } catch (IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          });
      ControlClient client = new ControlClient(socket);
      try (ControlClient.Flow flow =
          client.connect(new Target("pay.corp", application.getLocalPort()))) {
        flow.channel().write(ByteBuffer.wrap("hello".getBytes(StandardCharsets.US_ASCII)));
        flow.channel().shutdownOutput();
        ByteBuffer answer = ByteBuffer.allocate(16);
        while (flow.channel().read(answer) >= 0) {
          assertThat(answer.hasRemaining()).isTrue();
        }
        assertThat(answer.position()).isEqualTo(5);
        client.outcome(flow); // ended by itself
      }
    }
  }

  @Test
  void refusedConnectSaysWhy() {
    assertThatThrownBy(() -> new ControlClient(socket).connect(new Target("secret.corp", 1)))
        .isInstanceOf(ControlClient.RefusedException.class)
        .hasMessageContaining("POLICY_NO_RULE");
  }

  @Test
  void socketIsPrivate() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
        .isEqualTo("rw-------");
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("run"))))
        .isEqualTo("rwx------");
  }

  @Test
  void secondServerIsRefusedAndADeadOnesFileIsReplaced() throws Exception {
    assertThatThrownBy(() -> listen(socket)).hasMessageContaining("already listens");
    Path dead = directory.resolve("run/dead");
    try (var left = java.nio.channels.ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      left.bind(UnixDomainSocketAddress.of(dead));
    }
    assertThat(dead).exists();
    listen(dead).get().close().sync();
  }

  @Test
  void nonsenseIsAnsweredAndClosed() throws Exception {
    assertThat(raw("frobnicate\n")).startsWith("error UNEXPECTED_MESSAGE ");
    assertThat(raw("connect nowhere\n")).startsWith("error PROTOCOL_ERROR ");
    assertThat(raw("status\nstatus\n")).startsWith("error PROTOCOL_ERROR ");
    assertThat(raw("x".repeat(1_500))).startsWith("error PROTOCOL_ERROR ");
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      byte[] bytes = new byte[1 + random.nextInt(50)];
      random.nextBytes(bytes);
      String answer = raw(new String(bytes, StandardCharsets.ISO_8859_1) + "\n");
      assertThat(answer).as("seed %d", seed).startsWith("error ");
    }
  }

  private String raw(String text) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
      ByteBuffer answer = ByteBuffer.allocate(4_096);
      while (channel.read(answer) >= 0) {
        assertThat(answer.hasRemaining()).isTrue();
      }
      return new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void questionsOfThePersonArePassedOnWithTheirWords() throws Exception {
    ControlClient client = new ControlClient(socket);
    assertThat(client.question("why pay.corp:443 tcp"))
        .isEqualTo("{\"asked\":\"why|pay.corp:443 tcp\"}");
    assertThat(client.question("requests")).isEqualTo("{\"asked\":\"requests|\"}");
    String longest = "r".repeat(6_000);
    assertThat(client.question("request pay.corp tcp 60 " + longest)).contains(longest);
  }
}
