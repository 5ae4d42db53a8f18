package org.postern.clientconnector.local.socks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.channel.Channel;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.support.FakeGateway;
import org.postern.tunnel.link.EpollLoops;

/** Real datagrams through the proxy's UDP ports; the gateway sends each one back. */
class SocksUdpTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
  private static final Duration LONG = Duration.ofMinutes(1);

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollLoops.handlers());
  private final IoEventLoop loop = group.next();
  private final FakeGateway gateway = new FakeGateway(loop, 0);

  @AfterEach
  void stop() throws Exception {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
  }

  private static LocalLimits limits(int associations, int targets, Duration idle, Duration whole) {
    LocalLimits d = LocalLimits.DEFAULTS;
    return new LocalLimits(
        d.portRangesPerNameMax(),
        d.dnsOutstandingMax(),
        d.dnsCacheEntriesMax(),
        d.dnsPositiveTtl(),
        d.dnsNegativeTtl(),
        d.dnsAnswerTimeout(),
        d.dnsUpstreamTimeout(),
        d.dnsTcpConnectionsMax(),
        d.dnsMessageLengthMax(),
        d.udpFlowsMax(),
        idle,
        d.tunPacketsPerWakeupMax(),
        d.addressReuseAfter(),
        d.loopbackConnectionsMax(),
        d.loopbackHandshakeTimeout(),
        associations,
        targets,
        whole,
        d.httpHeaderLengthMax(),
        d.controlConnectionsMax(),
        d.controlLineLengthMax(),
        d.controlOutcomesMax(),
        d.redirectedConnectionsMax(),
        d.machineLookInterval());
  }

  private InetSocketAddress proxy(LocalLimits limits, InetAddress address) throws Exception {
    Channel proxy =
        LoopbackProxy.listen(new InetSocketAddress(address, 0), loop, limits, gateway).get();
    return (InetSocketAddress) proxy.localAddress();
  }

  private InetSocketAddress proxy() throws Exception {
    return proxy(LocalLimits.DEFAULTS, LOOPBACK);
  }

  /** A program with one association: what it holds, and where its datagrams go. */
  private static final class Program implements AutoCloseable {
    final Socket tcp;
    final DatagramSocket udp;
    final InetSocketAddress relay;

    Program(InetSocketAddress proxy, boolean announce) throws IOException {
      tcp = new Socket(proxy.getAddress(), proxy.getPort());
      tcp.setSoTimeout(30_000);
      udp = new DatagramSocket(new InetSocketAddress(proxy.getAddress(), 0));
      udp.setSoTimeout(30_000);
      int port = announce ? udp.getLocalPort() : 0;
      tcp.getOutputStream()
          .write(new byte[] {5, 1, 0, 5, 3, 0, 1, 0, 0, 0, 0, (byte) (port >> 8), (byte) port});
      DataInputStream in = new DataInputStream(tcp.getInputStream());
      assertThat(in.readNBytes(2)).containsExactly(5, 0);
      byte[] reply = in.readNBytes(3);
      if (reply[1] != 0) {
        throw new IOException("reply " + reply[1]);
      }
      byte[] address = in.readNBytes(in.readUnsignedByte() == 1 ? 4 : 16);
      relay = new InetSocketAddress(InetAddress.getByAddress(address), in.readUnsignedShort());
    }

    static byte[] packet(int fragment, String host, int port, byte[] data) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.writeBytes(new byte[] {0, 0, (byte) fragment, 3, (byte) host.length()});
      out.writeBytes(host.getBytes(StandardCharsets.US_ASCII));
      out.writeBytes(new byte[] {(byte) (port >> 8), (byte) port});
      out.writeBytes(data);
      return out.toByteArray();
    }

    void send(byte[] packet) throws IOException {
      udp.send(new DatagramPacket(packet, packet.length, relay));
    }

    void send(String host, int port, String text) throws IOException {
      send(packet(0, host, port, text.getBytes(StandardCharsets.US_ASCII)));
    }

    byte[] receive() throws IOException {
      DatagramPacket answer = new DatagramPacket(new byte[65_535], 65_535);
      udp.receive(answer);
      assertThat(answer.getSocketAddress()).isEqualTo(relay);
      return Arrays.copyOf(answer.getData(), answer.getLength());
    }

    void exchange(String host, int port, byte[] data) throws IOException {
      byte[] packet = packet(0, host, port, data);
      send(packet);
      assertThat(receive()).as("the same header, and the data").isEqualTo(packet);
    }

    @Override
    public void close() throws IOException {
      tcp.close();
      udp.close();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void datagramsKeepTheirBoundariesAndSayWhereTheyComeFrom() throws Exception {
    try (Program program = new Program(proxy(), false)) {
      program.exchange("pay.corp", 53, bytes("one"));
      program.exchange("ledger.corp", 123, bytes("two"));
      program.exchange("pay.corp", 53, new byte[0]);
      program.exchange("pay.corp", 53, new byte[65_000]);
      assertThat(gateway.associationsMade()).as("one flow per target").isEqualTo(2);
    }
  }

  @Test
  void associationWorksOverIpv6Loopback() throws Exception {
    try (Program program =
        new Program(proxy(LocalLimits.DEFAULTS, InetAddress.ofLiteral("::1")), true)) {
      assertThat(program.relay.getAddress()).isEqualTo(InetAddress.ofLiteral("::1"));
      program.exchange("pay.corp", 53, bytes("six"));
    }
  }

  @Test
  void endOfTheTcpConnectionEndsItsFlowsAndItsPort() throws Exception {
    try (Program program = new Program(proxy(), false)) {
      program.exchange("pay.corp", 53, bytes("one"));
      program.exchange("ledger.corp", 53, bytes("two"));
      assertThat(gateway.associationsOpen()).isEqualTo(2);
      program.tcp.shutdownOutput();
      assertThat(program.tcp.getInputStream().read()).isEqualTo(-1);
      await().atMost(PATIENCE).until(() -> gateway.associationsOpen() == 0);
      // The port is free again: nothing is heard there any more.
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .untilAsserted(() -> new DatagramSocket(program.relay).close());
    }
  }

  @Test
  void fragmentsAndNonsenseAreDropped() throws Exception {
    try (Program program = new Program(proxy(), false)) {
      program.send(Program.packet(1, "pay.corp", 53, bytes("part")));
      program.send(Program.packet(0x81, "pay.corp", 53, bytes("last part")));
      program.send(new byte[] {0, 1, 0, 1, 1, 2, 3, 4, 0, 53, 'x'});
      program.send(new byte[] {0, 0, 0, 9, 1, 2, 3, 4, 0, 53, 'x'});
      program.send(new byte[] {0, 0, 0, 3, 40, 'p'});
      program.send("pay.corp", 0, "no such port");
      program.exchange("pay.corp", 53, bytes("whole"));
      assertThat(gateway.associationsMade()).isEqualTo(1);
    }
  }

  @Test
  void nobodyElseIsHeardOnSomebodysPort() throws Exception {
    try (Program announced = new Program(proxy(), true);
        Program silent = new Program(proxy(), false);
        DatagramSocket neighbour = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0));
        DatagramSocket elsewhere =
            new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.2"), 0))) {
      byte[] packet = Program.packet(0, "stranger.corp", 53, bytes("mine"));
      neighbour.send(new DatagramPacket(packet, packet.length, announced.relay));
      elsewhere.send(new DatagramPacket(packet, packet.length, silent.relay));
      announced.exchange("pay.corp", 53, bytes("announced"));
      silent.exchange("pay.corp", 53, bytes("first"));
      neighbour.send(new DatagramPacket(packet, packet.length, silent.relay));
      silent.exchange("pay.corp", 53, bytes("still the first"));
      assertThat(gateway.associationsMade()).isEqualTo(2);
    }
  }

  @Test
  void associationBeyondTheLimitIsRefusedUntilOneEnds() throws Exception {
    InetSocketAddress proxy = proxy(limits(1, 8, LONG, LONG), LOOPBACK);
    try (Program first = new Program(proxy, false)) {
      first.exchange("pay.corp", 53, bytes("one"));
      assertThatThrownBy(() -> new Program(proxy, false).close()).hasMessage("reply 1");
      first.exchange("pay.corp", 53, bytes("not disturbed"));
    }
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .untilAsserted(() -> {
          try (Program next = new Program(proxy, false)) {
            next.exchange("pay.corp", 53, bytes("next"));
          }
        });
  }

  @Test
  void targetBeyondTheLimitTakesThePlaceOfTheLeastRecentlyUsed() throws Exception {
    try (Program program = new Program(proxy(limits(4, 2, LONG, LONG), LOOPBACK), false)) {
      program.exchange("a.corp", 53, bytes("a"));
      program.exchange("b.corp", 53, bytes("b"));
      program.exchange("a.corp", 53, bytes("a again"));
      program.exchange("c.corp", 53, bytes("c"));
      assertThat(gateway.associationsOpen()).isEqualTo(2);
      program.exchange("a.corp", 53, bytes("a is still there"));
      assertThat(gateway.associationsMade()).isEqualTo(3);
    }
  }

  @Test
  void idleFlowEndsAndIsOpenedAnew() throws Exception {
    Duration idle = Duration.ofMillis(100);
    try (Program program = new Program(proxy(limits(4, 8, idle, LONG), LOOPBACK), false)) {
      program.exchange("pay.corp", 53, bytes("one"));
      await().atMost(PATIENCE).until(() -> gateway.associationsOpen() == 0);
      program.exchange("pay.corp", 53, bytes("two"));
      assertThat(gateway.associationsMade()).isEqualTo(2);
    }
  }

  @Test
  void idleAssociationEndsWithItsConnection() throws Exception {
    Duration whole = Duration.ofSeconds(2); // as much as the exchange below may take
    try (Program program = new Program(proxy(limits(4, 8, LONG, whole), LOOPBACK), false)) {
      program.exchange("pay.corp", 53, bytes("one"));
      assertThat(program.tcp.getInputStream().read()).isEqualTo(-1);
      await().atMost(PATIENCE).until(() -> gateway.associationsOpen() == 0);
    }
  }

  @Test
  void refusedTargetIsSilentAndNotAskedForWithEveryDatagram() throws Exception {
    try (Program program = new Program(proxy(), false)) {
      for (int i = 0; i < 20; i++) {
        program.send("pay.corp", 9, "anybody there?");
      }
      program.exchange("pay.corp", 53, bytes("others go on"));
      assertThat(gateway.associationsMade()).isEqualTo(2);
      program.udp.setSoTimeout(100);
      assertThatThrownBy(program::receive).isInstanceOf(SocketTimeoutException.class);
    }
  }
}
