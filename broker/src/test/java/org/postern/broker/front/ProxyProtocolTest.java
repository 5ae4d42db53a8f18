package org.postern.broker.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.TrustDomain;
import org.postern.identity.WebTls;
import org.postern.tunnel.link.PeerAddress;

/** The port behind a load balancer that is believed: 127.0.0.2. */
final class ProxyProtocolTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final InetAddress BALANCER = InetAddress.ofLiteral("127.0.0.2");
  private static final InetAddress STRANGER = InetAddress.ofLiteral("127.0.0.3");
  private static final int STRANGERS_PER_ADDRESS = 3;
  private static final int STRANGERS = 8;
  private static final byte[] V2 = {
    '\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'
  };

  @TempDir private Path folder;
  private final CertificateAuthority authority =
      CertificateAuthority.create(new TrustDomain("test.internal"), Clock.systemUTC());
  private final SSLContext trust = WebTls.client(authority.trust());
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final WebLoops web = new WebLoops();
  private final BlockingQueue<SocketAddress> tunnelPeers = new LinkedBlockingQueue<>();
  private HttpsDoor door;
  private OnePort port;
  private InetSocketAddress address;

  @BeforeEach
  void open() {
    List<Route> routes =
        List.of(
            Route.get(
                "/who",
                Route.Gate.OPEN,
                (head, body) -> Reply.text(200, "text/plain", head.from().getHostAddress())));
    Path socket = folder.resolve("https.sock");
    door = new HttpsDoor(web, HttpsLimits.DEFAULT, routes, blocking);
    door.open(socket, authority.issueServerName(List.of("localhost"), Duration.ofDays(1)));
    listen(Duration.ofSeconds(60));
  }

  /** Headers and first messages have to be there after so long. */
  private void listen(Duration hello) {
    FrontLimits limits =
        new FrontLimits(16 * 1024, hello, 512, 1_000, 1_000, STRANGERS_PER_ADDRESS, STRANGERS, 100);
    Path socket = folder.resolve("https.sock");
    port = new OnePort(limits, loops, new Peers(), "postern/1", socket, System::nanoTime);
    address =
        port.open(
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
            TrustedProxies.parse(List.of("127.0.0.2/32", "fd00::/8")));
  }

  @AfterEach
  void close() {
    port.close();
    door.close();
    port.closeConnections();
    web.close();
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    blocking.shutdownNow();
  }

  /** A tunnel side that notes where its peers are, and sends back what they send. */
  private final class Peers implements TunnelSide {
    @Override
    public ChannelHandler door() {
      return new ChannelInboundHandlerAdapter() {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
          tunnelPeers.add(PeerAddress.of(context.channel()));
          context.writeAndFlush(message);
        }
      };
    }

    @Override
    public void prepare(Channel channel) {}

    @Override
    public void start() {}

    @Override
    public void stop() {}
  }

  private Socket connect(InetAddress from) throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout(30_000);
    socket.bind(new InetSocketAddress(from, 0));
    socket.connect(address);
    return socket;
  }

  private static byte[] v1(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Version 2: command and family, then what follows the length. */
  private static byte[] v2(int command, int family, byte[] body) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(V2);
    out.writeBytes(
        new byte[] {
          (byte) (0x20 | command), (byte) family, (byte) (body.length >> 8), (byte) body.length
        });
    out.writeBytes(body);
    return out.toByteArray();
  }

  private static byte[] addresses(String from, String to) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(InetAddress.ofLiteral(from).getAddress());
    out.writeBytes(InetAddress.ofLiteral(to).getAddress());
    out.writeBytes(new byte[] {0x30, 0x39, 1, (byte) 0xbb});
    return out.toByteArray();
  }

  /** Where the HTTPS door says that a connection with this header is from. */
  private String who(byte[] header) throws IOException {
    try (Socket socket = connect(BALANCER)) {
      socket.getOutputStream().write(header);
      return who(socket);
    }
  }

  private String who(Socket socket) throws IOException {
    try (Socket tls =
        trust.getSocketFactory().createSocket(socket, "localhost", address.getPort(), true)) {
      tls.getOutputStream()
          .write(v1("GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
      String answer = new String(tls.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertThat(answer).startsWith("HTTP/1.1 200");
      return answer.substring(answer.indexOf("\r\n\r\n") + 4);
    }
  }

  private void assertRefused(InetAddress from, byte[] bytes) throws IOException {
    try (Socket socket = connect(from)) {
      socket.getOutputStream().write(bytes);
      int heard;
      try {
        heard = socket.getInputStream().read();
      } catch (java.net.SocketException reset) {
        heard = -1;
      }
      assertThat(heard).isEqualTo(-1);
    }
    Awaitility.await().atMost(PATIENCE).untilAsserted(() -> assertThat(port.strangers()).isZero());
  }

  @Test
  void sourceIsWhatTheHeaderSaysInBothVersionsAndFamilies() throws Exception {
    assertThat(who(v1("PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n"))).isEqualTo("203.0.113.9");
    assertThat(who(v1("PROXY TCP6 2001:db8::9 fd00::1 4711 443\r\n")))
        .isEqualTo("2001:db8:0:0:0:0:0:9");
    assertThat(who(v2(1, 0x11, addresses("203.0.113.8", "10.0.0.1")))).isEqualTo("203.0.113.8");
    assertThat(who(v2(1, 0x21, addresses("2001:db8::8", "fd00::1"))))
        .isEqualTo("2001:db8:0:0:0:0:0:8");
  }

  @Test
  void tunnelDoorHearsTheSourceAndEveryByteBehindTheHeader() throws Exception {
    byte[] hello = Hellos.offering("postern/1");
    byte[] header = v2(1, 0x11, addresses("203.0.113.8", "10.0.0.1"));
    byte[] all = Arrays.copyOf(header, header.length + hello.length);
    System.arraycopy(hello, 0, all, header.length, hello.length);
    try (Socket atOnce = connect(BALANCER);
        Socket inPieces = connect(BALANCER)) {
      inPieces.setTcpNoDelay(true);
      atOnce.getOutputStream().write(all);
      for (byte each : all) {
        inPieces.getOutputStream().write(each);
      }
      for (Socket socket : List.of(atOnce, inPieces)) {
        assertThat(socket.getInputStream().readNBytes(hello.length)).isEqualTo(hello);
        assertThat(tunnelPeers.take()).isEqualTo(new InetSocketAddress("203.0.113.8", 12_345));
      }
    }
  }

  @Test
  void connectionOfTheBalancerItselfIsFromTheBalancer() throws Exception {
    assertThat(who(v2(0, 0, new byte[0]))).isEqualTo("127.0.0.2");
    assertThat(who(v2(0, 0x11, addresses("203.0.113.8", "10.0.0.1")))).isEqualTo("127.0.0.2");
    assertThat(who(v1("PROXY UNKNOWN\r\n"))).isEqualTo("127.0.0.2");
  }

  @Test
  void whatIsNoHeaderIsRefused() throws Exception {
    byte[] long1 = new byte[200];
    Arrays.fill(long1, (byte) 'x');
    System.arraycopy(v1("PROXY TCP4 "), 0, long1, 0, 11);
    byte[] garbage = new byte[16 * 1024];
    Arrays.fill(garbage, (byte) 0xee);
    for (byte[] each :
        List.of(
            garbage,
            long1,
            v1("PROXY TCP4 203.0.113.9 10.0.0.1 4711\r\n"),
            v1("PROXY TCP4 example.com 10.0.0.1 4711 443\r\n"),
            v1("PROXY TCP4 203.0.113.9 10.0.0.1 4711 70000\r\n"),
            v2(2, 0x11, addresses("203.0.113.8", "10.0.0.1")),
            v2(1, 0x12, addresses("203.0.113.8", "10.0.0.1")), // UDP
            v2(1, 0x31, new byte[216]), // a Unix socket
            v2(1, 0x11, new byte[4]),
            v2(1, 0x11, Arrays.copyOf(addresses("203.0.113.8", "10.0.0.1"), 12 + 4_000)))) {
      assertRefused(BALANCER, each);
    }
  }

  @Test
  void balancerMustBringAHeaderInTime() throws Exception {
    port.close();
    listen(Duration.ofMillis(500));
    assertRefused(BALANCER, Hellos.offering("postern/1"));
    assertRefused(BALANCER, new byte[0]);
    assertRefused(BALANCER, Arrays.copyOf(V2, 7));
    assertRefused(BALANCER, v1("PROXY TCP4 203"));
  }

  @Test
  void headerOfAnybodyElseIsGarbage() throws Exception {
    assertRefused(STRANGER, v1("PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n"));
    assertRefused(STRANGER, v2(1, 0x11, addresses("203.0.113.8", "10.0.0.1")));
    try (Socket socket = connect(STRANGER)) {
      assertThat(who(socket)).isEqualTo("127.0.0.3");
    }
  }

  @Test
  void limitsOfAnAddressAreThoseOfTheSourceAndAllStrangersAreBounded() throws Exception {
    byte[] hello = Hellos.offering("postern/1");
    List<Socket> held = new java.util.ArrayList<>();
    try {
      for (String source : List.of("203.0.113.8", "203.0.113.9")) {
        for (int i = 0; i < STRANGERS_PER_ADDRESS; i++) {
          Socket socket = connect(BALANCER);
          held.add(socket);
          socket.getOutputStream().write(v1("PROXY TCP4 " + source + " 10.0.0.1 4711 443\r\n"));
          socket.getOutputStream().write(hello);
          assertThat(socket.getInputStream().readNBytes(hello.length)).isEqualTo(hello);
        }
      }
      try (Socket oneTooMany = connect(BALANCER)) {
        oneTooMany.getOutputStream().write(v1("PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n"));
        assertThat(isReset(oneTooMany)).isTrue();
      }
      while (held.size() < STRANGERS) {
        held.add(connect(BALANCER));
      }
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(port.strangers()).isEqualTo(STRANGERS));
      try (Socket oneTooMany = connect(BALANCER)) {
        assertThat(isReset(oneTooMany)).isTrue();
      }
    } finally {
      for (Socket each : held) {
        each.close();
      }
    }
    Awaitility.await().atMost(PATIENCE).untilAsserted(() -> assertThat(port.strangers()).isZero());
  }

  private static boolean isReset(Socket socket) {
    try {
      return socket.getInputStream().read() < 0;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (IOException reset) {
      return true;
    }
  }

  /** Not on every person's path: Debian keeps it in /usr/sbin. */
  private static Path haproxy() {
    return Stream.concat(
            Stream.of(System.getenv("PATH").split(":", -1)), Stream.of("/usr/sbin", "/sbin"))
        .map(folder -> Path.of(folder, "haproxy"))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(
            () -> new AssertionError("not installed: haproxy (package haproxy), see .ci/run"));
  }

  @Test
  void realHaproxyTellsTheSource() throws Exception {
    int front;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      front = free.getLocalPort();
    }
    Path file = folder.resolve("haproxy.cfg");
    Files.writeString(
        file,
        """
        defaults
          mode tcp
          timeout connect 10s
          timeout client 1m
          timeout server 1m
        listen postern
          bind 127.0.0.1:%d
          server broker 127.0.0.1:%d source 127.0.0.2 send-proxy-v2
        """
            .formatted(front, address.getPort()));
    Process haproxy =
        new ProcessBuilder(haproxy().toString(), "-db", "-f", file.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("haproxy.log").toFile())
            .start();
    try {
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptionsInstanceOf(IOException.class)
          .untilAsserted(() -> {
            try (Socket socket = new Socket()) {
              socket.bind(new InetSocketAddress(STRANGER, 0));
              socket.setSoTimeout(30_000);
              socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), front));
              assertThat(who(socket)).isEqualTo("127.0.0.3");
            }
          });
    } finally {
      haproxy.destroy();
      haproxy.waitFor();
    }
  }

  @Test
  void rangesAreReadAndAnythingElseIsNamed() {
    TrustedProxies both = TrustedProxies.parse(List.of("10.0.0.0/8", "2001:db8::5"));
    assertThat(both.contains(InetAddress.ofLiteral("10.255.0.1"))).isTrue();
    assertThat(both.contains(InetAddress.ofLiteral("2001:db8::5"))).isTrue();
    assertThat(both.contains(InetAddress.ofLiteral("2001:db8::6"))).isFalse();
    assertThat(both.contains(InetAddress.ofLiteral("11.0.0.1"))).isFalse();
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> TrustedProxies.parse(List.of("10.0.0.0/8", "balancer")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'balancer'");
  }
}
