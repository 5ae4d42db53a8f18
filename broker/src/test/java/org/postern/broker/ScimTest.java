package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.unboundid.scim2.common.exceptions.BadRequestException;
import com.unboundid.scim2.common.exceptions.PreconditionFailedException;
import com.unboundid.scim2.common.exceptions.ResourceConflictException;
import com.unboundid.scim2.common.exceptions.ResourceNotFoundException;
import com.unboundid.scim2.common.messages.ListResponse;
import com.unboundid.scim2.common.messages.PatchOperation;
import com.unboundid.scim2.common.messages.PatchRequest;
import com.unboundid.scim2.common.types.Email;
import com.unboundid.scim2.common.types.EnterpriseUserExtension;
import com.unboundid.scim2.common.types.GroupResource;
import com.unboundid.scim2.common.types.Member;
import com.unboundid.scim2.common.types.Name;
import com.unboundid.scim2.common.types.UserResource;
import com.unboundid.scim2.common.utils.JsonUtils;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The UnboundID SCIM 2 client against a real broker with a real database. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
// The library may return null almost anywhere; where it does, the test fails.
@SuppressWarnings("NullAway")
final class ScimTest {
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

  private static UserResource user(String name) {
    UserResource user = new UserResource();
    user.setUserName(name);
    user.setExternalId("ext-" + name);
    user.setDisplayName("Display of " + name);
    user.setName(new Name().setGivenName("Given").setFamilyName("Familÿ"));
    user.setEmails(new Email().setType("work").setPrimary(true).setValue(name + "@example.com"));
    user.setActive(true);
    return user;
  }

  @Test
  void discoveryTellsWhatThereIs() throws Exception {
    var config = corp.service.getServiceProviderConfig();
    assertThat(config.getPatch().isSupported()).isTrue();
    assertThat(config.getEtag().isSupported()).isTrue();
    assertThat(corp.service.getSchemas().getResources())
        .extracting(schema -> schema.getId())
        .contains(
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:core:2.0:Group",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User");
    assertThat(corp.service.getResourceTypes().getResources())
        .extracting(type -> type.getName())
        .containsExactlyInAnyOrder("User", "Group");
    assertThat(corp.service.getResourceType("User").getSchemaExtensions()).isNotEmpty();
    assertThat(corp.service.getSchema("urn:ietf:params:scim:schemas:core:2.0:Group").getName())
        .isEqualTo("Group");
  }

  @Test
  void userIsMadeReadReplacedPatchedAndDeleted() throws Exception {
    UserResource sent = user("life");
    EnterpriseUserExtension enterprise = new EnterpriseUserExtension();
    enterprise.setDepartment("Engineering");
    sent.setExtension(enterprise);
    UserResource made = corp.service.create("Users", sent);
    assertThat(made.getId()).startsWith("u-");
    assertThat(made.getMeta().getResourceType()).isEqualTo("User");
    assertThat(made.getMeta().getLocation().toString())
        .endsWith("/scim/v2/corp/Users/" + made.getId());

    UserResource read = corp.service.retrieve("Users", made.getId(), UserResource.class);
    assertThat(read.getName().getFamilyName()).isEqualTo("Familÿ");
    assertThat(read.getExtension(EnterpriseUserExtension.class).getDepartment())
        .isEqualTo("Engineering");

    read.setDisplayName("Another");
    UserResource replaced = corp.service.replace(read);
    assertThat(replaced.getDisplayName()).isEqualTo("Another");
    assertThat(replaced.getMeta().getVersion()).isNotEqualTo(made.getMeta().getVersion());

    UserResource patched =
        corp.service.modify(
            replaced,
            new PatchRequest(
                PatchOperation.replace("active", false),
                PatchOperation.replace(
                    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
                    "Sales")));
    assertThat(patched.getActive()).isFalse();
    assertThat(patched.getExtension(EnterpriseUserExtension.class).getDepartment())
        .isEqualTo("Sales");

    corp.service.delete(patched);
    assertThatThrownBy(() -> corp.service.retrieve("Users", made.getId(), UserResource.class))
        .isInstanceOf(ResourceNotFoundException.class);
  }

