package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.netty.channel.Channel;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import no.nav.security.mock.oauth2.MockOAuth2Server;
import no.nav.security.mock.oauth2.token.DefaultOAuth2TokenCallback;
import org.postern.appconnector.link.Connector;
import org.postern.appconnector.link.LinkLimits;
import org.postern.appconnector.upstream.AddressGuard;
import org.postern.appconnector.upstream.SocketTypes;
import org.postern.appconnector.upstream.SystemResolver;
import org.postern.broker.Broker;
import org.postern.broker.BrokerSettings;
import org.postern.broker.bootstrap.FoundationSettings;
import org.postern.broker.cli.AdminCommand;
import org.postern.broker.cli.CommandLines;
import org.postern.broker.clientside.ClientSide;
import org.postern.clientconnector.link.DeviceTunnel;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.socks.LoopbackProxy;
import org.postern.identity.Credential;
import org.postern.identity.CredentialStore;
import org.postern.identity.IdentityKey;
import org.postern.identity.LiveTls;
import org.postern.identity.Peers;
import org.postern.identity.TrustBundle;
import org.postern.identity.TrustDomain;
import org.postern.identity.WebTls;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.flow.FlowLimits;
import org.postern.tunnel.link.BrokerDialer;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.link.ControlLinkListener;
import org.postern.tunnel.link.DialerConfig;
import org.postern.tunnel.link.EpollLoops;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.ReasonCode;
import picocli.CommandLine;

/**
 * A whole broker with its database and an identity provider, administered by the command line, with
 * a connector and with people who sign in, all in this process.
 */
