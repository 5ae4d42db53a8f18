package org.postern.acceptance.signin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.postern.acceptance.bench.cutting.Feed;
import org.postern.acceptance.ground.WholeBroker;
import org.postern.acceptance.ground.provider.Keycloak;
import org.postern.acceptance.ground.provider.Realms;
import org.postern.broker.clientside.ClientSide;

/** A broker with a connector, an application behind it, and a real Keycloak of three realms. */
final class Stage implements AutoCloseable {
  /** The application's names: one for researchers, one for everybody. */
  static final String RESEARCH = "research.corp.internal";

  static final String CANTEEN = "canteen.corp.internal";

  /** An application that never stops sending. */
  static final String FEED = "feed.corp.internal";

  /** The broker's clock is late, within its skew, so that it can go on when a test needs that. */
  static final Duration BEHIND = Duration.ofSeconds(-35);

  private static final String PARTNERS = "partners";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String KEYCLOAK_HEAP = "-Xms64m -Xmx320m";
  private static final Pattern CERTIFICATE =
      Pattern.compile("<ds:X509Certificate>([^<]*)</ds:X509Certificate>");

  final WholeBroker broker;
  final Keycloak keycloak;

  /** The same Keycloak by TLS: its page lets another site's page be framed only then. */
  final URI secure;

  final SSLContext tls;
  final HttpClient http;
  final Path trust;
  final Feed feed = new Feed();
  private final AtomicReference<Duration> ahead = new AtomicReference<>(BEHIND);
  private final int port;
  private boolean signalled;

  /**
   * Sets it.
   *
   * @param port of the application
   */
  Stage(Path folder, int port) throws Exception {
    this.port = port;
    int keycloakPort;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      keycloakPort = free.getLocalPort();
    }
    String realms = "http://127.0.0.1:" + keycloakPort + "/realms/";
    KeycloakTls own = KeycloakTls.make(folder);
    secure = own.address();
    Path data = folder.resolve("broker");
    broker =
        new WholeBroker(
            data,
            Path.of("target/postgres-programs"),
            new ClientSide.Time(() -> Instant.now().plus(ahead.get()), System::nanoTime),
            Set.of(
                realms + "people",
                realms + "people/protocol/saml/descriptor",
                realms + "partners",
                secure + "/realms/contractors"),
            Optional.empty(),
            own::trustedBy);
    trust = data.resolve("ca.pem");
    try {
      keycloak =
          Keycloak.start(
              trust, folder.resolve("keycloak.log"), keycloakPort, KEYCLOAK_HEAP, own.files());
    } catch (Exception | Error e) {
      broker.close();
      throw e;
    }
    tls = own.trustedWith(trust);
    http = HttpClient.newBuilder().sslContext(tls).build();
    try {
      furnish();
    } catch (Exception | Error e) {
      close();
      throw e;
    }
  }

  private void furnish() throws Exception {
    apply("");
    String metadata = get("/signin/saml/corp/metadata");
    Matcher certificate = CERTIFICATE.matcher(metadata);
    if (!certificate.find()) {
      throw new IOException("no certificate in " + metadata);
    }
    URI own = broker.publicUrl();
    for (String realm :
        List.of(
            Realms.people(own, certificate.group(1)),
            Realms.partners(own),
            Realms.contractors(own))) {
      HttpResponse<String> made = keycloak.admin("POST", "", realm);
      if (made.statusCode() != 201) {
        throw new IOException(made.statusCode() + " " + made.body());
      }
    }
    InetAddress here = InetAddress.getLoopbackAddress();
    broker.connector(
        "here", Map.of(RESEARCH, List.of(here), CANTEEN, List.of(here), FEED, List.of(here)));
  }

  /** The policy, with one more line of the SAML provider. */
  void apply(String samlOption) throws Exception {
    HttpResponse<String> applied =
        admin(
            "POST",
            "/admin/v1/apply",
            Realms.policy(keycloak.address(), secure, samlOption)
                + """
                domains: [corp.internal]
                connectorGroups: [{name: here}]
                applications:
                  - {name: feed, hosts: [%5$s], tcp: [%6$d], connectorGroups: [here], allowLoopback: true}
                  - {name: research, hosts: [%1$s], tcp: [%3$d], connectorGroups: [here], allowLoopback: true}
                  - {name: canteen, hosts: [%2$s], tcp: [%3$d], connectorGroups: [here], allowLoopback: true}
                rules:
                  - name: researchers
                    action: allow
                    applications: [research]
                    anyone: true
                    when: [{attribute: department, values: ["%4$s"]}]
                  - {name: lunch, action: allow, applications: [canteen, feed], anyone: true}
                """
                    .formatted(RESEARCH, CANTEEN, port, Realms.RESEARCH, FEED, feed.port()));
    if (applied.statusCode() != 200) {
      throw new IOException(applied.statusCode() + " " + applied.body());
    }
  }

  /** The partners' realm tells of ended sessions by signals from now on, and in no other way. */
  void signals() throws Exception {
    keycloak.backChannel(PARTNERS, "postern", "");
    if (signalled) {
      return;
    }
    HttpResponse<String> made =
        admin(
            "POST",
            "/admin/v1/signals/streams",
            JSON.writeValueAsString(
                Map.of(
                    "name", "keycloak",
                    "provider", "partner",
                    "issuer", keycloak.address() + "/realms/" + PARTNERS,
                    "audience", "https://postern.example/signals")));
    if (made.statusCode() != 201) {
      throw new IOException(made.statusCode() + " " + made.body());
    }
    keycloak.pushSignals(
        PARTNERS,
        "signals",
        broker.publicUrl().resolve("/signals/keycloak"),
        JSON.readTree(made.body()).path("token").asText());
    signalled = true;
  }

  /** It tells by the back channel again. */
  void backChannel() throws Exception {
    keycloak.backChannel(
        PARTNERS, "postern", broker.publicUrl().resolve("/signin/oidc/partner/logout").toString());
  }

  /** How far the broker's clock is ahead of everybody's. */
  void ahead(Duration by) {
    ahead.set(by);
  }

  /** From the admin API. */
  HttpResponse<String> admin(String method, String path, String body) throws Exception {
    return broker.call(method, path, broker.adminToken(), "application/yaml", body);
  }

  private String get(String path) throws Exception {
    return http.send(
            HttpRequest.newBuilder(broker.publicUrl().resolve(path)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  /** The id of the one device of this name. */
  String device(String name) throws Exception {
    for (JsonNode each :
        JSON.readTree(admin("GET", "/admin/v1/devices", "").body()).path("items")) {
      if (each.path("name").asText().equals(name)) {
        return each.path("id").asText();
      }
    }
    throw new IOException("no device is called " + name);
  }

  /** Whether the device has a session. */
  boolean isLive(String device) throws Exception {
    for (JsonNode each :
        JSON.readTree(admin("GET", "/admin/v1/sessions", "").body()).path("items")) {
      if (each.path("deviceId").asText().equals(device)) {
        return !each.path("revoked").asBoolean();
      }
    }
    return false;
  }

  @Override
  public void close() throws IOException {
    keycloak.close();
    broker.close();
    feed.close();
  }
}
