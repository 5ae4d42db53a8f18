package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.postern.identity.Credential;
import org.postern.identity.IdentityKey;
import org.postern.identity.SpiffeId;

/** Signing in, enrolling and administering, against a real broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class BrokerTest {
  private static final String REDIRECT = "http://127.0.0.1:4711/callback";

  @TempDir private static Path dataDir;
  private TestProvider provider;
  private BrokerUnderTest broker;

  @BeforeAll
  void start() throws Exception {
    provider = new TestProvider(Instant::now);
    broker = new BrokerUnderTest(dataDir, Set.of(provider.issuer()));
    HttpResponse<String> applied = broker.admin("POST", "/admin/v1/apply", policy());
    assertThat(applied.statusCode()).as(applied.body()).isEqualTo(200);
  }

  @AfterAll
  void stop() {
    broker.close();
    provider.close();
  }

  @AfterEach
  void providerIsHonestAgain() {
    provider.claims(each -> each);
  }

  private String policy() {
    return """
    version: 1
    domains: [corp.internal]
    connectorGroups: [{name: vpc-a}]
    applications:
      - {name: payments, hosts: [payments.corp.internal], tcp: [443], connectorGroups: [vpc-a]}
    groups: [{name: staff, members: [alice@example.com]}]
    rules: [{name: staff-to-payments, action: allow, applications: [payments], groups: [staff]}]
    identityProviders: [{name: corp, issuer: "%s", clientId: %s}]
    """
        .formatted(provider.issuer(), TestProvider.CLIENT);
  }

  // -- signing in and enrolling a device

  @Test
  void signInEndsAtTheDevicesLoopbackAddressWithACodeThatEnrollsIt() throws Exception {
    HttpResponse<String> back = broker.signIn();
    assertThat(back.statusCode()).as(back.body()).isEqualTo(303);
    assertThat(back.headers().firstValue("Location").orElseThrow()).startsWith(REDIRECT + "?code=");
    assertThat(BrokerUnderTest.parameter(back, "state")).isEqualTo("device-state-1");

    IdentityKey key = IdentityKey.generate();
    HttpResponse<String> enrolled = enroll(back, BrokerUnderTest.VERIFIER, key);
    assertThat(enrolled.statusCode()).as(enrolled.body()).isEqualTo(200);
    JsonNode body = BrokerUnderTest.JSON.readTree(enrolled.body());
    Credential credential = Credential.of(key, chain(body));
    assertThat(credential.id())
        .isInstanceOfSatisfying(
            SpiffeId.ClientId.class,
            id -> {
              assertThat(id.device()).isEqualTo(body.path("device_id").asText());
              assertThat(id.user()).isEqualTo(body.path("user").path("id").asText());
            });
    assertThat(body.path("user").path("email").asText()).isEqualTo("alice@example.com");
    assertThat(Instant.parse(body.path("session_expires").asText()))
        .isBefore(Instant.now().plusSeconds(12 * 3_600 + 60));
    assertThat(credential.notAfter())
        .as("a certificate does not outlive its session")
        .isBeforeOrEqualTo(Instant.parse(body.path("session_expires").asText()));
  }

  @Test
  void codeWorksOnce() throws Exception {
    HttpResponse<String> back = broker.signIn();
    assertThat(enroll(back, BrokerUnderTest.VERIFIER, IdentityKey.generate()).statusCode())
        .isEqualTo(200);
    assertThat(enroll(back, BrokerUnderTest.VERIFIER, IdentityKey.generate()).statusCode())
        .isEqualTo(403);
  }

  @Test
  void wrongVerifierIsRefusedAndSpendsTheCode() throws Exception {
    HttpResponse<String> back = broker.signIn();
    assertThat(enroll(back, "w".repeat(43), IdentityKey.generate()).statusCode()).isEqualTo(403);
    assertThat(enroll(back, BrokerUnderTest.VERIFIER, IdentityKey.generate()).statusCode())
        .isEqualTo(403);
  }

  @Test
  void inventedCodeIsRefused() throws Exception {
    ObjectNode body =
        BrokerUnderTest.deviceEnrollment(
            "x".repeat(43), BrokerUnderTest.VERIFIER, IdentityKey.generate().csr());
    HttpResponse<String> answer = broker.post("/enroll/device", body);
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).contains("urn:postern:problem:code-refused");
  }

  @Test
  void stateWorksOnce() throws Exception {
    BrokerUnderTest.Visit visit = broker.throughTheProvider();
    assertThat(broker.comeBack(visit.location(), visit.cookie()).statusCode()).isEqualTo(303);
    HttpResponse<String> replay = broker.comeBack(visit.location(), visit.cookie());
    assertThat(replay.statusCode()).isEqualTo(400);
    assertThat(replay.body()).contains("signin-state-unknown");
  }

  @Test
  void anotherBrowserCannotFinishASignIn() throws Exception {
    BrokerUnderTest.Visit visit = broker.throughTheProvider();
    HttpResponse<String> stolen = broker.comeBack(visit.location(), "");
    assertThat(stolen.statusCode()).isEqualTo(400);
    assertThat(stolen.body()).contains("signin-state-unknown");
  }

  @Test
  void answerOfAnotherIssuerIsRefused() throws Exception {
    BrokerUnderTest.Visit visit = broker.throughTheProvider();
    URI mixedUp = URI.create(visit.location() + "&iss=https%3A%2F%2Fevil.example");
    assertThat(broker.comeBack(mixedUp, visit.cookie()).body()).contains("signin-response-issuer");
  }

  @Test
  void tokensThatAreNotForUsAreRefusedByReason() throws Exception {
    provider.claims(claims -> claims.issuer("https://evil.example"));
    assertThat(broker.signIn().body()).contains("signin-token-issuer");
    provider.claims(claims -> claims.audience("another-client"));
    assertThat(broker.signIn().body()).contains("signin-token-audience");
    provider.claims(claims -> claims.claim("nonce", "another-sign-in"));
    assertThat(broker.signIn().body()).contains("signin-token-nonce");
    provider.claims(claims -> claims.expirationTime(Date.from(Instant.now().minusSeconds(90))));
    assertThat(broker.signIn().body()).contains("signin-token-time");
  }

  @Test
  void pagesEscapeWhatStrangersWrite() throws Exception {
    String two =
        policy()
            .replace("clientId: " + TestProvider.CLIENT, "clientId: x, domains: [example.com]")
            .replace(
                "identityProviders: [",
                "identityProviders: [{name: other, issuer: \"https://idp.example\", clientId: x,"
                    + " domains: [other.example]}, ");
    HttpResponse<String> applied = broker.admin("POST", "/admin/v1/apply", two);
    assertThat(applied.statusCode()).as(applied.body()).isEqualTo(200);
    try {
      String query =
          BrokerUnderTest.deviceQuery(REDIRECT)
              .replace("device_name=laptop", "device_name=%3Cscript%3Ealert(1)%3C/script%3E");
      HttpResponse<String> page = broker.get(query);
      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(page.body()).contains("&lt;script&gt;").doesNotContain("<script>");
      assertThat(page.body()).contains("provider=corp").contains("provider=other");
      assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
          .contains("default-src 'none'");
    } finally {
      broker.admin("POST", "/admin/v1/apply", policy());
    }
  }

  @Test
  void redirectsThatAreNotLoopbackLiteralsAreRefused() throws Exception {
    for (String trick :
        List.of(
            "https://evil.example/cb",
            "http://localhost:4711/cb",
            "http://127.0.0.1.evil.example:4711/cb",
            "http://127.0.0.1:4711@evil.example/cb",
            "http://127.0.0.1/cb",
            "http://127.0.0.1:4711/cb?x=y",
            "http://127.0.0.1:4711/cb#frag",
            "http://user@127.0.0.1:4711/cb",
            "javascript:alert(1)",
            "http://[::1%25eth0]:4711/cb",
            "http://127.1:4711/cb")) {
      HttpResponse<String> answer = broker.get(BrokerUnderTest.deviceQuery(trick));
      assertThat(answer.statusCode()).as(trick).isEqualTo(400);
      assertThat(answer.body()).as(trick).contains("signin-request-invalid");
    }
  }

  // -- connectors

  @Test
  void provisioningKeyEnrollsAsManyConnectorsAsItSaysAndThenAnswersLikeAWrongOne()
      throws Exception {
    String key = provisioningKey(1, "");
    IdentityKey own = IdentityKey.generate();
    HttpResponse<String> first = enrollConnector(key, own);
    assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
    JsonNode body = BrokerUnderTest.JSON.readTree(first.body());
    assertThat(Credential.of(own, chain(body)).id())
        .isInstanceOfSatisfying(
            SpiffeId.ConnectorId.class, id -> assertThat(id.group()).isEqualTo("vpc-a"));

    HttpResponse<String> usedUp = enrollConnector(key, IdentityKey.generate());
    HttpResponse<String> wrong = enrollConnector("postern_pk_wrong", IdentityKey.generate());
    HttpResponse<String> elsewhere =
        enrollConnector(provisioningKey(1, "\"203.0.113.0/24\""), IdentityKey.generate());
    assertThat(usedUp.statusCode()).isEqualTo(403);
    assertThat(wrong.statusCode()).isEqualTo(403);
    assertThat(elsewhere.statusCode()).isEqualTo(403);
    assertThat(usedUp.body()).isEqualTo(wrong.body()).isEqualTo(elsewhere.body());
  }

  private String provisioningKey(int uses, String cidrs) throws Exception {
    HttpResponse<String> made =
        broker.admin(
            "POST",
            "/admin/v1/provisioning-keys",
            "{\"group\":\"vpc-a\",\"uses\":%d,\"expiresSeconds\":3600,\"cidrs\":[%s]}"
                .formatted(uses, cidrs));
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    return BrokerUnderTest.JSON.readTree(made.body()).path("key").asText();
  }

  private HttpResponse<String> enrollConnector(String key, IdentityKey own) throws Exception {
    ObjectNode body =
        BrokerUnderTest.JSON
            .createObjectNode()
            .put("provisioning_key", key)
            .put("csr", Base64.getEncoder().encodeToString(own.csr()))
            .put("name", "c1");
    return broker.post("/enroll/connector", body);
  }

  // -- administering

  @Test
  void wrongPolicyIsRefusedWithEveryMistakeAndItsLine() throws Exception {
    HttpResponse<String> answer =
        broker.admin(
            "POST",
            "/admin/v1/apply",
            """
            version: 1
            applications:
              - {name: a, hosts: ["bad host"], tcp: [99999], connectorGroups: [nowhere]}
            """);
    assertThat(answer.statusCode()).isEqualTo(422);
    JsonNode errors = BrokerUnderTest.JSON.readTree(answer.body()).path("errors");
    assertThat(errors.size()).isGreaterThan(1);
    assertThat(errors.get(0).path("line").asInt()).isEqualTo(3);
    HttpResponse<String> now = broker.admin("GET", "/admin/v1/config/applications", "");
    assertThat(now.body()).contains("payments").doesNotContain("bad host");
  }

  @Test
  void dryRunChangesNothing() throws Exception {
    String more =
        policy()
            .replace(
                "rules: [",
                "rules: [{name: shut, action: deny, applications: [payments], anyone: true}, ");
    HttpResponse<String> answer = broker.admin("POST", "/admin/v1/apply?dry_run=1", more);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body()).contains("shut");
    assertThat(broker.admin("GET", "/admin/v1/config/rules", "").body()).doesNotContain("shut");
  }

  @Test
  void oneApplicationIsFoundByName() throws Exception {
    HttpResponse<String> one = broker.admin("GET", "/admin/v1/config/applications/payments", "");
    assertThat(one.statusCode()).isEqualTo(200);
    assertThat(one.body()).contains("payments.corp.internal");
    assertThat(broker.admin("GET", "/admin/v1/config/applications/none", "").statusCode())
        .isEqualTo(404);
  }

  @Test
  void adminApiAnswersNobodyWithoutAToken() throws Exception {
    for (String path : List.of("/admin/v1/config", "/admin/v1/status", "/admin/v1/flows")) {
      HttpResponse<String> answer = broker.get(path);
      assertThat(answer.statusCode()).as(path).isEqualTo(401);
      assertThat(answer.headers().firstValue("WWW-Authenticate")).isPresent();
    }
  }

  @Test
  void deviceIsRemovedOnce() throws Exception {
    IdentityKey key = IdentityKey.generate();
    JsonNode body =
        BrokerUnderTest.JSON.readTree(
            enroll(broker.signIn(), BrokerUnderTest.VERIFIER, key).body());
    String device = body.path("device_id").asText();
    assertThat(broker.admin("GET", "/admin/v1/devices", "").body()).contains(device);
    assertThat(broker.admin("GET", "/admin/v1/sessions", "").body()).contains(device);
    assertThat(broker.admin("DELETE", "/admin/v1/devices/" + device, "").statusCode())
        .isEqualTo(200);
    assertThat(broker.admin("DELETE", "/admin/v1/devices/" + device, "").statusCode())
        .isEqualTo(404);
  }

  @Test
  void statusAndWellKnownTellWhatPeersNeed() throws Exception {
    JsonNode status =
        BrokerUnderTest.JSON.readTree(broker.admin("GET", "/admin/v1/status", "").body());
    assertThat(status.path("applications").asInt()).isEqualTo(1);
    JsonNode known = BrokerUnderTest.JSON.readTree(broker.get("/.well-known/postern").body());
    assertThat(known.path("trustDomain").asText()).isEqualTo("postern.internal");
    assertThat(known.path("caPem").asText()).contains("BEGIN CERTIFICATE");
    assertThat(known.path("tunnel").path("port").asInt())
        .isEqualTo(broker.broker.address().getPort());
    assertThat(broker.get("/healthz").statusCode()).isEqualTo(200);
    assertThat(broker.get("/nothing/here").body()).contains("urn:postern:problem:not-found");
  }

  private HttpResponse<String> enroll(HttpResponse<String> back, String verifier, IdentityKey key)
      throws Exception {
    return broker.post(
        "/enroll/device",
        BrokerUnderTest.deviceEnrollment(
            BrokerUnderTest.parameter(back, "code"), verifier, key.csr()));
  }

  private static List<byte[]> chain(JsonNode body) {
    List<byte[]> chain = new ArrayList<>();
    body.path("chain").forEach(each -> chain.add(Base64.getDecoder().decode(each.asText())));
    return chain;
  }
}
