package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jwt.SignedJWT;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.identity.IdentityKey;

/** A device ends its own session, and no other. */
final class SignOutTest {
  private static final Pattern HINT = Pattern.compile("name=\"id_token_hint\" value=\"([^\"]+)\"");

  @TempDir private Path folder;

  private static String signOut(BrokerUnderTest broker, String csr) throws Exception {
    return broker
        .send(
            broker
                .request("/signin/sign-out")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "csr=" + URLEncoder.encode(csr, StandardCharsets.UTF_8)))
                .build())
        .body();
  }

  private static String csr(IdentityKey key) {
    return Base64.getEncoder().encodeToString(key.csr());
  }

  @Test
  void deviceEndsItsOwnSessionAndLearnsWhereToGoOn() throws Exception {
    try (TestProvider provider = new TestProvider(Instant::now);
        BrokerUnderTest broker =
            new BrokerUnderTest(folder.resolve("data"), Set.of(provider.issuer()))) {
      broker.admin(
          "POST",
          "/admin/v1/apply",
          "version: 1\nidentityProviders: [{name: corp, issuer: \"%s\", clientId: %s}]\n"
              .formatted(provider.issuer(), TestProvider.CLIENT));
      IdentityKey key = IdentityKey.generate();
      HttpResponse<String> back = broker.signIn();
      broker.post(
          "/enroll/device",
          BrokerUnderTest.deviceEnrollment(
              BrokerUnderTest.parameter(back, "code"), BrokerUnderTest.VERIFIER, key.csr()));
      assertThat(signOut(broker, csr(IdentityKey.generate()))).contains("\"ended\":false");
      assertThat(signOut(broker, "bm90IGEgY3Ny")).contains("urn:postern:problem:bad-request");
      assertThat(revoked(broker)).isFalse();
      JsonNode answer = BrokerUnderTest.JSON.readTree(signOut(broker, csr(key)));
      assertThat(answer.path("ended").asBoolean()).isTrue();
      carriesTheIdTokenToTheProviderOnce(broker, provider, answer.path("continue").asText());
      assertThat(revoked(broker)).isTrue();
      assertThat(broker.admin("GET", "/admin/v1/sessions?state=ended", "").body())
          .contains("\"because\":\"signed out\"");
      assertThat(signOut(broker, csr(key))).contains("\"ended\":false");
      assertThat(broker.admin("GET", "/admin/v1/audit?limit=20", "").body())
          .contains("user.sign-out");
    }
  }

  /** By a form, so that the token is in nobody's list of addresses or programs. */
  private static void carriesTheIdTokenToTheProviderOnce(
      BrokerUnderTest broker, TestProvider provider, String onward) throws Exception {
    assertThat(onward)
        .startsWith(broker.url("/signin/sign-out/onward?ticket=").toString())
        .hasSizeLessThan(200);
    String path = onward.substring(broker.url("/").toString().length() - 1);
    HttpResponse<String> page = broker.get(path);
    assertThat(page.body())
        .contains("action=\"" + provider.issuer() + "/end\"", "post_logout_redirect_uri")
        .contains("name=\"client_id\" value=\"" + TestProvider.CLIENT);
    Matcher hint = HINT.matcher(page.body());
    assertThat(hint.find()).as(page.body()).isTrue();
    SignedJWT token = SignedJWT.parse(hint.group(1));
    assertThat(token.getJWTClaimsSet().getSubject()).isEqualTo("alice");
    assertThat(broker.get(path).body())
        .as("the second time")
        .contains("You are signed out")
        .doesNotContain("id_token_hint");
    assertThat(broker.get("/signin/sign-out/onward?ticket=made-up").body())
        .contains("You are signed out");
  }

  @Test
  void signingInAgainIsTheSameDeviceUntilItIsSetAside() throws Exception {
    try (TestProvider provider = new TestProvider(Instant::now);
        BrokerUnderTest broker =
            new BrokerUnderTest(folder.resolve("data"), Set.of(provider.issuer()))) {
      broker.admin(
          "POST",
          "/admin/v1/apply",
          "version: 1\nidentityProviders: [{name: corp, issuer: \"%s\", clientId: %s}]\n"
              .formatted(provider.issuer(), TestProvider.CLIENT));
      IdentityKey key = IdentityKey.generate();
      String device = enroll(broker, key).path("device_id").asText();
      for (int again = 0; again < 11; again++) {
        assertThat(enroll(broker, key).path("device_id").asText()).isEqualTo(device);
      }
      JsonNode sessions =
          BrokerUnderTest.JSON.readTree(broker.admin("GET", "/admin/v1/sessions", "").body());
      assertThat(sessions.path("items").valueStream().filter(s -> !s.path("revoked").asBoolean()))
          .hasSize(1);
      assertThat(
              broker
                  .admin("PUT", "/admin/v1/devices/" + device, "{\"name\":\"new laptop\"}")
                  .body())
          .contains("named new laptop");
      assertThat(broker.admin("GET", "/admin/v1/devices", "").body()).contains("new laptop");
      broker.admin("POST", "/admin/v1/devices/" + device + "/quarantine", "");
      assertThat(broker.admin("GET", "/admin/v1/sessions?state=ended", "").body())
          .contains("\"because\":\"newer sign-in\"", "the device is set aside");
      assertThat(enroll(broker, key).toString())
          .contains("device-quarantined", "This device is set aside", device);
      assertThat(enroll(broker, IdentityKey.generate()).toString())
          .contains("device-quarantined", "so no new one is let in");
    }
  }

  @Test
  void personHasAsManyDevicesAsTheProviderAllowsAndWhatItsUserInfoSays() throws Exception {
    try (TestProvider provider = new TestProvider(Instant::now);
        BrokerUnderTest broker =
            new BrokerUnderTest(folder.resolve("data"), Set.of(provider.issuer()))) {
      provider.claims(claims -> claims.claim("groups", null));
      provider.userInfo("{\"sub\":\"alice\",\"groups\":[\"from-user-info\"],\"dept\":\"r&d\"}");
      apply(broker, provider, 2);
      assertThat(enroll(broker, IdentityKey.generate()).has("device_id")).isTrue();
      assertThat(broker.admin("GET", "/admin/v1/users", "").body())
          .contains("\"department\":[\"r&d\"]", "from-user-info");
      assertThat(enroll(broker, IdentityKey.generate()).has("device_id")).isTrue();
      assertThat(enroll(broker, IdentityKey.generate()).toString())
          .contains("too-many-devices", "as you may have (2)");
      apply(broker, provider, 3);
      assertThat(enroll(broker, IdentityKey.generate()).has("device_id")).isTrue();
      provider.userInfo("{\"sub\":\"mallory\"}");
      assertThat(BrokerUnderTest.parameter(broker.signIn(), "error_description"))
          .contains("signin-user-info-subject");
    }
  }

  @Test
  void addressThatOnlyUserInfoSaysIsAskedForUnasked() throws Exception {
    try (TestProvider provider = new TestProvider(Instant::now);
        BrokerUnderTest broker =
            new BrokerUnderTest(folder.resolve("data"), Set.of(provider.issuer()))) {
      provider.claims(claims -> claims.claim("email", null).claim("email_verified", null));
      provider.userInfo(
          "{\"sub\":\"alice\",\"email\":\"alice@user-info.example\",\"email_verified\":true}");
      apply(broker, provider, "");
      assertThat(enroll(broker, IdentityKey.generate()).at("/user/email").asText())
          .isEqualTo("alice@user-info.example");
      provider.userInfo("{\"sub\":\"mallory\",\"email\":\"alice@user-info.example\"}");
      assertThat(BrokerUnderTest.parameter(broker.signIn(), "error_description"))
          .contains("signin-user-info-subject");
    }
  }

  private static void apply(BrokerUnderTest broker, TestProvider provider, int devices)
      throws Exception {
    apply(
        broker,
        provider,
        ", userInfo: true, devicesPerUser: %d, attributes: {department: dept}".formatted(devices));
  }

  private static void apply(BrokerUnderTest broker, TestProvider provider, String more)
      throws Exception {
    HttpResponse<String> applied =
        broker.admin(
            "POST",
            "/admin/v1/apply",
            "version: 1\nidentityProviders: [{name: corp, issuer: \"%s\", clientId: %s%s}]\n"
                .formatted(provider.issuer(), TestProvider.CLIENT, more));
    assertThat(applied.statusCode()).as(applied.body()).isEqualTo(200);
  }

  private static JsonNode enroll(BrokerUnderTest broker, IdentityKey key) throws Exception {
    return BrokerUnderTest.JSON.readTree(
        broker
            .post(
                "/enroll/device",
                BrokerUnderTest.deviceEnrollment(
                    BrokerUnderTest.parameter(broker.signIn(), "code"),
                    BrokerUnderTest.VERIFIER,
                    key.csr()))
            .body());
  }

  private static boolean revoked(BrokerUnderTest broker) throws Exception {
    return BrokerUnderTest.JSON
        .readTree(broker.admin("GET", "/admin/v1/sessions", "").body())
        .path("items")
        .get(0)
        .path("revoked")
        .asBoolean();
  }
}
