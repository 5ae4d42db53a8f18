package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What goes with SCIM: tokens, extensions, and the state of the last sync. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ScimServiceTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private static Path dataDir;
  private TestProvider provider;
  private BrokerUnderTest broker;
  private ScimDoor corp;

  @BeforeAll
  void start() throws Exception {
    provider = new TestProvider(Instant::now);
    broker = new BrokerUnderTest(dataDir, Set.of(provider.issuer()));
    assertThat(broker.admin("POST", "/admin/v1/apply", policy()).statusCode()).isEqualTo(200);
    corp = new ScimDoor(broker, "corp");
  }

  @AfterAll
  void stop() {
    corp.close();
    broker.close();
    provider.close();
  }

  private String policy() {
    return """
    version: 1
    domains: [corp.internal]
    identityProviders:
      - {name: corp, issuer: "%1$s", clientId: x, domains: [example.com]}
      - {name: other, issuer: "%1$s/other", clientId: x, domains: [other.example]}
    """
        .formatted(provider.issuer());
  }

  @Test
  void tokenOpensItsOwnProviderOnlyAndRotatesWithOverlap() throws Exception {
    String id = corp.newUser("private");
    try (ScimDoor other = new ScimDoor(broker, "other")) {
      assertThat(other.send("GET", "/Users/" + id, "").status()).isEqualTo(404);
      other.newUser("private");
      String own = other.token();
      other.use(corp.token());
      assertThat(other.send("GET", "/Users", "").status()).isEqualTo(401);
      other.use(own);
      String rotated =
          BrokerUnderTest.JSON
              .readTree(
                  broker
                      .admin(
                          "POST",
                          "/admin/v1/scim/tokens/rotate",
                          "{\"provider\":\"other\",\"overlapSeconds\":3600}")
                      .body())
              .path("token")
              .asText();
      assertThat(other.send("GET", "/Users", "").status()).isEqualTo(200);
      other.use(rotated);
      assertThat(other.send("GET", "/Users", "").status()).isEqualTo(200);
      broker.admin(
          "POST", "/admin/v1/scim/tokens/rotate", "{\"provider\":\"other\",\"overlapSeconds\":0}");
      ScimDoor.Answer over = other.send("GET", "/Users", "");
      assertThat(over.status()).isEqualTo(401);
      assertThat(over.body().path("schemas").get(0).asText()).endsWith(":Error");
    }
  }

  @Test
  void customExtensionIsKnownOnceAnAdministratorAddsIt() throws Exception {
    String urn = "urn:example:badge:1.0:User";
    String sent =
        """
        {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","%1$s"],"userName":"badged",
         "%1$s":{"badge":"A-7","revoked":"False"}}
        """
            .formatted(urn);
    ScimDoor.Answer refused = corp.send("POST", "/Users", sent);
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.body().path("detail").asText()).contains(urn);
    assertThat(
            broker
                .admin(
                    "POST",
                    "/admin/v1/scim/schemas/corp",
                    """
                    {"id":"%s","name":"Badge","description":"x","attributes":[
                      {"name":"badge","type":"string","multiValued":false,"description":"x",
                       "required":false,"caseExact":true,"mutability":"readWrite",
                       "returned":"default","uniqueness":"none"},
                      {"name":"revoked","type":"boolean","multiValued":false,"description":"x",
                       "required":false,"caseExact":false,"mutability":"readWrite",
                       "returned":"default","uniqueness":"none"}]}
                    """
                        .formatted(urn))
                .statusCode())
        .isEqualTo(200);
    org.awaitility.Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(corp.send("POST", "/Users", sent).status()).isIn(201, 409));
    JsonNode found =
        corp.send("GET", "/Users?filter=userName%20eq%20%22badged%22", "")
            .body()
            .path("Resources")
            .get(0);
    assertThat(found.path(urn).path("badge").asText()).isEqualTo("A-7");
    assertThat(found.path(urn).path("revoked").isBoolean()).isTrue();
  }

  @Test
  void statusSaysWhatWasHeardAndWhatWasWrong() throws Exception {
    corp.newUser("heard");
    corp.send("POST", "/Users", "{\"userName\":\"\"}");
    org.awaitility.Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          JsonNode items =
              BrokerUnderTest.JSON
                  .readTree(broker.admin("GET", "/admin/v1/scim/status", "").body())
                  .path("items");
          JsonNode line = items.get(0);
          assertThat(line.path("provider").asText()).isEqualTo("corp");
          assertThat(line.path("users").asInt()).isPositive();
          assertThat(line.path("lastChange").asText()).isNotEmpty();
          assertThat(line.path("error").asText()).contains("userName");
        });
  }
}
