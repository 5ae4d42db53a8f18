package org.postern.acceptance.ground;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
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
import org.postern.clientconnector.link.TunnelStatus;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.socks.LoopbackProxy;
import org.postern.identity.Credential;
import org.postern.identity.CredentialStore;
import org.postern.identity.LiveTls;
import org.postern.identity.SpiffeId;
import org.postern.identity.TrustBundle;
import org.postern.identity.TrustDomain;
import org.postern.identity.WebTls;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.flow.FlowLimits;
import org.postern.tunnel.link.DialerConfig;
import org.postern.tunnel.link.EpollLoops;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.PostureReport;
import picocli.CommandLine;

/**
 * A whole broker with its database and an identity provider, administered by the command line, with
 * a connector and with people who sign in, all in this process. Blocking; any thread.
 */
public final class WholeBroker implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration ANSWER = Duration.ofSeconds(30);

  private final MockOAuth2Server provider = new MockOAuth2Server();
  private final Path dataDir;
  private final InstantSource clock;
  private final Broker broker;
  private final TrustBundle trust;
  private final HttpClient http;
  private final List<MultiThreadIoEventLoopGroup> groups = new ArrayList<>();
  private final List<Runnable> stops = new ArrayList<>();

  /**
   * Starts it all.
   *
   * @param programs where the programs of the embedded database are unpacked
   * @param privateIssuers more addresses of this machine that the broker may ask
   */
  public WholeBroker(Path dataDir, Path programs, InstantSource clock, Set<String> privateIssuers)
      throws Exception {
    this(dataDir, programs, new ClientSide.Time(clock, System::nanoTime), privateIssuers);
  }

  /** The same, with all that tells the time. */
  public WholeBroker(Path dataDir, Path programs, ClientSide.Time time, Set<String> privateIssuers)
      throws Exception {
    this(dataDir, programs, time, privateIssuers, Optional.empty());
  }

  /** The same, with a file that tells the country of an address. */
  public WholeBroker(
      Path dataDir,
      Path programs,
      ClientSide.Time time,
      Set<String> privateIssuers,
      Optional<Path> countryFile)
      throws Exception {
    this(dataDir, programs, time, privateIssuers, countryFile, UnaryOperator.identity());
  }

  /** The same, with whatever else an operator says. */
  public WholeBroker(
      Path dataDir,
      Path programs,
      ClientSide.Time time,
      Set<String> privateIssuers,
      Optional<Path> countryFile,
      UnaryOperator<BrokerSettings> more)
      throws Exception {
    this.dataDir = dataDir;
    this.clock = time.clock();
    provider.start(InetAddress.getLoopbackAddress(), 0);
    Set<String> issuers = new HashSet<>(privateIssuers);
    issuers.add(issuer());
    this.broker =
        Broker.start(
            more.apply(
                new BrokerSettings(
                    new FoundationSettings(
                        dataDir,
                        programs,
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
                    issuers,
                    Optional.empty(),
                    countryFile,
                    false)),
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

  /** Of the identity provider. */
  public String issuer() {
    return provider.issuerUrl("corp").toString();
  }

  /** Where people find it. */
  public URI publicUrl() {
    return broker.publicUrl();
  }

  // -- administration

  /** What a command came to. */
  public record Outcome(int code, String out, String err) {}

  /** {@code postern admin ...}. */
  public Outcome admin(String... arguments) {
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
  public JsonNode adminJson(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--json");
    Outcome outcome = admin(all.toArray(String[]::new));
    if (outcome.code() != 0) {
      throw new IOException(outcome.err());
    }
    return JSON.readTree(outcome.out());
  }

  /** At any of the broker's doors for other machines. */
  public HttpResponse<String> call(
      String method, String path, String bearer, String contentType, String body)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(broker.publicUrl().resolve(path))
            // Over HTTP/2 the JDK's client loses an answer that comes while it still sends.
            .version(HttpClient.Version.HTTP_1_1)
            .timeout(ANSWER)
            .header("Authorization", "Bearer " + bearer)
            .header("Content-Type", contentType)
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** The administrator's token. */
  public String adminToken() throws IOException {
    return Files.readString(broker.adminTokenFile()).strip();
  }

  // -- the ends

  private MultiThreadIoEventLoopGroup group() {
    MultiThreadIoEventLoopGroup made = new MultiThreadIoEventLoopGroup(1, EpollLoops.handlers());
    groups.add(made);
    return made;
  }

  private DialerConfig.Target target() {
    return new DialerConfig.Target("127.0.0.1", broker.address().getPort());
  }

  /** A connector of the group, by a provisioning key, that resolves names out of the map. */
  public void connector(String groupName, Map<String, List<InetAddress>> names) throws Exception {
    Outcome key = admin("provisioning-key", "create", "--group", groupName);
    if (key.code() != 0) {
      throw new IOException(key.err());
    }
    LiveTls own = enrollment().connector(key.out().strip());
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
                group(),
                SocketTypes.best(),
                () -> new SystemResolver(List.of(), names),
                System::nanoTime,
                clock,
                random,
                () -> 0),
            own,
            new CredentialStore(dataDir.resolve("connector")));
    connector.start();
    stops.add(() -> connector.stop().awaitUninterruptibly(3000));
  }

  /** A person's device. */
  public record Device(DeviceTunnel tunnel, Channel proxy, String userId, String deviceId) {
    /** A program that has asked for a host and port: its socket and the proxy's answer. */
    public Program connect(String host, int port) throws IOException {
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

    /** What {@code postern status} would show; waits for the device's loop. */
    public TunnelStatus status() throws Exception {
      return CompletableFuture.supplyAsync(tunnel::status, proxy.eventLoop())
          .get(ANSWER.toSeconds(), TimeUnit.SECONDS);
    }

    /** What the device says of itself. */
    public void report(PostureReport facts) {
      proxy.eventLoop().execute(() -> tunnel.report(facts));
    }
  }

  /** A program on the device, and whether it was let through. */
  public record Program(Socket socket, boolean open) {
    /** Whether what it says comes back. */
    public boolean isAlive() {
      try {
        socket.getOutputStream().write('x');
        return socket.getInputStream().read() == 'x';
      } catch (IOException e) {
        return false;
      }
    }
  }

  private EnrollByHand enrollment() {
    return new EnrollByHand(http, broker.publicUrl(), trust, clock);
  }

  /** Somebody signs in at the provider, who says so of them, and their device is enrolled. */
  private EnrollByHand.Enrolled enroll(String name, Map<String, Object> claims) throws Exception {
    Map<String, Object> all = new HashMap<>(claims);
    all.putAll(Map.of("email", name + "@example.com", "email_verified", true, "name", name));
    provider.enqueueCallback(
        new DefaultOAuth2TokenCallback("corp", name, "JWT", List.of("postern"), all, 3600));
    return enrollment().device();
  }

  /**
   * Somebody signs in at the provider and goes online with the bare tunnel.
   *
   * @param claims what the provider says of them beside their name
   */
  public BareDevice bareDevice(String name, Map<String, Object> claims) throws Exception {
    return BareDevice.connect(target(), group().next(), enroll(name, claims));
  }

  /** Somebody signs in at the provider and goes online. */
  public Device device(String name) throws Exception {
    return online(enroll(name, Map.of()));
  }

  /** A device that signed in by itself goes online. */
  public Device online(Credential credential) throws Exception {
    SpiffeId.ClientId id = (SpiffeId.ClientId) credential.id();
    return online(
        new EnrollByHand.Enrolled(new LiveTls(credential, trust, clock), id.user(), id.device()));
  }

  private Device online(EnrollByHand.Enrolled enrolled) throws Exception {
    MultiThreadIoEventLoopGroup loops = group();
    DeviceTunnel tunnel =
        new DeviceTunnel(
            loops.next(),
            new DeviceTunnel.Config(
                group(),
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

  @Override
  public void close() {
    stops.reversed().forEach(Runnable::run);
    broker.close();
    groups.forEach(each -> each.shutdownGracefully(0, 2, TimeUnit.SECONDS));
    groups.forEach(each -> each.terminationFuture().awaitUninterruptibly(5000));
    provider.shutdown();
  }
}
