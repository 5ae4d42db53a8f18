package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.appconnector.upstream.SystemResolver;
import org.postern.broker.access.DecisionLog;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.Resolution;
import org.postern.clientconnector.local.Target;
import org.postern.policystore.decision.Decision;
import org.postern.tunnel.message.ReasonCode;

/** Device, broker, connector and application in one process, over real TLS and real sockets. */
final class PathOfAByteTest {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  @TempDir private Path directory;
  private ServerSocket echo;
  private Thread serving;
  private OneProcess all;
  private OneProcess.Device device;

  @BeforeEach
  void start() throws Exception {
    echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    serving = Thread.ofVirtual().start(this::serve);
    all = new OneProcess(directory, Policies.allowing(1, echo.getLocalPort()));
    all.connector("vpc-a", "c1", resolver());
    device = all.device("u1", "d1");
    await()
        .atMost(PATIENCE)
        .until(() ->
            device.names().containsKey("plan")
                && device.names().get("plan").owns("echo.corp.internal"));
  }

  @AfterEach
  void stop() throws Exception {
    all.close();
    echo.close();
  }

  private static SystemResolver resolver() {
    List<InetAddress> loopback = List.of(InetAddress.getLoopbackAddress());
    return new SystemResolver(
        List.of(), Map.of("echo.corp.internal", loopback, "secret.corp.internal", loopback));
  }

  private void serve() {
    while (!echo.isClosed()) {
      try {
        Socket accepted = echo.accept();
        Thread.ofVirtual().start(() -> echo(accepted));
      } catch (java.io.IOException e) {
        return;
      }
    }
  }

  private static void echo(Socket socket) {
    try (socket) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (java.io.IOException e) {
      // The other end is gone; so are we.
    }
  }

  private Target target() {
    return new Target("echo.corp.internal", echo.getLocalPort());
  }

  /** A program's connection: its own end, and what the gateway said. */
  private record Program(Socket socket, CompletableFuture<String> said) implements AutoCloseable {
    @Override
    public void close() throws java.io.IOException {
      socket.close();
    }
  }

