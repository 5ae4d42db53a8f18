package org.postern.acceptance.signin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.postern.acceptance.ground.provider.Keycloak;
import org.postern.acceptance.ground.provider.Realms;
import org.postern.acceptance.ground.provider.Visitor;
import org.postern.broker.Broker;
import org.postern.broker.BrokerSettings;
import org.postern.broker.bootstrap.FoundationSettings;
import org.postern.identity.IdentityKey;
import org.postern.identity.TrustBundle;
import org.postern.identity.TrustDomain;
import org.postern.identity.WebTls;

/** A broker and a real Keycloak: as SAML and as OpenID Connect provider, honest and not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class KeycloakTest {
  /** The broker's clock is late, within its skew, so that it can go on when a test needs that. */
  private static final Duration BEHIND = Duration.ofSeconds(-35);

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String VERIFIER = "v".repeat(43);
  private static final Pattern CERTIFICATE =
      Pattern.compile("<ds:X509Certificate>([^<]*)</ds:X509Certificate>");

  @TempDir private static Path folder;
  private final AtomicReference<Duration> ahead = new AtomicReference<>(BEHIND);
  private Broker broker;
  private Keycloak keycloak;
  private SSLContext tls;
  private HttpClient http;
  private String token;

  @BeforeAll
  void start() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    // Keycloak must know the broker's CA, and the broker Keycloak's address: CA, Keycloak, broker.
    openBroker(port, Set.of());
    Path trust = folder.resolve("broker/ca.pem");
    keycloak = Keycloak.start(trust, folder.resolve("keycloak.log"));
    broker.close();
    String realms = keycloak.address() + "/realms/";
    openBroker(
        port,
        Set.of(realms + "people", realms + "partners", realms + "people/protocol/saml/descriptor"));
    tls =
        WebTls.client(
            TrustBundle.fromPem(new TrustDomain("postern.internal"), Files.readString(trust)));
    http = HttpClient.newBuilder().sslContext(tls).build();
    token = Files.readString(broker.adminTokenFile()).strip();
    makeRealms();
  }

  private void openBroker(int port, Set<String> privateIssuers) throws Exception {
    broker =
        Broker.start(
            new BrokerSettings(
                new FoundationSettings(
                    folder.resolve("broker"),
                    Path.of("target/postgres-programs"),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    "postern.internal",
                    Duration.ofSeconds(60),
                    Map.of()),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                List.of("localhost"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                privateIssuers,
                Optional.empty(),
                Optional.empty(),
                false),
            () -> Instant.now().plus(ahead.get()),
            System::nanoTime);
  }

  private void makeRealms() throws Exception {
    apply("");
    String metadata = get("/signin/saml/corp/metadata").body();
    Matcher certificate = CERTIFICATE.matcher(metadata);
    assertThat(certificate.find()).as(metadata).isTrue();
    for (String realm :
        List.of(
            Realms.people(broker.publicUrl(), certificate.group(1)),
            Realms.partners(broker.publicUrl()))) {
      HttpResponse<String> made = keycloak.admin("POST", "", realm);
      assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    }
  }

  private void apply(String options) throws Exception {
    HttpResponse<String> applied =
        admin("POST", "/admin/v1/apply", Realms.policy(keycloak.address(), options));
    assertThat(applied.statusCode()).as(applied.body()).isEqualTo(200);
  }

  @AfterAll
  void stop() {
    if (keycloak != null) {
      keycloak.close();
    }
    broker.close();
  }

  private HttpResponse<String> get(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(broker.publicUrl().resolve(path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> admin(String method, String path, String body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(broker.publicUrl().resolve(path))
            .header("Authorization", "Bearer " + token)
            .header("Content-Type", "application/yaml")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private URI start(String more) throws Exception {
    String challenge =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(
                MessageDigest.getInstance("SHA-256")
                    .digest(VERIFIER.getBytes(StandardCharsets.US_ASCII)));
    return broker
        .publicUrl()
        .resolve(
            "/signin/device?redirect_uri="
                + URLEncoder.encode(Visitor.DEVICE + "callback", StandardCharsets.UTF_8)
                + "&state=device-state-1&code_challenge="
                + challenge
                + "&code_challenge_method=S256&device_name=laptop&"
                + more);
  }

  private static Map<String, String> password(String user) {
    return Map.of("username", user, "password", "secret-of-" + user);
  }

  /** To the form with which Keycloak sends its answer. */
  private Visitor.Page samlAnswer(Visitor visitor, String user) throws Exception {
    Visitor.Page login = visitor.get(start("email=" + user + "@example.com"));
    Visitor.Page answer = visitor.submit(login, password(user));
    assertThat(answer.fields()).as(answer.body()).containsKeys("SAMLResponse", "RelayState");
    return answer;
  }

  private Visitor.Page samlSignIn(Visitor visitor, String user) throws Exception {
    return visitor.submit(samlAnswer(visitor, user), Map.of());
  }

  private JsonNode enroll(Visitor.Page back) throws Exception {
    assertThat(back.parameter("code")).as(back.address() + " " + back.body()).isNotEmpty();
    HttpResponse<String> enrolled =
        http.send(
            HttpRequest.newBuilder(broker.publicUrl().resolve("/enroll/device"))
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        JSON.createObjectNode()
                            .put("code", back.parameter("code"))
                            .put("code_verifier", VERIFIER)
                            .put(
                                "csr",
                                Base64.getEncoder().encodeToString(IdentityKey.generate().csr()))
                            .put("device_name", "laptop")
                            .put("platform", "linux")
                            .put("host_name", "laptop")
                            .toString()))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(enrolled.statusCode()).as(enrolled.body()).isEqualTo(200);
    return JSON.readTree(enrolled.body());
  }

  private boolean isLive(JsonNode enrolled) throws Exception {
    String device = enrolled.path("device_id").asText();
    for (JsonNode each :
        JSON.readTree(admin("GET", "/admin/v1/sessions", "").body()).path("items")) {
      if (each.path("deviceId").asText().equals(device)) {
        return !each.path("revoked").asBoolean();
      }
    }
    return false;
  }

  @Test
  void samlSignInEnrollsTheDeviceOfTheRightPerson() throws Exception {
    JsonNode enrolled = enroll(samlSignIn(new Visitor(tls), "alice"));
    assertThat(enrolled.path("user").path("email").asText()).isEqualTo("alice@example.com");
    JsonNode users = JSON.readTree(admin("GET", "/admin/v1/users", "").body());
    JsonNode alice = null;
    for (JsonNode each : users.path("items")) {
      if (each.path("id").asText().equals(enrolled.path("user").path("id").asText())) {
        alice = each;
      }
    }
    assertThat(alice).as(users.toString()).isNotNull();
    assertThat(alice.path("provider").asText()).isEqualTo("corp");
    assertThat(alice.path("groups").toString()).contains("staff");
    assertThat(alice.path("attributes").path("department").toString()).contains("Übersee");
  }

  @Test
  void openIdSignInEnrollsTheDeviceOfTheRightPerson() throws Exception {
    Visitor visitor = new Visitor(tls);
    Visitor.Page login = visitor.get(start("email=pat@partner.example"));
    JsonNode enrolled = enroll(visitor.submit(login, password("pat")));
    assertThat(enrolled.path("user").path("email").asText()).isEqualTo("pat@partner.example");
  }

  @Test
  void addressOfAnotherProvidersDomainIsRefusedAndTheDeviceIsTold() throws Exception {
    Visitor visitor = new Visitor(tls);
    Visitor.Page back = visitor.submit(visitor.get(start("provider=partner")), password("mallory"));
    assertThat(back.parameter("error")).isEqualTo("access_denied");
    assertThat(back.parameter("error_description")).contains("signin-email-domain");
    assertThat(back.parameter("state")).isEqualTo("device-state-1");
  }

  @Test
  void answerThatWasUsedIsRefusedAsAReplay() throws Exception {
    Visitor visitor = new Visitor(tls);
    Visitor.Page answer = samlAnswer(visitor, "bob");
    assertThat(visitor.submit(answer, Map.of()).parameter("code")).isNotEmpty();
    Visitor.Page again = visitor.submit(answer, Map.of());
    assertThat(again.status()).isEqualTo(403);
    assertThat(again.body()).contains("signin-saml-replayed").contains("used before");
  }

  @Test
  void answerThatWasChangedIsRefused() throws Exception {
    Visitor visitor = new Visitor(tls);
    Visitor.Page answer = samlAnswer(visitor, "bob");
    String xml =
        new String(
            Base64.getMimeDecoder().decode(answer.fields().get("SAMLResponse")),
            StandardCharsets.UTF_8);
    String changed = xml.replaceFirst("IssueInstant=\"2", "IssueInstant=\" 2");
    assertThat(changed).isNotEqualTo(xml);
    Visitor.Page back =
        visitor.submit(
            answer,
            Map.of(
                "SAMLResponse",
                Base64.getEncoder().encodeToString(changed.getBytes(StandardCharsets.UTF_8))));
    assertThat(back.parameter("error_description")).contains("signin-saml-signature");
  }

  @Test
  void answerThatCameTooLateIsRefused() throws Exception {
    Visitor visitor = new Visitor(tls);
    Visitor.Page answer = samlAnswer(visitor, "bob");
    ahead.set(Duration.ofMinutes(20));
    try {
      Visitor.Page back = visitor.submit(answer, Map.of());
      assertThat(back.body()).contains("signin-saml-time");
    } finally {
      ahead.set(BEHIND);
    }
  }

  @Test
  void answerForAnotherServiceOrNobodyIsRefusedUnlessAllowed() throws Exception {
    Visitor visitor = new Visitor(tls);
    URI initiated = keycloak.address().resolve("/realms/people/protocol/saml/clients/");
    Visitor.Page login = visitor.get(initiated.resolve("other"));
    Visitor.Page other = visitor.submit(login, password("bob"));
    assertThat(visitor.submit(other, Map.of()).body()).contains("signin-saml-audience");
    Visitor.Page unsolicited = visitor.get(initiated.resolve("postern"));
    assertThat(visitor.submit(unsolicited, Map.of()).body())
        .contains("signin-saml-unsolicited", "Nobody asked for this sign-in");
    apply("allowUnsolicited: true");
    try {
      Visitor.Page allowed = visitor.submit(visitor.get(initiated.resolve("postern")), Map.of());
      assertThat(allowed.body()).contains("You are known to Postern");
    } finally {
      apply("");
    }
  }

  @Test
  void signingOutAtTheProviderEndsTheSessionHere() throws Exception {
    Visitor visitor = new Visitor(tls);
    JsonNode saml = enroll(samlSignIn(visitor, "carol"));
    assertThat(isLive(saml)).isTrue();
    Visitor.Page out =
        visitor.get(keycloak.address().resolve("/realms/people/protocol/openid-connect/logout"));
    visitor.submit(out, Map.of());
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !isLive(saml));

    JsonNode openId = patSignsIn();
    keycloak.admin("POST", "/partners/users/" + keycloak.id("partners", "pat") + "/logout", "");
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !isLive(openId));
  }

  private JsonNode patSignsIn() throws Exception {
    Visitor visitor = new Visitor(tls);
    JsonNode enrolled =
        enroll(visitor.submit(visitor.get(start("email=pat@partner.example")), password("pat")));
    assertThat(isLive(enrolled)).isTrue();
    return enrolled;
  }

  @Test
  void signalsOfARealTransmitterEndSessions() throws Exception {
    HttpResponse<String> made =
        admin(
            "POST",
            "/admin/v1/signals/streams",
            JSON.writeValueAsString(
                Map.of(
                    "name", "keycloak",
                    "provider", "partner",
                    "issuer", keycloak.address() + "/realms/partners",
                    "audience", "https://postern.example/signals")));
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    keycloak.pushSignals(
        "partners",
        "signals",
        broker.publicUrl().resolve("/signals/keycloak"),
        JSON.readTree(made.body()).path("token").asText());
    keycloak.backChannel("partners", "postern", "");
    try {
      String pat = keycloak.id("partners", "pat");
      JsonNode first = patSignsIn();
      keycloak.admin("POST", "/partners/users/" + pat + "/logout", "");
      Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !isLive(first));
      JsonNode second = patSignsIn();
      keycloak.admin(
          "PUT",
          "/partners/users/" + pat + "/reset-password",
          "{\"type\":\"password\",\"value\":\"secret-of-pat\",\"temporary\":false}");
      Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !isLive(second));
      assertThat(admin("GET", "/admin/v1/signals/events", "").body())
          .contains("event-type/session-revoked", "event-type/credential-change");
    } finally {
      keycloak.backChannel(
          "partners",
          "postern",
          broker.publicUrl().resolve("/signin/oidc/partner/logout").toString());
    }
  }

  @Test
  void rotationOfTheProvidersKeysSignsNobodyOut() throws Exception {
    JsonNode saml = enroll(samlSignIn(new Visitor(tls), "dave"));
    keycloak.rotateKey("people");
    keycloak.rotateKey("partners");
    ahead.set(Duration.ZERO);
    try {
      assertThat(isLive(saml)).isTrue();
      enroll(samlSignIn(new Visitor(tls), "dave"));
      patSignsIn();
      assertThat(isLive(saml)).isTrue();
    } finally {
      ahead.set(BEHIND);
    }
  }
}
