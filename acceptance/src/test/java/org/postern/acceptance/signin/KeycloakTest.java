package org.postern.acceptance.signin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.postern.acceptance.ground.provider.Visitor;
import org.postern.acceptance.path.EchoApplication;
import org.postern.identity.IdentityKey;

/** A broker and a real Keycloak: as SAML and as OpenID Connect provider, honest and not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class KeycloakTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String VERIFIER = "v".repeat(43);

  @TempDir private static Path folder;
  private EchoApplication application;
  private Stage stage;

  @BeforeAll
  void start() throws Exception {
    application = new EchoApplication();
    stage = new Stage(folder, application.port());
  }

  @AfterAll
  void stop() throws Exception {
    if (stage != null) {
      stage.close();
    }
    application.close();
  }

  @Nested
  final class InABrowser extends BrowserStories {
    InABrowser() {
      super(KeycloakTest.this.stage, application.port());
    }
  }

  @Nested
  final class WhileFlowsAreOpen extends CuttingStories {
    WhileFlowsAreOpen() {
      super(KeycloakTest.this.stage);
    }
  }

  private URI start(String more) throws Exception {
    String challenge =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(
                MessageDigest.getInstance("SHA-256")
                    .digest(VERIFIER.getBytes(StandardCharsets.US_ASCII)));
    return stage
        .broker
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
        stage.http.send(
            HttpRequest.newBuilder(stage.broker.publicUrl().resolve("/enroll/device"))
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
    return stage.isLive(enrolled.path("device_id").asText());
  }

  @Test
  void samlSignInEnrollsTheDeviceOfTheRightPerson() throws Exception {
    JsonNode enrolled = enroll(samlSignIn(new Visitor(stage.tls), "alice"));
    assertThat(enrolled.path("user").path("email").asText()).isEqualTo("alice@example.com");
    JsonNode users = JSON.readTree(stage.admin("GET", "/admin/v1/users", "").body());
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
    Visitor visitor = new Visitor(stage.tls);
    Visitor.Page login = visitor.get(start("email=pat@partner.example"));
    JsonNode enrolled = enroll(visitor.submit(login, password("pat")));
    assertThat(enrolled.path("user").path("email").asText()).isEqualTo("pat@partner.example");
  }

  /** Where kim's browser is to bring the provider's answer. */
  private URI openIdAnswer(Visitor visitor) throws Exception {
    visitor.stopBefore(stage.broker.publicUrl().resolve("/signin/callback"));
    Visitor.Page login = visitor.get(start("email=kim@contractor.example"));
    Visitor.Page answer =
        login.address().getPath().equals("/signin/callback")
            ? login
            : visitor.submit(login, password("kim"));
    visitor.stopBefore(URI.create(Visitor.DEVICE));
    assertThat(answer.parameter("code")).as(answer.address() + answer.body()).isNotEmpty();
    return answer.address();
  }

  private static URI with(URI address, String name, String value) {
    return URI.create(
        address
            .toString()
            .replaceFirst(
                "\\b" + name + "=[^&]*",
                name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8)));
  }

  @Test
  void openIdAnswerThatWasUsedOrChangedIsRefused() throws Exception {
    Visitor visitor = new Visitor(stage.tls);
    URI used = openIdAnswer(visitor);
    Visitor.Page device = visitor.get(used);
    assertThat(device.parameter("code")).isNotEmpty();
    Visitor.Page again = visitor.get(used);
    assertThat(again.status()).isEqualTo(400);
    assertThat(again.body()).contains("signin-state-unknown", "This sign-in is over");

    String code = new Visitor.Page(used, 0, "").parameter("code");
    URI replayed = with(openIdAnswer(visitor), "code", code);
    assertThat(visitor.get(replayed).parameter("error_description"))
        .contains("signin-code-refused", "used before");

    Visitor other = new Visitor(stage.tls);
    URI changed = with(openIdAnswer(other), "iss", "https://somebody.else");
    assertThat(other.get(changed).parameter("error_description"))
        .contains("signin-response-issuer");
  }

  @Test
  void openIdAnswerThatNobodyAskedForIsRefused() throws Exception {
    URI answer = openIdAnswer(new Visitor(stage.tls));
    Visitor.Page stolen = new Visitor(stage.tls).get(answer);
    assertThat(stolen.status()).isEqualTo(400);
    assertThat(stolen.body()).contains("signin-state-unknown", "begun in another browser");
    Visitor.Page unsolicited = new Visitor(stage.tls).get(with(answer, "state", "made-up"));
    assertThat(unsolicited.status()).isEqualTo(400);
    assertThat(unsolicited.body())
        .contains("signin-unsolicited", "Nobody asked for this sign-in", "postern login");
  }

  @Test
  void openIdTokenThatIsOldOrForAnotherServiceIsRefused() throws Exception {
    Visitor late = new Visitor(stage.tls);
    URI answer = openIdAnswer(late);
    // Longer than the token lives and the clocks may differ; shorter than a sign-in may take.
    stage.ahead(Duration.ofMinutes(8));
    try {
      assertThat(late.get(answer).parameter("error_description")).contains("signin-token-time");
    } finally {
      stage.ahead(Stage.BEHIND);
    }
    String mapper =
        stage.keycloak.addMapper("contractors", "postern", "aud", "https://somebody.else");
    try {
      Visitor visitor = new Visitor(stage.tls);
      assertThat(visitor.get(openIdAnswer(visitor)).parameter("error_description"))
          .contains("signin-token-audience");
    } finally {
      stage.keycloak.removeMapper(mapper);
    }
  }

  @Test
  void addressOfAnotherProvidersDomainIsRefusedAndTheDeviceIsTold() throws Exception {
    Visitor visitor = new Visitor(stage.tls);
    Visitor.Page back = visitor.submit(visitor.get(start("provider=partner")), password("mallory"));
    assertThat(back.parameter("error")).isEqualTo("access_denied");
    assertThat(back.parameter("error_description")).contains("signin-email-domain");
    assertThat(back.parameter("state")).isEqualTo("device-state-1");
  }

  @Test
  void answerThatWasUsedIsRefusedAsAReplay() throws Exception {
    Visitor visitor = new Visitor(stage.tls);
    Visitor.Page answer = samlAnswer(visitor, "bob");
    assertThat(visitor.submit(answer, Map.of()).parameter("code")).isNotEmpty();
    Visitor.Page again = visitor.submit(answer, Map.of());
    assertThat(again.status()).isEqualTo(403);
    assertThat(again.body()).contains("signin-saml-replayed").contains("used before");
  }

  @Test
  void answerThatWasChangedIsRefused() throws Exception {
    Visitor visitor = new Visitor(stage.tls);
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
    Visitor visitor = new Visitor(stage.tls);
    Visitor.Page answer = samlAnswer(visitor, "bob");
    stage.ahead(Duration.ofMinutes(20));
    try {
      Visitor.Page back = visitor.submit(answer, Map.of());
      assertThat(back.body()).contains("signin-saml-time");
    } finally {
      stage.ahead(Stage.BEHIND);
    }
  }

  @Test
  void answerForAnotherServiceOrNobodyIsRefusedUnlessAllowed() throws Exception {
    Visitor visitor = new Visitor(stage.tls);
    URI initiated = stage.keycloak.address().resolve("/realms/people/protocol/saml/clients/");
    Visitor.Page login = visitor.get(initiated.resolve("other"));
    Visitor.Page other = visitor.submit(login, password("bob"));
    assertThat(visitor.submit(other, Map.of()).body()).contains("signin-saml-audience");
    Visitor.Page unsolicited = visitor.get(initiated.resolve("postern"));
    assertThat(visitor.submit(unsolicited, Map.of()).body())
        .contains("signin-saml-unsolicited", "Nobody asked for this sign-in");
    stage.apply("allowUnsolicited: true");
    try {
      Visitor.Page allowed = visitor.submit(visitor.get(initiated.resolve("postern")), Map.of());
      assertThat(allowed.body()).contains("You are known to Postern");
    } finally {
      stage.apply("");
    }
  }

  @Test
  void signingOutAtTheProviderEndsTheSessionHere() throws Exception {
    Visitor visitor = new Visitor(stage.tls);
    JsonNode saml = enroll(samlSignIn(visitor, "carol"));
    assertThat(isLive(saml)).isTrue();
    Visitor.Page out =
        visitor.get(
            stage.keycloak.address().resolve("/realms/people/protocol/openid-connect/logout"));
    visitor.submit(out, Map.of());
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> !isLive(saml));

    JsonNode openId = patSignsIn();
    stage.keycloak.admin(
        "POST", "/partners/users/" + stage.keycloak.id("partners", "pat") + "/logout", "");
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> !isLive(openId));
  }

  private JsonNode patSignsIn() throws Exception {
    Visitor visitor = new Visitor(stage.tls);
    JsonNode enrolled =
        enroll(visitor.submit(visitor.get(start("email=pat@partner.example")), password("pat")));
    assertThat(isLive(enrolled)).isTrue();
    return enrolled;
  }

  @Test
  void signalsOfARealTransmitterEndSessions() throws Exception {
    stage.signals();
    try {
      String pat = stage.keycloak.id("partners", "pat");
      JsonNode first = patSignsIn();
      stage.keycloak.admin("POST", "/partners/users/" + pat + "/logout", "");
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> !isLive(first));
      JsonNode second = patSignsIn();
      stage.keycloak.admin(
          "PUT",
          "/partners/users/" + pat + "/reset-password",
          "{\"type\":\"password\",\"value\":\"secret-of-pat\",\"temporary\":false}");
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> !isLive(second));
      assertThat(stage.admin("GET", "/admin/v1/signals/events", "").body())
          .contains("event-type/session-revoked", "event-type/credential-change");
    } finally {
      stage.backChannel();
    }
  }

  @Test
  void rotationOfTheProvidersKeysSignsNobodyOut() throws Exception {
    JsonNode saml = enroll(samlSignIn(new Visitor(stage.tls), "dave"));
    stage.keycloak.rotateKey("people");
    stage.keycloak.rotateKey("partners");
    stage.ahead(Duration.ZERO);
    try {
      assertThat(isLive(saml)).isTrue();
      enroll(samlSignIn(new Visitor(stage.tls), "dave"));
      patSignsIn();
      assertThat(isLive(saml)).isTrue();
    } finally {
      stage.ahead(Stage.BEHIND);
    }
  }
}
