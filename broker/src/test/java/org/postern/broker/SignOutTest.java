package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.identity.IdentityKey;

/** A device ends its own session, and no other. */
final class SignOutTest {
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
      assertThat(answer.path("continue").asText())
          .startsWith(provider.issuer() + "/end?")
          .contains("client_id=" + TestProvider.CLIENT)
          .contains("post_logout_redirect_uri=");
      assertThat(revoked(broker)).isTrue();
      assertThat(signOut(broker, csr(key))).contains("\"ended\":false");
      assertThat(broker.admin("GET", "/admin/v1/audit?limit=20", "").body())
          .contains("user.sign-out");
    }
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
      assertThat(enroll(broker, key).toString())
          .contains("device-quarantined", "This device is set aside", device);
      assertThat(enroll(broker, IdentityKey.generate()).toString())
          .contains("device-quarantined", "so no new one is let in");
    }
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
