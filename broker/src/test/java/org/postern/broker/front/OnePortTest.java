package org.postern.broker.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.TrustDomain;
import org.postern.identity.WebTls;

/** The port and both its doors, over real sockets and real TLS. */
final class OnePortTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final FrontLimits LIMITS = limits(Duration.ofSeconds(60));
  private static final int UPLOAD_MAX = 1024 * 1024;

  @TempDir private Path folder;
  private final CertificateAuthority authority =
      CertificateAuthority.create(new TrustDomain("test.internal"), Clock.systemUTC());
  private final SSLContext trust = WebTls.client(authority.trust());
  private final AtomicInteger endpointCalls = new AtomicInteger();
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final WebLoops web = new WebLoops();
  private HttpsDoor door;
  private OnePort port;
  private InetSocketAddress address;

  @BeforeEach
  void open() {
    Route.Gate locked = head -> Optional.of(Reply.problem(401, "no", "no", "no"));
    Route.Endpoint size =
        (head, body) -> {
          endpointCalls.incrementAndGet();
          return Reply.text(200, "text/plain", "" + body.length);
        };
    List<Route> routes =
        List.of(
            Route.get(
                "/who",
                Route.Gate.OPEN,
                (head, body) -> Reply.text(200, "text/plain", head.from().getHostAddress())),
            Route.post("/locked", UPLOAD_MAX, locked, size),
            Route.post("/upload", UPLOAD_MAX, Route.Gate.OPEN, size),
            Route.get(
                "/fault",
                Route.Gate.OPEN,
                (head, body) -> {
                  throw new IllegalStateException("secret detail");
                }));
    Path socket = folder.resolve("https.sock");
    door = new HttpsDoor(web, HttpsLimits.DEFAULT, routes, blocking);
    door.open(socket, authority.issueServerName(List.of("localhost"), Duration.ofDays(1)));
    listen(LIMITS);
  }

  private void listen(FrontLimits limits) {
    Path socket = folder.resolve("https.sock");
    port = new OnePort(limits, loops, new Echo(), "postern/1", socket, System::nanoTime);
    address = port.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  /** The first message of a stranger has to be there after so long. */
  private static FrontLimits limits(Duration hello) {
    return new FrontLimits(16 * 1024, hello, 512, 1_000, 1_000, 8, 100, 100);
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

  /** A tunnel side that sends back what it is given. */
  private static final class Echo implements TunnelSide {
    @Override
    public ChannelHandler door() {
      return new ChannelInboundHandlerAdapter() {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
          context.writeAndFlush((ByteBuf) message);
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

  private Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout(30_000);
    socket.connect(address);
    return socket;
  }

  private HttpClient client(InetAddress from) {
    return HttpClient.newBuilder()
        .sslContext(trust)
        .localAddress(from)
        .connectTimeout(Duration.ofSeconds(20))
        .build();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("https://localhost:" + address.getPort() + path))
        .timeout(Duration.ofSeconds(20));
  }

  private SSLSocket tls() throws IOException {
    SSLSocket socket =
        (SSLSocket) trust.getSocketFactory().createSocket("localhost", address.getPort());
    socket.setSoTimeout(30_000);
    return socket;
  }

  private static String firstLine(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\r'; c = in.read()) {
      line.append((char) c);
    }
    return line.toString();
  }

  @Test
  void tunnelDoorGetsEveryByteOfTheHelloThatWasPeekedAt() throws Exception {
    byte[] hello = Hellos.offering("postern/1");
    try (Socket socket = connect()) {
      socket.getOutputStream().write(hello, 0, 100);
      socket.getOutputStream().flush();
      socket.getOutputStream().write(hello, 100, hello.length - 100);
      assertThat(socket.getInputStream().readNBytes(hello.length)).isEqualTo(hello);
    }
  }

  @Test
  void everythingElseGoesToHttpsAndThePeersAddressSurvives() throws Exception {
    InetAddress other = InetAddress.getByName("127.0.0.2");
    HttpResponse<String> answer =
        client(other).send(request("/who").build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
    assertThat(answer.body()).isEqualTo("127.0.0.2");
    assertThat(answer.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
  }

  @Test
  void proxyHeaderFromAStrangerIsNotBelieved() throws Exception {
    try (Socket socket = connect()) {
      socket
          .getOutputStream()
          .write("PROXY TCP4 203.0.113.9 10.0.0.1 1 443\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void garbageIsClosedWithoutAnAnswer() throws Exception {
    try (Socket socket = connect()) {
      byte[] garbage = new byte[16 * 1024];
      java.util.Arrays.fill(garbage, (byte) 'x');
      socket.getOutputStream().write(garbage);
      assertThat(endOf(socket)).isTrue();
    }
    Awaitility.await().atMost(PATIENCE).untilAsserted(() -> assertThat(port.strangers()).isZero());
  }

  private static boolean endOf(Socket socket) {
    try {
      return socket.getInputStream().read() < 0;
    } catch (IOException reset) {
      return true;
    }
  }

  @Test
  void halfAHelloHeldOpenIsClosedAtItsDeadline() throws Exception {
    port.close();
    listen(limits(Duration.ofMillis(500)));
    byte[] hello = Hellos.offering("postern/1");
    try (Socket socket = connect()) {
      socket.getOutputStream().write(hello, 0, hello.length / 2);
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
    Awaitility.await().atMost(PATIENCE).untilAsserted(() -> assertThat(port.strangers()).isZero());
  }

  @Test
  void oneAddressHasSoManyStrangersAndNoMore() throws Exception {
    List<Socket> held = new java.util.ArrayList<>();
    try {
      byte[] hello = Hellos.offering("postern/1");
      for (int i = 0; i < LIMITS.strangersPerAddressMax(); i++) {
        Socket socket = connect();
        held.add(socket);
        socket.getOutputStream().write(hello);
        assertThat(socket.getInputStream().readNBytes(hello.length)).hasSize(hello.length);
      }
      try (Socket oneTooMany = connect()) {
        assertThat(endOf(oneTooMany)).isTrue();
      }
      held.removeFirst().close();
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> assertThat(port.strangers()).isEqualTo(LIMITS.strangersPerAddressMax() - 1));
      try (Socket again = connect()) {
        again.getOutputStream().write(hello);
        assertThat(again.getInputStream().readNBytes(hello.length)).hasSize(hello.length);
      }
    } finally {
      for (Socket socket : held) {
        socket.close();
      }
    }
  }

  @Test
  void refusalComesBeforeTheBodyIsSent() throws Exception {
    try (SSLSocket socket = tls()) {
      socket
          .getOutputStream()
          .write(
              ("POST /locked HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                      + UPLOAD_MAX
                      + "\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      // Not one byte of the body.
      assertThat(firstLine(socket.getInputStream())).contains("401");
    }
    assertThat(endpointCalls).hasValue(0);
  }

  @Test
  void bodyLongerThanItsRouteTakesIsRefused() throws Exception {
    HttpClient client = client(InetAddress.getLoopbackAddress());
    HttpResponse<String> fits =
        client.send(
            request("/upload").POST(bytes(UPLOAD_MAX)).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(fits.body()).isEqualTo("" + UPLOAD_MAX);
    try (SSLSocket declared = tls()) {
      declared
          .getOutputStream()
          .write(
              ("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                      + (UPLOAD_MAX + 1)
                      + "\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(firstLine(declared.getInputStream())).contains("413");
    }
    try (SSLSocket chunked = tls()) {
      chunked
          .getOutputStream()
          .write(
              ("POST /upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                      + Integer.toHexString(UPLOAD_MAX + 1)
                      + "\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      chunked.getOutputStream().write(new byte[UPLOAD_MAX + 1]);
      chunked.getOutputStream().flush();
      assertThat(firstLine(chunked.getInputStream())).contains("413");
    }
    assertThat(endpointCalls).hasValue(1);
  }

  private static HttpRequest.BodyPublisher bytes(int count) {
    return HttpRequest.BodyPublishers.ofByteArray(new byte[count]);
  }

  @Test
  void ourOwnFaultTellsAStrangerNothing() throws Exception {
    HttpResponse<String> answer =
        client(InetAddress.getLoopbackAddress())
            .send(request("/fault").build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(answer.body()).contains("urn:postern:problem:internal").doesNotContain("secret");
  }

  @Test
  void parameterThatComesTwiceIsRefused() throws Exception {
    HttpResponse<String> answer =
        client(InetAddress.getLoopbackAddress())
            .send(request("/who?a=1&a=2").build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(400);
  }

  @Test
  void renewedCertificateIsShownToTheNextConnection() throws Exception {
    try (SSLSocket before = tls()) {
      before.startHandshake();
      String first = serial(before);
      door.present(authority.issueServerName(List.of("localhost"), Duration.ofDays(2)));
      try (SSLSocket after = tls()) {
        after.startHandshake();
        assertThat(serial(after)).isNotEqualTo(first);
      }
    }
  }

  private static String serial(SSLSocket socket) throws IOException {
    return java.util.Arrays.toString(
        socket.getSession().getPeerCertificates()[0].getPublicKey().getEncoded());
  }
}
