package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What a policy means as a whole, asked over HTTPS of a real broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AnalysisDoorsTest {
  static final String BASE =
      """
      version: 1
      domains: [corp.internal]
      connectorGroups: [{name: vpc-a}]
      applications:
        - {name: payments, hosts: [payments.corp.internal], tcp: [443], connectorGroups: [vpc-a],
           labels: ["owner=pay"]}
        - {name: wiki, hosts: [wiki.corp.internal], tcp: [80], connectorGroups: [vpc-a]}
        - {name: rest, hosts: ["*.corp.internal"], tcp: ["1-100", 443], connectorGroups: [vpc-a]}
      groups: [{name: staff, members: [alice@example.com, bob@example.com]}]
      rules:
        - {name: first, action: deny, applications: [payments], users: [mallory@example.com]}
        - {name: second, action: allow, applications: [payments, wiki], groups: [staff]}
        - {name: third, action: allow, applications: [wiki], groups: [staff]}
        - {name: fourth, action: deny, applications: [payments], groups: [staff], mode: report-only}
      identityProviders: [{name: corp, issuer: "https://login.example.com", clientId: postern}]
      """;

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
    AdminCaller.Answer answer = owner.call("POST", "/admin/v1/apply", BASE);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
  }

  private static Set<String> lines(JsonNode answer, String... fields) {
    Set<String> lines = new TreeSet<>();
    for (JsonNode item : answer.path("items")) {
      StringBuilder line = new StringBuilder();
      for (String field : fields) {
        line.append(line.isEmpty() ? "" : " ").append(item.path(field).asText());
      }
      lines.add(line.toString());
    }
    return lines;
  }

  @Test
  void lintFindsWhatLooksWrongInForceAndInADocument() throws Exception {
    AdminCaller.Answer live = owner.call("GET", "/admin/v1/lint", "");
    assertThat(live.status()).as(live.body()).isEqualTo(200);
    assertThat(lines(live.json(), "kind", "subject"))
        .containsExactlyInAnyOrder(
            "shadowed third",
            "never-hit first",
            "never-hit second",
            "never-hit third",
            "never-hit fourth",
            "wide rest",
            "single-connector vpc-a");
    AdminCaller.Answer document =
        owner.call(
            "POST",
            "/admin/v1/lint?kind=contradicting",
            """
            version: 1
            rules:
              - {name: a, action: allow, applications: [wiki], anyone: true}
              - {name: b, action: deny, applications: [wiki], groups: [staff]}
            """);
    assertThat(lines(document.json(), "kind", "subject")).containsExactly("contradicting b");
    assertThat(owner.call("POST", "/admin/v1/lint", "version: 1\nrulez: []\n").status())
        .isEqualTo(422);
  }

  @Test
  void lintComesInPagesAndWhoIsNarrowedReadsOfHisOwn() throws Exception {
    Set<String> all = new TreeSet<>();
    String cursor = "";
    do {
      JsonNode page =
          owner
              .call(
                  "GET",
                  "/admin/v1/lint?limit=2" + (cursor.isEmpty() ? "" : "&cursor=" + cursor),
                  "")
              .json();
      assertThat(page.path("items").size()).isLessThanOrEqualTo(2);
      all.addAll(lines(page, "kind", "subject"));
      cursor = page.path("nextCursor").asText();
    } while (!cursor.isEmpty());
    assertThat(all).hasSize(7);
    owner.call(
        "PUT",
        "/admin/v1/roles/pay-reader",
        "{\"permissions\":[\"*:read\"],\"labels\":[\"owner=pay\"]}");
    AdminCaller narrowed = owner.newToken("paula", "pay-reader");
    assertThat(lines(narrowed.call("GET", "/admin/v1/lint", "").json(), "kind", "subject"))
        .containsExactlyInAnyOrder("never-hit first", "never-hit fourth");
    assertThat(lines(narrowed.call("GET", "/admin/v1/rule-counts", "").json(), "name"))
        .containsExactlyInAnyOrder("first", "fourth");
  }

  @Test
  void everyRuleHasItsCountersAndItsMode() throws Exception {
    AdminCaller.Answer counts = owner.call("GET", "/admin/v1/rule-counts", "");
    assertThat(counts.status()).as(counts.body()).isEqualTo(200);
    assertThat(lines(counts.json(), "name", "kind", "mode", "hits", "reports", "lastHit"))
        .contains("fourth rules report-only 0 0 null", "second rules enforce 0 0 null");
  }

  @Test
  void sourceThatIsNoAddressIsAnErrorAndNotAMissingFact() throws Exception {
    for (String source : new String[] {"10.0.0", "192.0.2.0/24", "home"}) {
      AdminCaller.Answer answer =
          owner.call(
              "POST",
              "/admin/v1/check",
              "{\"host\":\"wiki.corp.internal\",\"port\":80,\"source\":\"%s\"}".formatted(source));
      assertThat(answer.status()).as(answer.body()).isEqualTo(400);
      assertThat(answer.json().path("errors").get(0).path("path").asText()).isEqualTo("source");
    }
  }
}
