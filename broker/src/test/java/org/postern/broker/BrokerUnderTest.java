package org.postern.broker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.postern.broker.bootstrap.FoundationSettings;
import org.postern.identity.TrustBundle;
import org.postern.identity.TrustDomain;
import org.postern.identity.WebTls;

/** A real broker on loopback with a real database, and a browser's and a program's view of it. */
public final class BrokerUnderTest implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();
  static final String VERIFIER = "v".repeat(43);

  /** Of the port in the file that a running PostgreSQL keeps. */
  private static final int PORT_LINE = 3;

  final Broker broker;
  final Path dataDir;
  final HttpClient http;
  private final String adminToken;

  /** Starts it. */
  public BrokerUnderTest(Path dataDir, Set<String> privateIssuers) throws Exception {
    this(dataDir, settings(dataDir, Optional.empty(), privateIssuers));
  }

  BrokerUnderTest(Path dataDir, BrokerSettings settings) throws Exception {
    this.dataDir = dataDir;
    this.broker = Broker.start(settings, Clock.systemUTC(), System::nanoTime);
    TrustBundle trust =
        TrustBundle.fromPem(
            new TrustDomain("postern.internal"), Files.readString(dataDir.resolve("ca.pem")));
    this.http =
        HttpClient.newBuilder()
            .sslContext(WebTls.client(trust))
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(60))
            .build();
    this.adminToken = Files.readString(dataDir.resolve("admin.token")).strip();
  }

  /** Another broker of the same deployment: the same database, the same sealing key. */
  BrokerUnderTest beside(Path otherDir) throws Exception {
    Path inside = dataDir.resolve("postgres");
    List<String> postmaster = Files.readAllLines(inside.resolve("data/postmaster.pid"));
    BrokerSettings alike = settings(otherDir, Optional.empty(), Set.of());
    FoundationSettings foundation =
        new FoundationSettings(
            otherDir,
            alike.foundation().programsDir(),
            Optional.of(
                "jdbc:postgresql://127.0.0.1:" + postmaster.get(PORT_LINE).strip() + "/postgres"),
            Optional.of("postern"),
            Optional.empty(),
            alike.foundation().trustDomainDefault(),
            alike.foundation().patience(),
            Map.of(
                "POSTERN_DATABASE_PASSWORD_FILE", inside.resolve("password").toString(),
                "POSTERN_SEALING_KEY_FILE", dataDir.resolve("sealing.key").toString()));
    return new BrokerUnderTest(
        otherDir,
        new BrokerSettings(
            foundation,
            alike.listen(),
            alike.hostNames(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Set.of(),
            Optional.empty(),
            Optional.empty(),
            true));
  }

  static BrokerSettings settings(
      Path dataDir, Optional<String> databaseUrl, Set<String> privateIssuers) {
    return settings(dataDir, databaseUrl, privateIssuers, Optional.empty());
  }

  static BrokerSettings settings(
      Path dataDir,
      Optional<String> databaseUrl,
      Set<String> privateIssuers,
      Optional<Path> issuerTrust) {
    return new BrokerSettings(
        new FoundationSettings(
            dataDir,
            Path.of("target/postgres-programs"),
            databaseUrl,
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
        privateIssuers,
        issuerTrust,
        Optional.empty(),
        false);
  }

  /** Of a path at it. */
  public URI url(String path) {
    return broker.publicUrl().resolve(path);
  }

  /**
   * Somebody at another address of this machine, since one address may only ask so often.
   *
   * @param number 1 to 250
   */
  public HttpClient from(int number) throws Exception {
    return HttpClient.newBuilder()
        .sslContext(
            WebTls.client(
                TrustBundle.fromPem(
                    new TrustDomain("postern.internal"),
                    Files.readString(dataDir.resolve("ca.pem")))))
        .localAddress(InetAddress.getByName("127.0.7." + number))
        // Over HTTP/2 the JDK's client loses an answer that comes while it still sends.
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(Duration.ofSeconds(60))
        .build();
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(url(path)).timeout(Duration.ofSeconds(60));
  }

  HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return send(request(path).build());
  }

  HttpResponse<String> post(String path, JsonNode body) throws IOException, InterruptedException {
    return send(request(path).POST(HttpRequest.BodyPublishers.ofString(body.toString())).build());
  }

  /** Asks as the administrator. */
  public HttpResponse<String> admin(String method, String path, String body)
      throws IOException, InterruptedException {
    return send(
        request(path)
            .header("Authorization", "Bearer " + adminToken)
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  static String challenge(String verifier) throws Exception {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(
            MessageDigest.getInstance("SHA-256")
                .digest(verifier.getBytes(StandardCharsets.US_ASCII)));
  }

  static String deviceQuery(String redirect) throws Exception {
    return "/signin/device?redirect_uri="
        + URLEncoder.encode(redirect, StandardCharsets.UTF_8)
        + "&state=device-state-1&code_challenge="
        + challenge(VERIFIER)
        + "&code_challenge_method=S256&device_name=laptop";
  }

  /** A browser's state: its cookie, and where it is sent. */
  record Visit(HttpResponse<String> response, String cookie) {
    URI location() {
      return URI.create(response.headers().firstValue("Location").orElseThrow());
    }
  }

  /** To the point where the provider has sent the browser back to us. */
  Visit throughTheProvider() throws Exception {
    HttpResponse<String> begun = get(deviceQuery("http://127.0.0.1:4711/callback"));
    if (begun.statusCode() != 303) {
      return new Visit(begun, "");
    }
    String cookie = begun.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", "");
    HttpResponse<String> atProvider =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create(begun.headers().firstValue("Location").orElseThrow()))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    return new Visit(atProvider, cookie);
  }

  HttpResponse<String> comeBack(URI location, String cookie) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(location).timeout(Duration.ofSeconds(60));
    if (!cookie.isEmpty()) {
      request.header("Cookie", cookie);
    }
    return send(request.build());
  }

  /** A whole sign-in; the answer that sends the browser to the device. */
  HttpResponse<String> signIn() throws Exception {
    Visit visit = throughTheProvider();
    return visit.cookie().isEmpty() ? visit.response() : comeBack(visit.location(), visit.cookie());
  }

  static String parameter(HttpResponse<String> redirect, String name) {
    String query =
        URI.create(redirect.headers().firstValue("Location").orElseThrow()).getRawQuery();
    for (String pair : query.split("&", -1)) {
      if (pair.startsWith(name + "=")) {
        return URLDecoder.decode(pair.substring(name.length() + 1), StandardCharsets.UTF_8);
      }
    }
    throw new AssertionError("no " + name + " in the redirect");
  }

  static ObjectNode deviceEnrollment(String code, String verifier, byte[] csr) {
    return JSON.createObjectNode()
        .put("code", code)
        .put("code_verifier", verifier)
        .put("csr", Base64.getEncoder().encodeToString(csr))
        .put("device_name", "laptop")
        .put("platform", "linux-x86_64");
  }

  @Override
  public void close() {
    broker.close();
  }
}
