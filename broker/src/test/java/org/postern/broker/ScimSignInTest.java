package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.postern.identity.IdentityKey;

/** How the people that a provider provisions sign in, and stop to. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ScimSignInTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private static Path dataDir;
  private TestProvider provider;
  private BrokerUnderTest broker;
  private ScimDoor corp;

  @BeforeAll
  void start() throws Exception {
    provider = new TestProvider(Instant::now);
    broker = new BrokerUnderTest(dataDir, Set.of(provider.issuer()));
    String policy =
        """
        version: 1
        domains: [corp.internal]
        groups: [{name: Engineering}]
        identityProviders: [{name: corp, issuer: "%s", clientId: %s, domains: [example.com]}]
        """
            .formatted(provider.issuer(), TestProvider.CLIENT);
    assertThat(broker.admin("POST", "/admin/v1/apply", policy).statusCode()).isEqualTo(200);
    corp = new ScimDoor(broker, "corp");
  }

  @AfterAll
  void stop() {
    corp.close();
    broker.close();
    provider.close();
  }

  private String provisioned(String userName) throws Exception {
    ScimDoor.Answer made =
        corp.send(
            "POST",
            "/Users",
            """
            {"userName":"%1$s","externalId":"oid-%1$s","active":true}
            """
                .formatted(userName));
    assertThat(made.status()).as(made.http().body()).isEqualTo(201);
    return made.body().path("id").asText();
  }

  private void patchedUser(String id, String operations) throws Exception {
    ScimDoor.Answer answer =
        corp.send("PATCH", "/Users/" + id, "{\"Operations\":%s}".formatted(operations));
    assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
  }

  /** As decisions see them. */
  private List<String> groupsOf(String userId) throws Exception {
    List<String> groups = new ArrayList<>();
    person(userId).path("groups").forEach(each -> groups.add(each.asText()));
    return groups;
  }

  private JsonNode person(String userId) throws Exception {
    for (JsonNode each :
        BrokerUnderTest.JSON
            .readTree(broker.admin("GET", "/admin/v1/users", "").body())
            .path("items")) {
      if (each.path("id").asText().equals(userId)) {
        return each;
      }
    }
    throw new AssertionError("no user " + userId);
  }

  // -- signing in

  private String signIn(String subject, String email) throws Exception {
    provider.claims(
        claims -> claims.subject(subject).claim("email", email).claim("groups", List.of()));
    HttpResponse<String> back = broker.signIn();
    boolean letIn =
        back.headers().firstValue("Location").filter(to -> to.contains("code=")).isPresent();
    if (!letIn) {
      return "refused " + back.statusCode();
    }
    JsonNode enrolled =
        BrokerUnderTest.JSON.readTree(
            broker
                .post(
                    "/enroll/device",
                    BrokerUnderTest.deviceEnrollment(
                        BrokerUnderTest.parameter(back, "code"),
                        BrokerUnderTest.VERIFIER,
                        IdentityKey.generate().csr()))
                .body());
    return enrolled.path("user").path("id").asText();
  }

  @Test
  void codeOfSomebodyWhoIsSwitchedOffBeforeItIsUsedEnrollsNothing() throws Exception {
    String id = provisioned("late@example.com");
    provider.claims(claims ->
        claims
            .subject("subject-of-late")
            .claim("email", "late@example.com")
            .claim("groups", List.of()));
    HttpResponse<String> back = broker.signIn();
    String code = BrokerUnderTest.parameter(back, "code");
    patchedUser(id, "[{\"op\":\"Replace\",\"path\":\"active\",\"value\":false}]");
    HttpResponse<String> refused =
        broker.post(
            "/enroll/device",
            BrokerUnderTest.deviceEnrollment(
                code, BrokerUnderTest.VERIFIER, IdentityKey.generate().csr()));
    assertThat(refused.statusCode()).as(refused.body()).isBetween(400, 499);
    assertThat(refused.body()).doesNotContain("chain");
    assertThat(liveSessions(id)).isZero();
    assertThat(broker.admin("GET", "/admin/v1/devices", "").body()).doesNotContain(id);
  }

  @Test
  void whoIsProvisionedSignsInAsThatPersonAndSwitchingThemOffEndsTheirSessions() throws Exception {
    String id = provisioned("link@example.com");
    String group = corp.newGroup("Engineering", id);
    assertThat(signIn("subject-of-link", "Link@Example.com")).isEqualTo(id);
    assertThat(groupsOf(id)).containsExactly("Engineering");
    assertThat(liveSessions(id)).isEqualTo(1);
    patchedUser(id, "[{\"op\":\"Replace\",\"path\":\"active\",\"value\":\"False\"}]");
    assertThat(person(id).path("disabled").asBoolean()).isTrue();
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(liveSessions(id)).isZero());
    assertThat(signIn("subject-of-link", "link@example.com")).startsWith("refused");
    // An administrator's word does not overrule the provider's.
    broker.admin("POST", "/admin/v1/users/" + id + "/enable", "");
    assertThat(person(id).path("disabled").asBoolean()).isTrue();
    patchedUser(id, "[{\"op\":\"Replace\",\"path\":\"active\",\"value\":\"True\"}]");
    assertThat(liveSessions(id)).as("sessions do not come back").isZero();
    assertThat(signIn("subject-of-link", "link@example.com")).isEqualTo(id);
    // Renamed: the link holds.
    patchedUser(
        id, "[{\"op\":\"Replace\",\"path\":\"userName\",\"value\":\"renamed@example.com\"}]");
    assertThat(signIn("subject-of-link", "renamed@example.com")).isEqualTo(id);
    assertThat(group).isNotEmpty();
  }

  private int liveSessions(String userId) throws Exception {
    String email = person(userId).path("email").asText();
    int live = 0;
    for (JsonNode each :
        BrokerUnderTest.JSON
            .readTree(broker.admin("GET", "/admin/v1/sessions", "").body())
            .path("items")) {
      live += each.path("user").asText().equals(email) && !each.path("revoked").asBoolean() ? 1 : 0;
    }
    return live;
  }

  @Test
  void whoSignedInBeforeIsFoundAndADeletedNameIsAnotherPerson() throws Exception {
    String before = signIn("early-subject", "early@example.com");
    String id = provisioned("early@example.com");
    assertThat(id).isEqualTo(before);
    assertThat(corp.send("DELETE", "/Users/" + id, "").status()).isEqualTo(204);
    assertThat(signIn("early-subject", "early@example.com")).startsWith("refused");
    String second = provisioned("early@example.com");
    assertThat(second).isNotEqualTo(before);
    assertThat(signIn("early-subject", "early@example.com")).isEqualTo(second);
    assertThat(person(before).path("disabled").asBoolean()).isTrue();
  }

  @Test
  void externalIdLinksBeforeANameDoes() throws Exception {
    String byName = provisioned("twin@example.com");
    String byId =
        corp.send(
                "POST",
                "/Users",
                "{\"userName\":\"twin-two@example.com\",\"externalId\":\"twin-subject\"}")
            .body()
            .path("id")
            .asText();
    assertThat(signIn("twin-subject", "twin@example.com")).isEqualTo(byId);
    assertThat(signIn("another-subject", "twin@example.com")).isEqualTo(byName);
  }

  @Test
  void aPlaceholderIsNobodysSubject() throws Exception {
    String id = provisioned("placeholder@example.com");
    assertThat(signIn("pending:" + id, "somebody-else@example.com")).startsWith("refused");
    HttpResponse<String> back = broker.signIn();
    assertThat(back.statusCode()).isEqualTo(303);
    assertThat(back.body())
        .contains("signin-subject-reserved")
        .contains("The identity provider&#39;s name for you cannot be used");
  }
}
