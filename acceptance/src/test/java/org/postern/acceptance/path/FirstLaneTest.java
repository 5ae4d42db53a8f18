package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.appconnector.upstream.SystemResolver;
import org.postern.clientconnector.local.DatagramEnd;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.ReasonCode;

/** Flows that come while the first lane to a connector is being made. */
final class FirstLaneTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  @TempDir private Path directory;

  /** What the gateway said of one association: its first datagram, or why it ended. */
  private record Heard(CompletableFuture<String> first) implements DatagramEnd {
    @Override
    public void onDatagram(ByteBuf datagram) {
      first.complete(datagram.toString(StandardCharsets.US_ASCII));
      datagram.release();
    }

    @Override
    public void onClosed(ReasonCode reason, String text) {
      first.complete(reason.name());
    }

    String text() throws Exception {
      return first.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
  }

  private static Heard say(OneProcess.Device device, int port) {
    Heard heard = new Heard(new CompletableFuture<>());
    device
        .tunnel()
        .gateway()
        .associate(new Target("echo.corp.internal", port), heard)
        .send(Unpooled.copiedBuffer("hello", StandardCharsets.US_ASCII));
    return heard;
  }

  @Test
  void oneThatIsForbiddenTakesNoOtherWithItThatWaitsForItsLane() throws Exception {
    try (DatagramSocket application = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0));
        OneProcess all =
            new OneProcess(directory, Policies.allowing(1, application.getLocalPort()))) {
      CompletableFuture.runAsync(() -> echoOnce(application), Thread::startVirtualThread);
      // The device first: no lane can be made beforehand.
      OneProcess.Device device = all.device("u1", "d1");
      await().atMost(PATIENCE).until(() -> device.owns("echo.corp.internal"));
      all.connector(
          "vpc-a",
          "c1",
          new SystemResolver(List.of(), Map.of("echo.corp.internal", List.of(LOOPBACK))));
      await().atMost(PATIENCE).until(() -> all.connectors() == 1);
      int port = application.getLocalPort();
      int wrong = port == 65_535 ? 1 : port + 1;
      List<Heard> heard =
          CompletableFuture.supplyAsync(
                  () -> {
                    assertThat(device.tunnel().status().lanes()).isZero();
                    return List.of(say(device, wrong), say(device, wrong), say(device, port));
                  },
                  device.loop())
              .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(heard.get(0).text()).isEqualTo("POLICY_NO_RULE");
      assertThat(heard.get(1).text()).isEqualTo("POLICY_NO_RULE");
      assertThat(heard.get(2).text()).isEqualTo("hello");
    }
  }

  private static void echoOnce(DatagramSocket application) {
    try {
      DatagramPacket packet = new DatagramPacket(new byte[100], 100);
      application.receive(packet);
      application.send(packet);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
