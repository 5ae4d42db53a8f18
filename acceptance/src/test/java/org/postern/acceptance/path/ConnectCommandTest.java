package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.clientconnector.cli.ClientCommand;
import org.postern.clientconnector.cli.Surroundings;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.Target;
import org.postern.clientconnector.local.control.ControlHandler;
import org.postern.clientconnector.local.control.ControlServer;

/** {@code postern connect} tells its caller how the connection ended. */
final class ConnectCommandTest {
  private static final int REFUSED = 3;

  @TempDir private Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final InputStream standardInput = System.in;
  private EchoApplication echo;

  @SuppressWarnings("NullAway.Init")
  private OneProcess all;

  @SuppressWarnings("NullAway.Init")
  private OneProcess.Device device;

  private record Handler(OneProcess.Device device) implements ControlHandler {
    @Override
    public Future<String> status() {
      return device.loop().newSucceededFuture("{}");
    }

    @Override
    public Future<String> down() {
      return device.loop().newSucceededFuture("{}");
    }

    @Override
    public Future<String> ask(String verb, String arguments) {
      return device.loop().newSucceededFuture("{}");
    }

    @Override
    public void connect(Target target, Channel local, ConnectListener listener) {
      device.tunnel().gateway().connect(target, local, listener);
    }
  }

  @BeforeEach
  void start() throws Exception {
    echo = new EchoApplication();
  }

  private void start(int port) throws Exception {
    all = new OneProcess(directory, Policies.allowing(1, port));
    all.connector("vpc-a", "c1", EchoApplication.resolver());
    device = all.device("u1", "d1");
    await().atMost(Duration.ofSeconds(60)).until(() -> device.names().containsKey("plan"));
    ControlServer.listen(
            directory.resolve("client.sock"),
            device.loop(),
            LocalLimits.DEFAULTS,
            new Handler(device),
            Optional.empty())
        .get();
  }

  @AfterEach
  void stop() throws Exception {
    System.setIn(standardInput);
    all.close();
    echo.close();
  }

  private CompletableFuture<Integer> connect(String host, int port, InputStream said) {
    System.setIn(said);
    return CompletableFuture.supplyAsync(() ->
        ClientCommand.run(
            new Surroundings(
                Clock.systemUTC(),
                System::nanoTime,
                Map.of(),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8)),
            "connect",
            "--run-dir",
            directory.toString(),
            host + ":" + port));
  }

  private static int code(CompletableFuture<Integer> command) throws Exception {
    return command.get(30, TimeUnit.SECONDS);
  }

  @Test
  void flowThatEndsByItselfIsSuccess() throws Exception {
    start(echo.port());
    byte[] words = "hello".getBytes(StandardCharsets.US_ASCII);
    var command = connect("echo.corp.internal", echo.port(), new ByteArrayInputStream(words));
    assertThat(code(command)).as(err.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(out.toByteArray()).isEqualTo(words);
  }

  @Test
  void flowThatIsCutSaysWhyAndFails() throws Exception {
    start(echo.port());
    try (PipedOutputStream typed = new PipedOutputStream()) {
      var command = connect("echo.corp.internal", echo.port(), new PipedInputStream(typed));
      typed.write('x');
      typed.flush();
      await().atMost(Duration.ofSeconds(60)).until(() -> out.size() == 1);
      all.change(Policies.denying(2, echo.port()));
      assertThat(code(command)).isEqualTo(REFUSED);
      assertThat(err.toString(StandardCharsets.UTF_8))
          .contains("your access to this application has ended (POLICY_CHANGED)");
    }
  }

  @Test
  void flowThatTheApplicationResetsSaysSoAndFails() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> resetAll(server));
      start(server.getLocalPort());
      byte[] words = "hello".getBytes(StandardCharsets.US_ASCII);
      var command =
          connect("echo.corp.internal", server.getLocalPort(), new ByteArrayInputStream(words));
      assertThat(code(command)).isEqualTo(REFUSED);
      assertThat(err.toString(StandardCharsets.UTF_8)).contains("(UPSTREAM_RESET)");
    }
  }

  private static void resetAll(ServerSocket server) {
    while (!server.isClosed()) {
      try (Socket accepted = server.accept()) {
        if (accepted.getInputStream().read() >= 0) {
          accepted.setSoLinger(true, 0);
        }
      } catch (java.io.IOException e) {
        // Closed at the end of the test, or a health probe that went away.
      }
    }
  }

  @Test
  void refusedFlowSaysWhyAndFails() throws Exception {
    start(echo.port());
    var command =
        connect("secret.corp.internal", echo.port(), new ByteArrayInputStream(new byte[0]));
    assertThat(code(command)).isEqualTo(REFUSED);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("(POLICY_NO_RULE)");
  }
}
