package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.identity.IdentityKey;

/** A session is as old as the proof behind it, and a newer proof can be asked for. */
final class ReauthenticationTest {
  @TempDir private Path folder;
  private final IdentityKey key = IdentityKey.generate();

  /** To the provider with a demand, and back. */
  private static HttpResponse<String> signIn(BrokerUnderTest broker, String demand, String expected)
      throws Exception {
    HttpResponse<String> begun =
        broker.get(BrokerUnderTest.deviceQuery("http://127.0.0.1:4711/callback") + demand);
    String cookie = begun.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", "");
    String there = begun.headers().firstValue("Location").orElseThrow();
    assertThat(there).contains(expected);
    HttpResponse<String> atProvider =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(there)).build(),
                HttpResponse.BodyHandlers.ofString());
    URI back = URI.create(atProvider.headers().firstValue("Location").orElseThrow());
    return broker.comeBack(back, cookie);
  }

  private JsonNode session(BrokerUnderTest broker, HttpResponse<String> back) throws Exception {
    broker.post(
        "/enroll/device",
        BrokerUnderTest.deviceEnrollment(
            BrokerUnderTest.parameter(back, "code"), BrokerUnderTest.VERIFIER, key.csr()));
    for (JsonNode each :
        BrokerUnderTest.JSON
            .readTree(broker.admin("GET", "/admin/v1/sessions", "").body())
            .path("items")) {
      if (!each.path("revoked").asBoolean()) {
        return each;
      }
    }
    throw new AssertionError("no live session");
  }

  @Test
  void oldProofMakesAnOldSessionAndANewOneIsDemandedAndChecked() throws Exception {
    Instant old = Instant.now().minusSeconds(7_200).truncatedTo(ChronoUnit.SECONDS);
    try (TestProvider provider = new TestProvider(Instant::now);
        BrokerUnderTest broker =
            new BrokerUnderTest(folder.resolve("data"), Set.of(provider.issuer()))) {
      broker.admin(
          "POST",
          "/admin/v1/apply",
          "version: 1\nidentityProviders: [{name: corp, issuer: \"%s\", clientId: %s}]\n"
              .formatted(provider.issuer(), TestProvider.CLIENT));
      provider.claims(claims -> claims.claim("auth_time", old.getEpochSecond()));
      JsonNode session = session(broker, signIn(broker, "", "state="));
      assertThat(Instant.parse(session.path("since").asText())).isEqualTo(old);

      // The provider shows its old session again: that is not what was asked.
      assertThat(signIn(broker, "&max_age=0", "prompt=login").body()).contains("signin-not-fresh");
      assertThat(signIn(broker, "&max_age=0", "max_age=0").body()).contains("signin-not-fresh");

      provider.claims(claims ->
          claims.claim("auth_time", Instant.now().getEpochSecond()).claim("acr", "urn:mfa"));
      assertThat(signIn(broker, "&acr_values=urn:other", "acr_values=urn%3Aother").body())
          .contains("signin-context-not-met");
      HttpResponse<String> back = signIn(broker, "&max_age=0&acr_values=urn:mfa", "acr_values=");
      JsonNode fresh = session(broker, back);
      assertThat(Instant.parse(fresh.path("since").asText())).isAfter(old);
      assertThat(
              broker
                  .get(
                      BrokerUnderTest.deviceQuery("http://127.0.0.1:4711/callback")
                          + "&acr_values=a+b")
                  .body())
          .contains("signin-request-invalid");
    }
  }

  @Test
  void providerSaysHowLongASignInLastsAndWhatIsAskedFor() throws Exception {
    try (TestProvider provider = new TestProvider(Instant::now);
        BrokerUnderTest broker =
            new BrokerUnderTest(folder.resolve("data"), Set.of(provider.issuer()))) {
      broker.admin(
          "POST",
          "/admin/v1/apply",
          ("version: 1\nidentityProviders: [{name: corp, issuer: \"%s\", clientId: %s,"
                  + " sessionLength: 30m, scopes: [email, groups]}]\n")
              .formatted(provider.issuer(), TestProvider.CLIENT));
      JsonNode session = session(broker, signIn(broker, "", "scope=openid+email+groups"));
      Instant since = Instant.parse(session.path("since").asText());
      assertThat(Instant.parse(session.path("expires").asText()))
          .isBetween(since.plusSeconds(1_795), since.plusSeconds(1_805));
    }
  }

  @Test
  void testSignInIsBegunByAnAdministratorOnly() throws Exception {
    try (TestProvider provider = new TestProvider(Instant::now);
        BrokerUnderTest broker =
            new BrokerUnderTest(folder.resolve("data"), Set.of(provider.issuer()))) {
      broker.admin(
          "POST",
          "/admin/v1/apply",
          "version: 1\nidentityProviders: [{name: corp, issuer: \"%s\", clientId: %s}]\n"
              .formatted(provider.issuer(), TestProvider.CLIENT));
      assertThat(broker.get("/signin/test?provider=corp").body()).contains("signin-test-ticket");
      assertThat(broker.get("/signin/test?provider=corp&ticket=AAAA").body())
          .contains("signin-test-ticket");
      String given =
          BrokerUnderTest.JSON
              .readTree(broker.admin("GET", "/admin/v1/identity-providers/corp/test", "").body())
              .path("testSignIn")
              .asText();
      String query = URI.create(given).getRawQuery();
      assertThat(broker.get("/signin/test?" + query).statusCode()).isEqualTo(303);
      assertThat(broker.get("/signin/test?" + query.replace("=corp", "=other")).body())
          .contains("signin-test-ticket");
    }
  }
}
