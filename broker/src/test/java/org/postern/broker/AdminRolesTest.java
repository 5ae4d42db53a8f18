package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Who may do what in the administration, over HTTPS against a real broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AdminRolesTest {
  @TempDir private static Path dataDir;
  private BrokerUnderTest broker;
  private AdminCaller owner;

  @BeforeAll
  void start() throws Exception {
    broker = new BrokerUnderTest(dataDir, Set.of());
    owner = new AdminCaller(broker, Files.readString(dataDir.resolve("admin.token")).strip());
  }

  @AfterAll
  void stop() {
    broker.close();
  }

  @BeforeEach
  void base() throws Exception {
    assertThat(owner.call("POST", "/admin/v1/apply", AdminStoryTest.BASE).status()).isEqualTo(200);
  }

  private String export() throws Exception {
    return owner.call("GET", "/admin/v1/config", "").body();
  }

  @Test
  void rolesReachAsFarAsTheySayAndNobodyGivesWhatHeHasNot() throws Exception {
    AdminCaller auditor = owner.newToken("audrey", "auditor");
    assertThat(auditor.call("GET", "/admin/v1/audit", "").status()).isEqualTo(200);
    assertThat(auditor.call("POST", "/admin/v1/apply", AdminStoryTest.BASE).status())
        .isEqualTo(403);
    AdminCaller editor = owner.newToken("eddie", "policy-editor");
    assertThat(editor.call("POST", "/admin/v1/apply", AdminStoryTest.BASE).status()).isEqualTo(200);
    assertThat(editor.call("GET", "/admin/v1/audit", "").status()).isEqualTo(403);
    assertThat(editor.call("GET", "/admin/v1/me", "").json().path("role").asText())
        .isEqualTo("policy-editor");
    owner.call(
        "PUT", "/admin/v1/roles/token-maker", "{\"permissions\":[\"tokens:*\",\"roles:*\"]}");
    AdminCaller maker = owner.newToken("mark", "token-maker");
    assertThat(
            maker.call("POST", "/admin/v1/tokens", "{\"name\":\"x\",\"role\":\"owner\"}").status())
        .isEqualTo(403);
    assertThat(
            maker
                .call("PUT", "/admin/v1/roles/token-maker", "{\"permissions\":[\"*:*\"]}")
                .status())
        .isEqualTo(403);
    assertThat(owner.call("DELETE", "/admin/v1/roles/token-maker", "").status()).isEqualTo(409);
    JsonNode refused =
        owner.call("GET", "/admin/v1/audit?actor=mark", "").json().path("items").get(0);
    assertThat(refused.path("actor").asText()).isEqualTo("mark");
  }

  @Test
  void apiClientGetsANarrowTokenThatEndsWithItsClient() throws Exception {
    JsonNode made =
        owner
            .call("POST", "/admin/v1/api-clients", "{\"name\":\"ci\",\"role\":\"policy-editor\"}")
            .json();
    String id = made.path("clientId").asText();
    String secret = made.path("clientSecret").asText();
    assertThat(token(id, "wrong", "").statusCode()).isEqualTo(401);
    assertThat(token(id, secret, "audit:read").body()).contains("invalid_scope");
    HttpResponse<String> issued = token(id, secret, "rules:read");
    assertThat(issued.statusCode()).as(issued.body()).isEqualTo(200);
    JsonNode body = BrokerUnderTest.JSON.readTree(issued.body());
    assertThat(body.path("expires_in").asInt()).isBetween(3_590, 3_600);
    AdminCaller narrow = new AdminCaller(broker, body.path("access_token").asText());
    assertThat(narrow.call("GET", "/admin/v1/config/rules", "").status()).isEqualTo(200);
    assertThat(narrow.call("GET", "/admin/v1/config/groups", "").status()).isEqualTo(403);
    assertThat(owner.call("DELETE", "/admin/v1/api-clients/" + id, "").status()).isEqualTo(200);
    assertThat(narrow.call("GET", "/admin/v1/config/rules", "").status()).isEqualTo(401);
    assertThat(token(id, secret, "").statusCode()).isEqualTo(401);
  }

  private HttpResponse<String> token(String id, String secret, String scope) throws Exception {
    String basic =
        Base64.getEncoder().encodeToString((id + ":" + secret).getBytes(StandardCharsets.UTF_8));
    String form =
        "grant_type=client_credentials&scope=" + URLEncoder.encode(scope, StandardCharsets.UTF_8);
    return broker.send(
        broker
            .request("/admin/v1/oauth/token")
            .header("Authorization", "Basic " + basic)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form))
            .build());
  }

  @Test
  void changeOfAKindUnderFourEyesWaitsForAnotherPerson() throws Exception {
    AdminCaller eve = owner.newToken("eve", "owner");
    AdminCaller eveAgain = owner.newToken("eve", "owner");
    AdminCaller adam = owner.newToken("adam", "owner");
    assertThat(
            owner.call("PUT", "/admin/v1/settings/four-eyes", "{\"kinds\":[\"rules\"]}").status())
        .isEqualTo(200);
    try {
      String before = export();
      AdminCaller.Answer waits = eve.call("POST", "/admin/v1/apply", "version: 1\nrules: []\n");
      assertThat(waits.status()).as(waits.body()).isEqualTo(202);
      assertThat(export()).isEqualTo(before);
      String change = "/admin/v1/changes/" + waits.json().path("change").asText();
      assertThat(eve.call("POST", change + "/approve", "").status()).isEqualTo(403);
      assertThat(eveAgain.call("POST", change + "/approve", "").status())
          .as("two tokens of one person are one person")
          .isEqualTo(403);
      AdminCaller.Answer approved = adam.call("POST", change + "/approve", "");
      assertThat(approved.status()).as(approved.body()).isEqualTo(200);
      assertThat(owner.call("GET", "/admin/v1/config/rules", "").json().path("items")).isEmpty();
      assertThat(adam.call("POST", change + "/approve", "").status()).isEqualTo(409);
    } finally {
      owner.call("PUT", "/admin/v1/settings/four-eyes", "{\"kinds\":[]}");
    }
  }
}