  @Test
  void userNameIsTakenInAnyCase() throws Exception {
    corp.service.create("Users", user("taken"));
    assertThatThrownBy(() -> corp.service.create("Users", user("TAKEN")))
        .isInstanceOf(ResourceConflictException.class);
    UserResource another = corp.service.create("Users", user("taken2"));
    another.setUserName("Taken");
    assertThatThrownBy(() -> corp.service.replace(another))
        .isInstanceOf(ResourceConflictException.class);
  }

  @Test
  void changeOfAnOldVersionIsRefusedAndASameOneMovesNothing() throws Exception {
    UserResource made = corp.service.create("Users", user("etag"));
    made.setTitle("first");
    UserResource second = corp.service.replaceRequest(made).ifMatch().invoke();
    made.setTitle("lost update");
    assertThatThrownBy(() -> corp.service.replaceRequest(made).ifMatch().invoke())
        .isInstanceOf(PreconditionFailedException.class);
    UserResource same = corp.service.replace(second);
    assertThat(same.getMeta().getVersion()).isEqualTo(second.getMeta().getVersion());
    ScimDoor.Answer known =
        corp.send(
            "GET", "/Users/" + made.getId(), "", "If-None-Match", same.getMeta().getVersion());
    assertThat(known.status()).isEqualTo(304);
  }

  @Test
  void groupHoldsItsMembersAndTheUserShowsIt() throws Exception {
    UserResource one = corp.service.create("Users", user("member1"));
    UserResource two = corp.service.create("Users", user("member2"));
    GroupResource group = new GroupResource();
    group.setDisplayName("Holders");
    group.setMembers(List.of(new Member().setValue(one.getId())));
    GroupResource made = corp.service.create("Groups", group);
    assertThat(made.getMembers()).hasSize(1);

    corp.service
        .modifyRequest("Groups", made.getId())
        .addOperation(
            PatchOperation.add(
                "members", JsonUtils.valueToNode(List.of(new Member().setValue(two.getId())))))
        .invoke(GroupResource.class);
    assertThat(corp.service.retrieve("Groups", made.getId(), GroupResource.class).getMembers())
        .extracting(Member::getValue)
        .containsExactlyInAnyOrder(one.getId(), two.getId());
    assertThat(corp.service.retrieve("Users", two.getId(), UserResource.class).getGroups())
        .extracting(each -> each.getDisplay())
        .containsExactly("Holders");
    ListResponse<GroupResource> of =
        corp.service.search(
            "Groups", "members.value eq \"%s\"".formatted(two.getId()), GroupResource.class);
    assertThat(of.getTotalResults()).isEqualTo(1);
    ListResponse<GroupResource> both =
        corp.service.search(
            "Groups",
            "id eq \"%s\" and members.value eq \"%s\"".formatted(made.getId(), one.getId()),
            GroupResource.class);
    assertThat(both.getTotalResults()).isEqualTo(1);
    corp.service.delete(one);
    assertThat(corp.service.retrieve("Groups", made.getId(), GroupResource.class).getMembers())
        .hasSize(1);
  }

