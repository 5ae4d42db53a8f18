package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.postern.broker.front.HttpsLimits;
import org.postern.identity.IdentityKey;

/** A device without a browser is let in by a person who has one elsewhere, and by nobody else. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class DeviceCodeTest {
  private static final Pattern STATE = Pattern.compile("name=\"state\" value=\"([^\"]*)\"");
  private static final String GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code";

  @TempDir private static Path folder;
  private TestProvider provider;
  private BrokerUnderTest broker;

  @BeforeAll
  void start() throws Exception {
    provider = new TestProvider(Instant::now);
    broker = new BrokerUnderTest(folder.resolve("data"), Set.of(provider.issuer()));
    String policy =
        "version: 1\nidentityProviders: [{name: corp, issuer: \"%s\", clientId: %s}]\n"
            .formatted(provider.issuer(), TestProvider.CLIENT);
    assertThat(broker.admin("POST", "/admin/v1/apply", policy).statusCode()).isEqualTo(200);
  }

  @AfterAll
  void stop() {
    broker.close();
    provider.close();
  }

  private HttpResponse<String> form(String path, String cookie, Map<String, String> fields)
      throws Exception {
    String body =
        fields.entrySet().stream()
            .map(each ->
                each.getKey() + "=" + URLEncoder.encode(each.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    HttpRequest.Builder request =
        broker
            .request(path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (!cookie.isEmpty()) {
      request.header("Cookie", cookie);
    }
    return broker.send(request.build());
  }

  private JsonNode begin() throws Exception {
    return begin("build <box>");
  }

  private JsonNode begin(String deviceName) throws Exception {
    HttpResponse<String> begun =
        form(
            "/signin/code",
            "",
            Map.of(
                "client_id",
                "postern",
                "code_challenge",
                BrokerUnderTest.challenge(BrokerUnderTest.VERIFIER),
                "code_challenge_method",
                "S256",
                "device_name",
                deviceName));
    assertThat(begun.statusCode()).as(begun.body()).isEqualTo(200);
    return BrokerUnderTest.JSON.readTree(begun.body());
  }

  private HttpResponse<String> poll(JsonNode begun) throws Exception {
    return form(
        "/signin/code/token",
        "",
        Map.of(
            "grant_type",
            GRANT_TYPE,
            "client_id",
            "postern",
            "device_code",
            begun.path("device_code").asText()));
  }

  private String error(JsonNode begun) throws Exception {
    return BrokerUnderTest.JSON.readTree(poll(begun).body()).path("error").asText();
  }

  private record Asked(String cookie, String state, String page) {}

  /** A person types the code, signs in, and is asked. */
  private Asked typed(String code) throws Exception {
    HttpResponse<String> onward = form("/device", "", Map.of("user_code", code));
    assertThat(onward.statusCode()).as(onward.body()).isEqualTo(303);
    String cookie = onward.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", "");
    HttpResponse<String> atProvider =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create(onward.headers().firstValue("Location").orElseThrow()))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    HttpResponse<String> asked =
        broker.comeBack(
            URI.create(atProvider.headers().firstValue("Location").orElseThrow()), cookie);
    Matcher state = STATE.matcher(asked.body());
    return new Asked(cookie, state.find() ? state.group(1) : "", asked.body());
  }

  private HttpResponse<String> answer(Asked asked, String cookie, String word) throws Exception {
    return form("/device/confirm", cookie, Map.of("state", asked.state(), "answer", word));
  }

  @Test
  void deviceThatWasApprovedEnrollsOnce() throws Exception {
    JsonNode begun = begin();
    String code = begun.path("user_code").asText();
    assertThat(code).matches("[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}");
    assertThat(begun.path("verification_uri").asText()).endsWith("/device");
    Asked asked = typed(code.toLowerCase(java.util.Locale.ROOT).replace("-", " "));
    assertThat(asked.page())
        .contains(code)
        .contains("build &lt;box&gt;")
        .contains("alice@example.com")
        .contains("127.0.0.1")
        .contains("approving gives them your access");
    assertThat(answer(asked, "", "approve").statusCode()).as("another browser").isEqualTo(400);
    assertThat(answer(asked, asked.cookie(), "approve").body()).contains("is let in");
    assertThat(answer(asked, asked.cookie(), "approve").body()).contains("signin-state-unknown");

    HttpResponse<String> polled = poll(begun);
    assertThat(polled.statusCode()).as(polled.body()).isEqualTo(200);
    String enrolling = BrokerUnderTest.JSON.readTree(polled.body()).path("code").asText();
    HttpResponse<String> enrolled =
        broker.post(
            "/enroll/device",
            BrokerUnderTest.deviceEnrollment(
                enrolling, BrokerUnderTest.VERIFIER, IdentityKey.generate().csr()));
    assertThat(enrolled.statusCode()).as(enrolled.body()).isEqualTo(200);
    assertThat(error(begun)).isEqualTo("expired_token");
    assertThat(broker.admin("GET", "/admin/v1/audit?limit=20", "").body())
        .contains("device-code.approve", "user.sign-in", "device.enroll");
  }

  @Test
  void nameThatADeviceGivesItselfCannotRearrangeWhatThePersonReads() throws Exception {
    Asked asked = typed(begin("\u202eyxorp\u202c\u009b2K your laptop").path("user_code").asText());
    assertThat(asked.page())
        .contains("\ufffdyxorp\ufffd\ufffd2K your laptop")
        .doesNotContain("\u202e", "\u202c", "\u009b");
    answer(asked, asked.cookie(), "deny");
  }

  @Test
  void deviceThatWasDeniedIsTold() throws Exception {
    JsonNode begun = begin();
    Asked asked = typed(begun.path("user_code").asText());
    assertThat(answer(asked, asked.cookie(), "deny").body()).contains("is not let in");
    assertThat(error(begun)).isEqualTo("access_denied");
  }

  @Test
  void personWhoCannotSignInEndsTheWait() throws Exception {
    JsonNode begun = begin();
    provider.claims(claims -> claims.audience("somebody else"));
    try {
      assertThat(typed(begun.path("user_code").asText()).page()).contains("signin-token-audience");
    } finally {
      provider.claims(claims -> claims);
    }
    assertThat(poll(begun).body()).contains("access_denied", "signin-token-audience");
  }

  @Test
  void codeWithoutApprovalIsWorthNothingAndIsTypedOnce() throws Exception {
    JsonNode begun = begin();
    String code = begun.path("user_code").asText();
    Asked asked = typed(code);
    assertThat(form("/device", "", Map.of("user_code", code)).body())
        .contains("There is no such code");
    assertThat(asked.state()).isNotEmpty();
    assertThat(error(begun)).isEqualTo("authorization_pending");
    assertThat(error(begun)).as("at once").isEqualTo("slow_down");
  }

  /** Last: it uses up what this address may try. */
  @Test
  @Order(Integer.MAX_VALUE)
  void codesOfALinkAreNotSentByThemselvesAndGuessesAreFew() throws Exception {
    JsonNode begun = begin();
    HttpResponse<String> page = broker.get("/device?user_code=" + begun.path("user_code").asText());
    assertThat(page.body()).contains(begun.path("user_code").asText()).contains("Stop here");
    assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
        .contains("frame-ancestors 'none'");
    assertThat(broker.get("/device?user_code=%22%3E%3Cscript%3E").body()).doesNotContain("<script");
    Set<Integer> statuses = new HashSet<>();
    for (int i = 0; i < 3 * HttpsLimits.DEFAULT.codesPerMinute() && !statuses.contains(503); i++) {
      statuses.add(form("/device", "", Map.of("user_code", "BBBB-BBBB")).statusCode());
    }
    assertThat(statuses)
        .as("an unknown code, then one too many")
        .containsExactlyInAnyOrder(200, 503);
    HttpResponse<String> unknown =
        form(
            "/signin/code/token",
            "",
            Map.of("grant_type", GRANT_TYPE, "client_id", "postern", "device_code", "x"));
    assertThat(unknown.body()).contains("expired_token");
    assertThat(form("/signin/code", "", Map.of("client_id", "other")).body())
        .contains("invalid_request");
  }
}
