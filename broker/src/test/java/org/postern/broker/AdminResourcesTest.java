package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** One style for all resources of the contract: ETags, exact names, pages. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AdminResourcesTest {
  private static final String POLICY =
      """
      version: 1
      domains: [corp.internal, other.internal]
      connectorGroups: [{name: vpc-a}, {name: vpc-b}]
      serverGroups:
        - {name: servers, servers: [10.9.0.1], connectorGroups: [vpc-a]}
        - {name: by-name, dynamic: true, connectorGroups: [vpc-a]}
      trustedNetworks: [{name: office, sources: [192.0.2.0/24]}, {name: lab}]
      postureProfiles:
        - {name: disk, platforms: [linux], diskEncrypted: true}
        - {name: wall, platforms: [linux], firewallOn: true}
      applications:
        - {name: wiki, hosts: [wiki.corp.internal], tcp: [80], serverGroups: [servers]}
        - {name: db, hosts: [db.corp.internal], tcp: [5432], connectorGroups: [vpc-b]}
      applicationGroups: [{name: all, applications: [db, wiki]}, {name: one, applications: [wiki]}]
      groups: [{name: staff, members: [a@example.com]}, {name: on call, members: []}]
      rules:
        - {name: second, action: allow, applications: [wiki], groups: [staff]}
        - {name: first, action: deny, anyApplication: true, anyone: true}
      sessionRules:
        - {name: short, anyApplication: true, anyone: true, maxAge: 1h}
        - {name: long, applications: [wiki], anyone: true, maxAge: 8h}
      forwardingRules:
        - {name: away, applications: [wiki], anyone: true, forwarding: bypass}
        - {name: here, anyApplication: true, anyone: true, forwarding: intercept}
      identityProviders:
        - {name: corp, issuer: "https://idp.example", clientId: x, domains: [example.com]}
        - {name: partner, issuer: "https://idp.partner.example", clientId: y, domains: [p.example]}
      tests:
        - {name: pay, user: a@example.com, groups: [staff], host: wiki.corp.internal, port: 80,
           expect: allow}
        - {name: others, user: b@p.example, host: wiki.corp.internal, port: 80, expect: deny}
      """;

  @TempDir private static Path dataDir;
  private BrokerUnderTest broker;
  private AdminCaller owner;
  private JsonNode contract;

  @BeforeAll
  void start() throws Exception {
    broker = new BrokerUnderTest(dataDir, Set.of());
    owner = new AdminCaller(broker, Files.readString(dataDir.resolve("admin.token")).strip());
    AdminCaller.Answer applied = owner.call("POST", "/admin/v1/apply", POLICY);
    assertThat(applied.status()).as(applied.body()).isEqualTo(200);
    for (String provider : List.of("corp", "partner")) {
      ScimDoor.newToken(broker, provider);
      owner.newToken("token of " + provider, "auditor");
    }
    contract = owner.call("GET", "/admin/v1/openapi.json", "").json();
  }

  @AfterAll
  void stop() {
    broker.close();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** The lists of the contract that need nothing in their path. */
  private List<String> lists() {
    List<String> lists = new ArrayList<>();
    for (var path : contract.path("paths").properties()) {
      String schema =
          path.getValue().at("/get/responses/200/content/application~1json/schema/$ref").asText();
      if (schema.endsWith("/List") && !path.getKey().contains("{")) {
        lists.add(path.getKey());
      }
    }
    return lists;
  }

  private JsonNode items(String path) throws Exception {
    AdminCaller.Answer answer = owner.call("GET", path, "");
    assertThat(answer.status()).as(path + " " + answer.body()).isEqualTo(200);
    return answer.json().path("items");
  }

  @Test
  void pagesOfOneAreTheWholeListTogether() throws Exception {
    int long_ = 0;
    for (String list : lists()) {
      JsonNode whole = items(list + "?limit=1000");
      List<JsonNode> paged = new ArrayList<>();
      String cursor = "";
      do {
        String path = list + "?limit=1" + (cursor.isEmpty() ? "" : "&cursor=" + cursor);
        JsonNode page = owner.call("GET", path, "").json();
        assertThat(page.path("items").size()).as(path).isLessThanOrEqualTo(1);
        page.path("items").forEach(paged::add);
        cursor = page.path("nextCursor").asText();
      } while (!cursor.isEmpty());
      List<JsonNode> expected = new ArrayList<>();
      whole.forEach(expected::add);
      assertThat(paged).as(list).isEqualTo(expected);
      long_ += expected.size() > 1 ? 1 : 0;
      assertThat(owner.call("GET", list + "?cursor=%2a%2a", "").status()).as(list).isEqualTo(400);
    }
    assertThat(long_).as("lists of more than one").isGreaterThan(15);
  }

  @Test
  void everyKindIsFoundByItsExactNameAndChangedOnlyByWhoHasSeenIt() throws Exception {
    int kinds = 0;
    for (String list : lists()) {
      if (!list.startsWith("/admin/v1/config/")) {
        continue;
      }
      kinds += 1;
      String name = items(list).get(0).path("name").asText();
      assertThat(items(list + "?name=" + encoded(name)))
          .as(list)
          .singleElement()
          .satisfies(each -> assertThat(each.path("name").asText()).isEqualTo(name));
      assertThat(items(list + "?name=" + encoded(name.substring(1)))).as(list).isEmpty();
      String path = list + "/" + encoded(name);
      AdminCaller.Answer read = owner.call("GET", path, "");
      String tag = read.header("ETag");
      assertThat(tag).as(path).startsWith("\"");
      assertThat(owner.call("GET", path, "").header("ETag")).isEqualTo(tag);
      assertThat(owner.call("PUT", path, read.body()).status()).as(path).isEqualTo(428);
      assertThat(owner.call("PUT", path, read.body(), "If-Match", "\"0\"").status())
          .as(path)
          .isEqualTo(412);
      assertThat(owner.call("PUT", path, read.body(), "If-None-Match", "*").status())
          .as(path)
          .isEqualTo(412);
      AdminCaller.Answer put = owner.call("PUT", path, read.body(), "If-Match", tag);
      assertThat(put.status()).as(path + put.body()).isEqualTo(200);
      assertThat(put.header("ETag")).as(path).isEqualTo(tag);
      assertThat(owner.call("DELETE", path, "", "If-Match", "\"0\"").status())
          .as(path)
          .isEqualTo(412);
    }
    assertThat(kinds).isEqualTo(13);
  }

  /** A POST that is sent again is not done again. */
  @Test
  void everyPostThatMakesSomethingIsDoneOnceForAnIdempotencyKey() throws Exception {
    List<String[]> posts =
        List.of(
            new String[] {"tokens", "{\"name\":\"once\",\"role\":\"auditor\"}"},
            new String[] {"api-clients", "{\"name\":\"once\",\"role\":\"auditor\"}"},
            new String[] {
              "provisioning-keys", "{\"group\":\"vpc-a\",\"uses\":1,\"expiresSeconds\":60}"
            },
            new String[] {"scim/tokens", "{\"provider\":\"corp\"}"},
            new String[] {"administrators", "{\"name\":\"once\",\"role\":\"auditor\"}"},
            new String[] {"apply?message=once", "version: 1\ndomains: [once.internal]\n"});
    for (String[] post : posts) {
      String path = "/admin/v1/" + post[0];
      String key = "once-" + post[0].replaceAll("[^a-z]", "-");
      AdminCaller.Answer first = owner.call("POST", path, post[1], "Idempotency-Key", key);
      assertThat(first.status()).as(path + first.body()).isIn(200, 201);
      AdminCaller.Answer again = owner.call("POST", path, post[1], "Idempotency-Key", key);
      assertThat(again.body()).as(path).isEqualTo(first.body());
      assertThat(again.header("Idempotency-Replayed")).as(path).isEqualTo("true");
    }
    assertThat(items("/admin/v1/tokens?limit=1000"))
        .filteredOn(each -> each.path("name").asText().equals("once"))
        .hasSize(1);
    assertThat(items("/admin/v1/history?limit=1000"))
        .filteredOn(each -> each.path("message").asText().equals("once"))
        .hasSize(1);
  }
}
