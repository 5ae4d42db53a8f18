package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.Channel;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.appconnector.link.Connector;
import org.postern.appconnector.upstream.SystemResolver;
import org.postern.clientconnector.link.TunnelStatus;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.socks.LoopbackProxy;

/** A program's datagrams through SOCKS5 UDP ASSOCIATE, device, broker, connector, application. */
final class SocksUdpPathTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

  @TempDir private Path directory;
  private DatagramSocket application;
  private OneProcess all;
  private OneProcess.Device device;
  private Channel proxy;
  private Socket tcp;
  private DatagramSocket udp;
  private InetSocketAddress relay;

  /** Lengths of what the application received. */
  private final BlockingQueue<Integer> received = new LinkedBlockingQueue<>();

  @BeforeEach
  void start() throws Exception {
    application = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0));
    Thread.ofVirtual().start(this::echo);
    all = new OneProcess(directory, Policies.allowing(1, application.getLocalPort()));
    List<InetAddress> loopback = List.of(LOOPBACK);
    Connector connector =
        all.connector(
            "vpc-a",
            "c1",
            new SystemResolver(
                List.of(),
                Map.of("echo.corp.internal", loopback, "secret.corp.internal", loopback)));
    device = all.device("u1", "d1");
    await().atMost(PATIENCE).until(() -> device.owns("echo.corp.internal"));
    await().atMost(PATIENCE).until(() -> connector.status().lanes() > 0);
    proxy =
        LoopbackProxy.listen(
                new InetSocketAddress(LOOPBACK, 0),
                device.loop(),
                LocalLimits.DEFAULTS,
                device.tunnel().gateway())
            .get();
    associate();
  }

  @AfterEach
  void stop() throws Exception {
    udp.close();
    tcp.close();
    proxy.close().sync();
    all.close();
    application.close();
  }

  private void echo() {
    byte[] bytes = new byte[65_535];
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(bytes, bytes.length);
        application.receive(packet);
        received.add(packet.getLength());
        application.send(packet);
      }
    } catch (IOException e) {
      // Closed at the end of the test.
    }
  }

  private void associate() throws IOException {
    tcp = new Socket(LOOPBACK, ((InetSocketAddress) proxy.localAddress()).getPort());
    tcp.setSoTimeout(30_000);
    udp = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0));
    udp.setSoTimeout(30_000);
    tcp.getOutputStream().write(new byte[] {5, 1, 0, 5, 3, 0, 1, 0, 0, 0, 0, 0, 0});
    DataInputStream in = new DataInputStream(tcp.getInputStream());
    assertThat(in.readNBytes(6)).containsExactly(5, 0, 5, 0, 0, 1);
    relay =
        new InetSocketAddress(InetAddress.getByAddress(in.readNBytes(4)), in.readUnsignedShort());
  }

  private byte[] packet(String host, int port, byte[] data) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {0, 0, 0, 3, (byte) host.length()});
    out.writeBytes(host.getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(new byte[] {(byte) (port >> 8), (byte) port});
    out.writeBytes(data);
    return out.toByteArray();
  }

  private void send(byte[] packet) throws IOException {
    udp.send(new DatagramPacket(packet, packet.length, relay));
  }

  private void exchange(byte[] data) throws IOException {
    byte[] packet = packet("echo.corp.internal", application.getLocalPort(), data);
    send(packet);
    DatagramPacket answer = new DatagramPacket(new byte[65_535], 65_535);
    udp.receive(answer);
    assertThat(Arrays.copyOf(answer.getData(), answer.getLength())).isEqualTo(packet);
  }

  private TunnelStatus status() throws Exception {
    return CompletableFuture.supplyAsync(device.tunnel()::status, device.loop())
        .get(30, TimeUnit.SECONDS);
  }

  @Test
  void datagramsReachTheApplicationByNameAndComeBackWhole() throws Exception {
    exchange("hello".getBytes(StandardCharsets.US_ASCII));
    exchange(new byte[9_000]);
    assertThat(status().flows())
        .singleElement()
        .satisfies(flow -> {
          assertThat(flow.target()).isEqualTo("echo.corp.internal:" + application.getLocalPort());
          assertThat(flow.transport()).containsIgnoringCase("udp");
        });
    assertThat(all.liveFlows()).isEqualTo(1);
    tcp.close();
    await().atMost(PATIENCE).until(() -> all.liveFlows() == 0);
  }

  @Test
  void emptyDatagramsReachTheApplicationAndComeBackEmpty() throws Exception {
    exchange(new byte[0]); // the first one of the flow
    assertThat(received.poll(30, TimeUnit.SECONDS)).isZero();
    exchange("between".getBytes(StandardCharsets.US_ASCII));
    assertThat(received.poll(30, TimeUnit.SECONDS)).isEqualTo(7);
    for (int i = 0; i < 3; i++) {
      exchange(new byte[0]);
      assertThat(received.poll(30, TimeUnit.SECONDS)).isZero();
    }
  }

  @Test
  void refusedTargetIsDecidedByTheBrokerAndShownInStatus() throws Exception {
    int wrong = application.getLocalPort() == 65_535 ? 1 : application.getLocalPort() + 1;
    send(packet("echo.corp.internal", wrong, new byte[] {1}));
    send(packet("secret.corp.internal", application.getLocalPort(), new byte[] {1}));
    exchange("hello".getBytes(StandardCharsets.US_ASCII));
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(status().ended())
                .singleElement()
                .satisfies(end -> {
                  assertThat(end.target()).isEqualTo("echo.corp.internal:" + wrong);
                  assertThat(all.notes).anyMatch(note -> note.id().equals(end.decisionId()));
                }));
  }

  @Test
  void deletingTheRuleCutsTheFlowAndNothingMoreComesThrough() throws Exception {
    exchange("hello".getBytes(StandardCharsets.US_ASCII));
    all.change(Policies.denying(2, application.getLocalPort()));
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(status().ended())
                .singleElement()
                .satisfies(end -> assertThat(end.reason()).isEqualTo("POLICY_CHANGED")));
    await().atMost(PATIENCE).until(() -> all.liveFlows() == 0);
    udp.setSoTimeout(300);
    send(packet("echo.corp.internal", application.getLocalPort(), new byte[] {1}));
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> udp.receive(new DatagramPacket(new byte[100], 100)))
        .isInstanceOf(java.net.SocketTimeoutException.class);
  }
}