  private Program connect(Target target) throws Exception {
    CompletableFuture<String> said = new CompletableFuture<>();
    CountDownLatch accepted = new CountDownLatch(1);
    Channel door =
        new ServerBootstrap()
            .group(device.loop())
            .channel(EpollServerSocketChannel.class)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childHandler(
                new ChannelInitializer<EpollSocketChannel>() {
                  @Override
                  protected void initChannel(EpollSocketChannel local) {
                    accepted.countDown();
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
    program.setSoTimeout(15_000);
    assertThat(accepted.await(10, TimeUnit.SECONDS)).isTrue();
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

  private static String ask(Program program, String text) throws Exception {
    program.socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    return new String(
        program.socket.getInputStream().readNBytes(text.length()), StandardCharsets.UTF_8);
  }

  @Test
  void programReachesTheApplicationByNameAndBytesComeBack() throws Exception {
    try (Program program = connect(target())) {
      assertThat(ask(program, "hello")).isEqualTo("hello");
      assertThat(program.said.get(5, TimeUnit.SECONDS)).isEqualTo("opened");
    }
    await().atMost(PATIENCE).until(() -> all.liveFlows() == 0);
  }

  @Test
  void forbiddenAndNonsenseNamesGiveTheSameAnswer() throws Exception {
    Resolution forbidden = resolve("secret.corp.internal");
    Resolution nonsense = resolve("nonsense.corp.internal");
    assertThat(forbidden).isInstanceOf(Resolution.Unknown.class).isEqualTo(nonsense);
    assertThat(resolve("echo.corp.internal")).isInstanceOf(Resolution.Permitted.class);
    try (Program program = connect(new Target("secret.corp.internal", echo.getLocalPort()))) {
      assertThat(program.said.get(5, TimeUnit.SECONDS)).isEqualTo("POLICY_NO_RULE");
    }
  }

  private Resolution resolve(String host) throws Exception {
    CompletableFuture<Resolution> answer = new CompletableFuture<>();
    device
        .loop()
        .execute(() ->
            device
                .tunnel()
                .gateway()
                .resolve(host)
                .addListener(done -> answer.complete((Resolution) done.getNow())));
    return answer.get(5, TimeUnit.SECONDS);
  }

  @Test
  void manyMebibytesEachWayArriveWholeAndHalfCloseIsPassedOn() throws Exception {
    byte[] sent = new byte[64 << 20];
    new Random(7).nextBytes(sent);
    try (Program program = connect(target())) {
      Thread.ofVirtual()
          .start(() -> {
            try {
              OutputStream out = program.socket.getOutputStream();
              out.write(sent);
              program.socket.shutdownOutput();
            } catch (java.io.IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          });
      InputStream in = program.socket.getInputStream();
      assertThat(in.readAllBytes()).isEqualTo(sent);
    }
  }

  @Test
  void deletingTheRuleCutsTheLiveFlowAndTheReasonShows() throws Exception {
    try (Program program = connect(target())) {
      assertThat(ask(program, "hello")).isEqualTo("hello");
      all.change(Policies.denying(2, echo.getLocalPort()));
      assertThat(ends(program)).isTrue();
    }
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(lastEnd()).isEqualTo("POLICY_CHANGED"));
    await().atMost(PATIENCE).until(() -> all.liveFlows() == 0);
    String id = onLoop(() -> device.tunnel().status().ended().getFirst().decisionId());
    DecisionLog.Note cut =
        all.notes.stream()
            .filter(each -> each.id().equals(id))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no decision " + id + " in " + all.notes));
    assertThat(
            cut.snapshot()
                .explain(cut.subject(), cut.host(), cut.port(), cut.transport(), cut.atMillis())
                .decision())
        .as("the decision that cut it, and not the one that let it in")
        .isInstanceOf(Decision.Deny.class);
  }

  @Test
  void revokedSessionCutsEverythingAndTheDeviceLearnsWhy() throws Exception {
    try (Program program = connect(target())) {
      assertThat(ask(program, "hello")).isEqualTo("hello");
      all.change(Policies.revoked(2, echo.getLocalPort()));
      assertThat(ends(program)).isTrue();
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(linkReason()).isEqualTo("SESSION_REVOKED"));
  }

  /** True when the connection ends (reset or end of stream) rather than stays. */
  private static boolean ends(Program program) {
    try {
      return program.socket.getInputStream().read() < 0;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (java.io.IOException e) {
      return true;
    }
  }

  private String lastEnd() throws Exception {
    return onLoop(() ->
        device.tunnel().status().ended().stream().findFirst().map(end -> end.reason()).orElse(""));
  }

  private String linkReason() throws Exception {
    return onLoop(() -> device.tunnel().status().linkReason());
  }

  private String onLoop(java.util.function.Supplier<String> question) throws Exception {
    return CompletableFuture.supplyAsync(question, device.loop()).get(5, TimeUnit.SECONDS);
  }

  @Test
  void brokerThatComesBackIsFoundAgainAndFlowsGoOnOrEnd() throws Exception {
    try (Program program = connect(target())) {
      assertThat(ask(program, "hello")).isEqualTo("hello");
      all.restartBroker(Duration.ZERO);
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .untilAsserted(() -> {
            try (Program again = connect(target())) {
              assertThat(ask(again, "again")).isEqualTo("again");
            }
          });
    }
  }

  @Test
  void deadApplicationIsRefusedWithItsReason() throws Exception {
    int port = echo.getLocalPort();
    echo.close();
    // The thread in accept is what closes the socket: until it ends, the port still listens.
    serving.join();
    try (Program program = connect(new Target("echo.corp.internal", port))) {
      assertThat(program.said.get(10, TimeUnit.SECONDS)).isEqualTo("CONNECT_REFUSED");
    }
  }

  @Test
  void datagramsKeepTheirBoundaries() throws Exception {
    try (java.net.DatagramSocket server =
        new java.net.DatagramSocket(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), echo.getLocalPort()))) {
      Thread.ofVirtual().start(() -> echoDatagrams(server));
      CompletableFuture<String> first = new CompletableFuture<>();
      device
          .loop()
          .execute(() -> {
            var association =
                device.tunnel().gateway().associate(target(), new FirstDatagram(first));
            association.send(Unpooled.copiedBuffer("one", StandardCharsets.UTF_8));
          });
      assertThat(first.get(10, TimeUnit.SECONDS)).isEqualTo("one");
    }
  }

  private static void echoDatagrams(java.net.DatagramSocket server) {
    byte[] bytes = new byte[2048];
    try {
      while (true) {
        java.net.DatagramPacket packet = new java.net.DatagramPacket(bytes, bytes.length);
        server.receive(packet);
        server.send(packet);
      }
    } catch (java.io.IOException e) {
      // Closed at the end of the test.
    }
  }

  private record FirstDatagram(CompletableFuture<String> first)
      implements org.postern.clientconnector.local.DatagramEnd {
    @Override
    public void onDatagram(ByteBuf payload) {
      first.complete(payload.toString(StandardCharsets.UTF_8));
      payload.release();
    }

    @Override
    public void onClosed(ReasonCode reason, String text) {
      first.complete("closed: " + reason.name() + " " + text);
    }
  }
}