  @Test
  void unknownMemberRefusesTheWholeChange() throws Exception {
    String known = corp.newUser("known-member");
    String group = corp.newGroup("Strict", known);
    ScimDoor.Answer answer =
        corp.send(
            "PATCH",
            "/Groups/" + group,
            """
            {"Operations":[{"op":"replace","path":"members","value":[{"value":"u-nobody"}]}]}
            """);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body().path("scimType").asText()).isEqualTo("invalidValue");
    assertThat(corp.send("GET", "/Groups/" + group, "").body().path("members")).hasSize(1);
  }

  @Test
  void filtersFindWhatTheySay() throws Exception {
    for (int i = 0; i < 5; i++) {
      UserResource each = user("filter-" + i);
      each.setTitle(i % 2 == 0 ? "even" : "odd");
      corp.service.create("Users", each);
    }
    assertThat(names("userName eq \"FILTER-3\"")).containsExactly("filter-3");
    assertThat(names("externalId eq \"ext-filter-1\"")).containsExactly("filter-1");
    assertThat(names("title eq \"even\" and userName sw \"filter-\""))
        .containsExactlyInAnyOrder("filter-0", "filter-2", "filter-4");
    assertThat(names("emails[type eq \"work\" and value eq \"filter-2@example.com\"]"))
        .containsExactly("filter-2");
    assertThat(names("userName sw \"filter-\" and not (title eq \"even\")"))
        .containsExactlyInAnyOrder("filter-1", "filter-3");
    assertThat(names("name.familyName co \"milÿ\" and userName eq \"filter-0\""))
        .containsExactly("filter-0");
    assertThatThrownBy(() -> names("userName xx \"a\"")).isInstanceOf(BadRequestException.class);
    assertThatThrownBy(() -> names("(".repeat(200) + "a eq 1" + ")".repeat(200)))
        .isInstanceOf(BadRequestException.class);
  }

  private List<String> names(String filter) throws Exception {
    List<String> names = new ArrayList<>();
    corp.service
        .search("Users", filter, UserResource.class)
        .getResources()
        .forEach(each -> names.add(each.getUserName()));
    return names;
  }

  @Test
  void cursorGoesOverEveryoneOnceWhateverComesAndGoes() throws Exception {
    Set<String> expected = new HashSet<>();
    for (int i = 0; i < 23; i++) {
      expected.add(corp.newUser("paged-" + i));
    }
    String gone = corp.newUser("paged-gone");
    Set<String> seen = new HashSet<>();
    String filter = "&filter=userName%20sw%20%22paged-%22";
    String cursor = "";
    int pages = 0;
    do {
      JsonNode page = corp.send("GET", "/Users?count=5&cursor=" + cursor + filter, "").body();
      page.path("Resources")
          .forEach(each -> assertThat(seen.add(each.path("id").asText())).isTrue());
      cursor = page.path("nextCursor").asText("");
      if (++pages == 2) {
        corp.send("DELETE", "/Users/" + gone, "");
        corp.newUser("unpaged-new");
      }
    } while (!cursor.isEmpty());
    seen.remove(gone);
    assertThat(seen).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(corp.send("GET", "/Users?cursor=bm9uc2Vuc2U", "").body().path("scimType").asText())
        .isEqualTo("invalidCursor");
    assertThat(corp.send("GET", "/Users?cursor&count=100000", "").body().path("scimType").asText())
        .isEqualTo("invalidCount");
    JsonNode second = corp.send("GET", "/Users?startIndex=6&count=5" + filter, "").body();
    assertThat(second.path("totalResults").asInt()).isEqualTo(23);
    assertThat(second.path("Resources")).hasSize(5);
    JsonNode none = corp.send("GET", "/Users?count=0", "").body();
    assertThat(none.path("Resources")).isEmpty();
    assertThat(none.path("totalResults").asInt()).isPositive();
  }

  @Test
  void attributesAreThoseAskedFor() throws Exception {
    String id = corp.newUser("trimmed");
    String group = corp.newGroup("Trimmed", id);
    JsonNode only = corp.send("GET", "/Users/" + id + "?attributes=userName", "").body();
    assertThat(only.has("meta")).isFalse();
    assertThat(only.path("userName").asText()).isEqualTo("trimmed");
    assertThat(only.path("id").asText()).isEqualTo(id);
    JsonNode without =
        corp.send("GET", "/Groups/" + group + "?excludedAttributes=members", "").body();
    assertThat(without.has("members")).isFalse();
    assertThat(without.path("displayName").asText()).isEqualTo("Trimmed");
  }

  @Test
  void bulkDoesEachByItselfAndKnowsWhatItMade() throws Exception {
    ScimDoor.Answer answer =
        corp.send(
            "POST",
            "/Bulk",
            """
            {"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[
              {"method":"POST","path":"/Users","bulkId":"a","data":{"userName":"bulk-a"}},
              {"method":"POST","path":"/Users","bulkId":"b","data":{"userName":"bulk-a"}},
              {"method":"POST","path":"/Groups","bulkId":"g",
               "data":{"displayName":"Bulk","members":[{"value":"bulkId:a"}]}},
              {"method":"PATCH","path":"/Users/bulkId:a",
               "data":{"Operations":[{"op":"replace","path":"active","value":false}]}}]}
            """);
    assertThat(answer.status()).isEqualTo(200);
    JsonNode operations = answer.body().path("Operations");
    assertThat(operations)
        .extracting(each -> each.path("status").asText())
        .containsExactly("201", "409", "201", "200");
    JsonNode group = corp.send("GET", "/Groups?filter=displayName%20eq%20%22bulk%22", "").body();
    assertThat(group.path("Resources").get(0).path("members")).hasSize(1);
  }
}