final class WholeBroker implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String VERIFIER = "v".repeat(43);
  private static final Duration ANSWER = Duration.ofSeconds(30);

  final MockOAuth2Server provider = new MockOAuth2Server();
  final Path dataDir;
  private final InstantSource clock;
  private final Broker broker;
  private final TrustBundle trust;
  private final HttpClient http;
  private final List<MultiThreadIoEventLoopGroup> groups = new ArrayList<>();
  private final List<Runnable> stops = new ArrayList<>();

  WholeBroker(Path dataDir, InstantSource clock) throws Exception {
    this(dataDir, new ClientSide.Time(clock, System::nanoTime));
  }

  WholeBroker(Path dataDir, ClientSide.Time time) throws Exception {
    this.dataDir = dataDir;
    this.clock = time.clock();
    provider.start(InetAddress.getLoopbackAddress(), 0);
    this.broker =
        Broker.start(
            new BrokerSettings(
                new FoundationSettings(
                    dataDir,
                    Path.of("target/postgres-programs"),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    "postern.internal",
                    Duration.ofSeconds(60),
                    Map.of()),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                List.of("localhost", "127.0.0.1"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Set.of(issuer()),
                Optional.empty(),
                false),
            time);
    this.trust =
        TrustBundle.fromPem(
            new TrustDomain("postern.internal"), Files.readString(dataDir.resolve("ca.pem")));
    this.http =
        HttpClient.newBuilder()
            .sslContext(WebTls.client(trust))
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(ANSWER)
            .build();
  }

  String issuer() {
    return provider.issuerUrl("corp").toString();
  }

  // -- administration

  record Outcome(int code, String out, String err) {}

  /** {@code postern admin ...}. */
  Outcome admin(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--url", broker.publicUrl().toString(), "--data-dir", dataDir.toString()));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commands = CommandLines.of(new AdminCommand());
    commands.setOut(new PrintWriter(out, true));
    commands.setErr(new PrintWriter(err, true));
    int code = commands.execute(all.toArray(String[]::new));
    return new Outcome(code, out.toString(), err.toString());
  }

  /** The same with {@code --json}, which has to succeed. */
  JsonNode adminJson(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--json");
    Outcome outcome = admin(all.toArray(String[]::new));
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return JSON.readTree(outcome.out());
  }

  /** An answer of the admin API, by the first administrator's token; a POST if there is a body. */
  HttpResponse<String> api(String path, String body) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(broker.publicUrl().resolve("/admin/v1/" + path))
            .timeout(ANSWER)
            .header(
                "Authorization",
                "Bearer " + Files.readString(dataDir.resolve("admin.token")).strip());
    if (!body.isEmpty()) {
      request.POST(HttpRequest.BodyPublishers.ofString(body));
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  // -- the ends

  private MultiThreadIoEventLoopGroup group() {
    MultiThreadIoEventLoopGroup made = new MultiThreadIoEventLoopGroup(1, EpollLoops.handlers());
    groups.add(made);
    return made;
  }

  private JsonNode post(String path, ObjectNode body) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(broker.publicUrl().resolve(path))
                .timeout(ANSWER)
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private static ObjectNode certificateFor(IdentityKey key) {
    return JSON.createObjectNode()
        .put("csr", Base64.getEncoder().encodeToString(key.csr()))
        .put("host_name", "here")
        .put("platform", "linux-x86_64");
  }

  private LiveTls tls(IdentityKey key, JsonNode enrolled) throws Exception {
    List<byte[]> chain = new ArrayList<>();
    enrolled.path("chain").forEach(each -> chain.add(Base64.getDecoder().decode(each.asText())));
    return new LiveTls(Credential.of(key, chain), trust, clock);
  }

  private DialerConfig.Target target() {
    return new DialerConfig.Target("127.0.0.1", broker.address().getPort());
  }

  /** A connector of the group, by a provisioning key, that resolves names out of the map. */
  void connector(String groupName, Map<String, List<InetAddress>> names) throws Exception {
    Outcome key = admin("provisioning-key", "create", "--group", groupName);
    assertThat(key.code()).as(key.err()).isZero();
    IdentityKey own = IdentityKey.generate();
    JsonNode enrolled =
        post(
            "/enroll/connector",
            certificateFor(own).put("provisioning_key", key.out().strip()).put("name", "one"));
    SecureRandom random = new SecureRandom();
    byte[] instance = new byte[16];
    random.nextBytes(instance);
    Connector connector =
        new Connector(
            new Connector.Setup(
                target(),
                Optional.empty(),
                InetAddress::getAllByName,
                Hello.newBuilder()
                    .setSoftware("test")
                    .setInstance(ByteString.copyFrom(instance))
                    .build(),
                new AddressGuard(List.of()),
                LinkLimits.DEFAULT),
            new Connector.Machine(
                group(),
                SocketTypes.best(),
                () -> new SystemResolver(List.of(), names),
                System::nanoTime,
                clock,
                random,
                () -> 0),
            tls(own, enrolled),
            new CredentialStore(dataDir.resolve("connector")));
    connector.start();
    stops.add(() -> connector.stop().awaitUninterruptibly(3000));
  }

  /** A person's device. */
  record Device(DeviceTunnel tunnel, Channel proxy, String userId, String deviceId) {
    /** A program that has asked for a host and port: its socket and the proxy's answer. */
    Program connect(String host, int port) throws IOException {
      Socket socket = new Socket();
      socket.connect((InetSocketAddress) proxy.localAddress());
      socket.setSoTimeout((int) ANSWER.toMillis());
      socket
          .getOutputStream()
          .write(
              "CONNECT %s:%d HTTP/1.1\r\nHost: %s:%d\r\n\r\n"
                  .formatted(host, port, host, port)
                  .getBytes(StandardCharsets.US_ASCII));
      StringBuilder head = new StringBuilder();
      while (!head.toString().endsWith("\r\n\r\n")) {
        int next = socket.getInputStream().read();
        if (next < 0) {
          break;
        }
        head.append((char) next);
      }
      return new Program(socket, head.toString().startsWith("HTTP/1.1 200"));
    }
  }

  record Program(Socket socket, boolean open) {
    /** Whether what it says comes back. */
    boolean isAlive() {
      try {
        socket.getOutputStream().write('x');
        return socket.getInputStream().read() == 'x';
      } catch (IOException e) {
        return false;
      }
    }
  }

  /** What a device got at its enrollment. */
  private record Enrolled(LiveTls tls, String userId, String deviceId) {}

  /** Somebody signs in at the provider, and their device is enrolled. */
  private Enrolled enroll(String name, Map<String, Object> claims) throws Exception {
    Map<String, Object> all = new java.util.HashMap<>(claims);
    all.put("email", name + "@example.com");
    all.put("email_verified", true);
    all.put("name", name);
    provider.enqueueCallback(
        new DefaultOAuth2TokenCallback("corp", name, "JWT", List.of("postern"), all, 3600));
    IdentityKey key = IdentityKey.generate();
    JsonNode enrolled =
        post(
            "/enroll/device",
            certificateFor(key)
                .put("code", code())
                .put("code_verifier", VERIFIER)
                .put("device_name", "laptop"));
    return new Enrolled(
        tls(key, enrolled),
        enrolled.path("user").path("id").asText(),
        enrolled.path("device_id").asText());
  }

  /** A device's control link, and nothing else of a device. */
  record Bare(ControlLink link, BlockingQueue<Envelope> heard, String userId, String deviceId) {
    /** The next message of a kind that is wanted. */
    Envelope next(Predicate<Envelope> wanted) throws InterruptedException {
      while (true) {
        Envelope message = heard.poll(ANSWER.toSeconds(), TimeUnit.SECONDS);
        assertThat(message).as("an answer").isNotNull();
        if (message != null && wanted.test(message)) {
          return message;
        }
      }
    }
  }

  /** Somebody signs in at the provider, who says so of them, and their device goes online. */
  Bare bareDevice(String name, Map<String, Object> claims) throws Exception {
    Enrolled enrolled = enroll(name, claims);
    BlockingQueue<Envelope> heard = new LinkedBlockingQueue<>();
    ControlLink link =
        new BrokerDialer(
                new DialerConfig(
                    target(),
                    enrolled.tls().client(TunnelProtocol.ALPN),
                    Peers.broker()::spiffeId,
                    Optional.empty(),
                    InetAddress::getAllByName,
                    TunnelLimits.DEFAULT))
            .control(
                group().next(),
                Hello.newBuilder().setInstance(ByteString.copyFrom(new byte[16])).build(),
                new ControlLinkListener() {
                  @Override
                  public void onMessage(ControlLink from, Envelope message) {
                    heard.add(message);
                  }

                  @Override
                  public void onClosed(ControlLink from, ReasonCode reason, String text) {}
                })
            .sync()
            .getNow();
    return new Bare(link, heard, enrolled.userId(), enrolled.deviceId());
  }

  /** Somebody signs in at the provider and goes online. */
  Device device(String name) throws Exception {
    Enrolled enrolled = enroll(name, Map.of());
    MultiThreadIoEventLoopGroup loops = group();
    DeviceTunnel tunnel =
        new DeviceTunnel(
            loops.next(),
            new DeviceTunnel.Config(
                target(),
                org.postern.clientconnector.link.LinkLimits.defaults(),
                TunnelLimits.DEFAULT,
                FlowLimits.DEFAULT,
                64L << 20,
                "test",
                "host",
                "linux"),
            enrolled.tls(),
            credential -> {},
            new DeviceTunnel.Time(clock, System::nanoTime),
            plan -> {});
    tunnel.start();
    stops.add(tunnel::stop);
    Channel proxy =
        LoopbackProxy.listen(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                loops.next(),
                LocalLimits.DEFAULTS,
                tunnel.gateway())
            .sync()
            .getNow();
    return new Device(tunnel, proxy, enrolled.userId(), enrolled.deviceId());
  }

  /** Through the provider with a browser, to the one-time code. */
  private String code() throws Exception {
    String challenge =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(
                MessageDigest.getInstance("SHA-256")
                    .digest(VERIFIER.getBytes(StandardCharsets.US_ASCII)));
    HttpResponse<String> begun =
        get(
            broker
                .publicUrl()
                .resolve(
                    "/signin/device?redirect_uri="
                        + URLEncoder.encode(
                            "http://127.0.0.1:4711/callback", StandardCharsets.UTF_8)
                        + "&state=device-state-1&code_challenge="
                        + challenge
                        + "&code_challenge_method=S256&device_name=laptop"),
            "");
    String cookie =
        begun
            .headers()
            .firstValue("Set-Cookie")
            .orElseThrow(() -> new AssertionError(begun.statusCode() + " " + begun.body()))
            .replaceFirst(";.*", "");
    HttpResponse<String> atProvider = get(location(begun), "");
    HttpResponse<String> back = get(location(atProvider), cookie);
    String query = location(back).getRawQuery();
    for (String pair : query.split("&", -1)) {
      if (pair.startsWith("code=")) {
        return URLDecoder.decode(pair.substring(5), StandardCharsets.UTF_8);
      }
    }
    throw new AssertionError("no code in " + query);
  }

  private static URI location(HttpResponse<String> answer) {
    return URI.create(
        answer
            .headers()
            .firstValue("Location")
            .orElseThrow(() -> new AssertionError(answer.body())));
  }

  private HttpResponse<String> get(URI address, String cookie) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(ANSWER);
    if (!cookie.isEmpty()) {
      request.header("Cookie", cookie);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() {
    stops.reversed().forEach(Runnable::run);
    broker.close();
    groups.forEach(each -> each.shutdownGracefully(0, 2, TimeUnit.SECONDS));
    groups.forEach(each -> each.terminationFuture().awaitUninterruptibly(5000));
    provider.shutdown();
  }
}
