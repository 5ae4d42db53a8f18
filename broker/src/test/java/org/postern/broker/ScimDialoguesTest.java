package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * What Entra ID and Okta send, in the words of their own documentation and of recorded requests.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ScimDialoguesTest {
  private static final String CORE = "urn:ietf:params:scim:schemas:core:2.0:User";
  private static final String ENTERPRISE =
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

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

  // -- Entra ID

  private String entraUser(String upn) throws Exception {
    JsonNode none = corp.send("GET", "/Users?filter=userName+eq+%22" + upn + "%22", "").body();
    assertThat(none.path("totalResults").asInt()).isZero();
    ScimDoor.Answer made =
        corp.send(
            "POST",
            "/Users",
            """
            {"schemas":["%1$s","%2$s"],"externalId":"oid-%3$s","userName":"%3$s","active":true,
             "displayName":"Test User","emails":[{"primary":true,"type":"work","value":"%3$s"}],
             "meta":{"resourceType":"User"},
             "name":{"formatted":"givenName familyName","familyName":"familyName",
                     "givenName":"givenName"},
             "roles":[],
             "%2$s":{"department":"Hall","manager":"u-boss"}}
            """
                .formatted(CORE, ENTERPRISE, upn));
    assertThat(made.status()).as(made.http().body()).isEqualTo(201);
    assertThat(made.body().path(ENTERPRISE).path("manager").path("value").asText())
        .isEqualTo("u-boss");
    return made.body().path("id").asText();
  }

  private JsonNode patchedUser(String id, String operations) throws Exception {
    ScimDoor.Answer answer =
        corp.send(
            "PATCH",
            "/Users/" + id,
            """
            {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":%s}
            """
                .formatted(operations));
    assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
    return corp.send("GET", "/Users/" + id, "").body();
  }

  @Test
  void entraPatchesOfUsers() throws Exception {
    String id = entraUser("patched@example.com");
    JsonNode user =
        patchedUser(
            id,
            """
            [{"op":"Replace","path":"active","value":"False"},
             {"op":"Replace","path":"emails[type eq \\"work\\"].value","value":"new@example.com"},
             {"op":"Add","path":"emails[type eq \\"home\\"].value","value":"home@example.net"},
             {"op":"Replace","path":"phoneNumbers[type eq \\"mobile\\"].value","value":"+49 1"},
             {"op":"Replace","path":"name.familyName","value":"Ünïcode 山田"},
             {"op":"Add","path":"%1$s:employeeNumber","value":"4711"},
             {"op":"Replace","path":"%1$s:manager","value":[{"$ref":null,"value":"u-other"}]},
             {"op":"Remove","path":"%1$s:department"}]
            """
                .formatted(ENTERPRISE));
    assertThat(user.path("active").isBoolean()).isTrue();
    assertThat(user.path("active").asBoolean()).isFalse();
    assertThat(user.path("emails"))
        .extracting(each -> each.path("type").asText() + " " + each.path("value").asText())
        .containsExactlyInAnyOrder("work new@example.com", "home home@example.net");
    assertThat(user.path("phoneNumbers").get(0).path("value").asText()).isEqualTo("+49 1");
    assertThat(user.path("name").path("familyName").asText()).isEqualTo("Ünïcode 山田");
    JsonNode extension = user.path(ENTERPRISE);
    assertThat(extension.path("employeeNumber").asText()).isEqualTo("4711");
    assertThat(extension.path("manager").path("value").asText()).isEqualTo("u-other");
    assertThat(extension.has("department")).isFalse();
  }

  @Test
  void entraReplacesWithoutAPathAndWithDottedNames() throws Exception {
    String id = entraUser("pathless@example.com");
    JsonNode user =
        patchedUser(
            id,
            """
            [{"op":"replace","value":{"displayName":"Shown","name.givenName":"Dotted",
              "%1$s:department":"Sales","%1$s":{"costCenter":"7"},"active":"True"}}]
            """
                .formatted(ENTERPRISE));
    assertThat(user.path("displayName").asText()).isEqualTo("Shown");
    assertThat(user.path("name").path("givenName").asText()).isEqualTo("Dotted");
    assertThat(user.path("name").path("familyName").asText()).isEqualTo("familyName");
    assertThat(user.path(ENTERPRISE).path("department").asText()).isEqualTo("Sales");
    assertThat(user.path(ENTERPRISE).path("costCenter").asText()).isEqualTo("7");
    assertThat(user.path("active").asBoolean()).isTrue();
  }

  @Test
  void entraMovesMembers() throws Exception {
    String one = entraUser("m1@example.com");
    String two = entraUser("m2@example.com");
    ScimDoor.Answer made =
        corp.send(
            "POST",
            "/Groups",
            """
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group",
              "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
             "externalId":"8aa1a0c0","displayName":"Movers","meta":{"resourceType":"Group"}}
            """);
    assertThat(made.status()).as(made.http().body()).isEqualTo(201);
    String group = made.body().path("id").asText();
    members(
        group,
        """
        [{"op":"Add","path":"members","value":[{"$ref":null,"value":"%s"},{"value":"%s"}]}]
        """
            .formatted(one, two),
        one,
        two);
    members(
        group,
        """
        [{"op":"Remove","path":"members","value":[{"$ref":null,"value":"%s"}]}]
        """
            .formatted(one),
        two);
    members(
        group,
        """
        [{"op":"Add","path":"members","value":[{"value":"%1$s"}]},
         {"op":"Remove","path":"members[value eq \\"%2$s\\"]"}]
        """
            .formatted(one, two),
        one);
    String asked =
        "/Groups?excludedAttributes=members&filter=id+eq+%22"
            + group
            + "%22+and+members+eq+%22"
            + one
            + "%22";
    JsonNode found = corp.send("GET", asked, "").body();
    assertThat(found.path("totalResults").asInt()).isEqualTo(1);
    JsonNode renamed =
        corp.send(
                "PATCH",
                "/Groups/" + group + "?attributes=displayName",
                "{\"Operations\":[{\"op\":\"Replace\",\"path\":\"displayName\",\"value\":\"Moved\"}]}")
            .body();
    assertThat(renamed.path("displayName").asText()).isEqualTo("Moved");
    assertThat(groupsOf(one)).contains("Moved").doesNotContain("Movers");
    assertThat(corp.send("DELETE", "/Groups/" + group, "").status()).isEqualTo(204);
    assertThat(groupsOf(one)).doesNotContain("Moved");
  }

  private void members(String group, String operations, String... expected) throws Exception {
    ScimDoor.Answer answer =
        corp.send("PATCH", "/Groups/" + group, "{\"Operations\":%s}".formatted(operations));
    assertThat(answer.status()).as(answer.http().body()).isEqualTo(204);
    assertThat(corp.send("GET", "/Groups/" + group, "").body().path("members"))
        .extracting(each -> each.path("value").asText())
        .containsExactlyInAnyOrder(expected);
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

  // -- Okta

  @Test
  void oktaDialogue() throws Exception {
    ScimDoor.Answer test = corp.send("GET", "/Users?startIndex=1&count=2", "");
    assertThat(test.status()).isEqualTo(200);
    ScimDoor.Answer made =
        corp.send(
            "POST",
            "/Users",
            """
            {"schemas":["%s"],"userName":"okta@example.com",
             "name":{"givenName":"Test","familyName":"User"},
             "emails":[{"primary":true,"value":"okta@example.com","type":"work"}],
             "displayName":"Test User","locale":"en-US","externalId":"00ujl29u0le5T6Aj10h7",
             "groups":[],"password":"1mz050nq","active":true}
            """
                .formatted(CORE));
    assertThat(made.status()).as(made.http().body()).isEqualTo(201);
    assertThat(made.body().has("password")).isFalse();
    String id = made.body().path("id").asText();
    // Deactivation and reactivation.
    JsonNode user = patchedUser(id, "[{\"op\":\"replace\",\"value\":{\"active\":false}}]");
    assertThat(user.path("active").asBoolean()).isFalse();
    assertThat(person(id).path("disabled").asBoolean()).isTrue();
    ScimDoor.Answer put =
        corp.send(
            "PUT",
            "/Users/" + id,
            """
            {"schemas":["%s"],"id":"%s","userName":"okta@example.com","active":true,
             "name":{"givenName":"Another","familyName":"User"},"groups":[],
             "meta":{"resourceType":"User"}}
            """
                .formatted(CORE, id));
    assertThat(put.status()).as(put.http().body()).isEqualTo(200);
    assertThat(put.body().has("displayName")).isFalse();
    assertThat(person(id).path("disabled").asBoolean()).isFalse();
    // Group push: rename carries the id, members are replaced whole.
    String group = corp.newGroup("Okta Group");
    ScimDoor.Answer renamed =
        corp.send(
            "PATCH",
            "/Groups/" + group,
            """
            {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
              {"op":"replace","value":{"id":"%s","displayName":"Okta Renamed"}},
              {"op":"replace","path":"members","value":[{"value":"%s","display":"okta@example.com"}]}]}
            """
                .formatted(group, id));
    assertThat(renamed.status()).as(renamed.http().body()).isEqualTo(204);
    assertThat(groupsOf(id)).containsExactly("Okta Renamed");
    ScimDoor.Answer removed =
        corp.send(
            "PATCH",
            "/Groups/" + group,
            """
            {"Operations":[{"op":"remove","path":"members[value eq \\"%s\\"]"}]}
            """
                .formatted(id));
    assertThat(removed.status()).isEqualTo(204);
    assertThat(groupsOf(id)).isEmpty();
  }

  @Test
  void nonsenseIsRefusedAndChangesNothing() throws Exception {
    String id = entraUser("nonsense@example.com");
    String before = corp.send("GET", "/Users/" + id, "").http().body();
    for (String operations :
        List.of(
            "[]",
            "[{\"op\":\"frobnicate\",\"path\":\"active\",\"value\":true}]",
            "[{\"op\":\"remove\"}]",
            "[{\"op\":\"replace\",\"path\":\"noSuchThing\",\"value\":1}]",
            "[{\"op\":\"replace\",\"path\":\"active\",\"value\":\"perhaps\"}]",
            "[{\"op\":\"replace\",\"path\":\"userName\",\"value\":\"\"}]",
            "[{\"op\":\"replace\",\"path\":\"groups\",\"value\":[{\"value\":\"g\"}]}]",
            "[{\"op\":\"replace\",\"path\":\"emails[type eq\",\"value\":\"x\"}]",
            "[{\"op\":\"replace\",\"path\":\"displayName\",\"value\":\"ok\"},{\"op\":\"add\",\"path\":\"bad\",\"value\":1}]")) {
      ScimDoor.Answer answer =
          corp.send("PATCH", "/Users/" + id, "{\"Operations\":%s}".formatted(operations));
      assertThat(answer.status()).as(operations + answer.http().body()).isEqualTo(400);
      assertThat(answer.body().path("scimType").asText()).as(operations).isNotEmpty();
    }
    assertThat(corp.send("GET", "/Users/" + id, "").http().body()).isEqualTo(before);
    assertThat(corp.send("POST", "/Users", "{").status()).isEqualTo(400);
    assertThat(corp.send("POST", "/Users", "[]").status()).isEqualTo(400);
    assertThat(corp.send("POST", "/Users", "{\"userName\":\"x\",\"madeUp\":1}").status())
        .isEqualTo(400);
    assertThat(
            corp.send("POST", "/Users", "{\"userName\":\"%s\"}".formatted("x".repeat(300)))
                .status())
        .isEqualTo(400);
  }
}
