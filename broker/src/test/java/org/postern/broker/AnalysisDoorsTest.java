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
  void ruleAboutAFactThatNobodyTellsIsWarnedOf() throws Exception {
    String document =
        BASE.replace(
            "rules:\n",
            """
            rules:
              - {name: abroad, action: deny, applications: [wiki], anyone: true,
                 when: [{countries: [FR]}]}
              - {name: risky, action: deny, applications: [wiki], anyone: true,
                 when: [{risks: [high]}]}
            """);
    JsonNode plan = owner.call("POST", "/admin/v1/plan", document).json();
    assertThat(plan.path("warnings").findValuesAsText("text"))
        .anySatisfy(text -> assertThat(text).contains("rule abroad", "--country-db FILE"))
        .anySatisfy(text -> assertThat(text).contains("rule risky", "postern admin risk set"));
    assertThat(
            lines(
                owner.call("POST", "/admin/v1/lint?kind=missing-fact", document).json(),
                "kind",
                "subject"))
        .containsExactly("missing-fact abroad", "missing-fact risky");
    assertThat(owner.call("POST", "/admin/v1/apply", document).status()).isEqualTo(200);
    assertThat(
            owner
                .call("POST", "/admin/v1/plan", document + "# the same\n")
                .json()
                .path("warnings")
                .size())
        .as("who changes nothing is not told again")
        .isZero();
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
  void reachSaysWhatSomebodyReachesAndWhatTheyWouldNeed() throws Exception {
    AdminCaller.Answer reach =
        owner.call(
            "POST",
            "/admin/v1/reach",
            "{\"user\":\"alice@example.com\",\"clientType\":\"client\"}");
    assertThat(reach.status()).as(reach.body()).isEqualTo(200);
    assertThat(lines(reach.json(), "application", "access"))
        .containsExactly("payments allowed", "wiki allowed");
    assertThat(reach.json().at("/items/0/openings/0/rule").asText()).isEqualTo("second");
    String fussy =
        "version: 1\nrules:\n  - {name: fussy, action: allow, applications: [wiki], anyone: true,"
            + " when: [{platforms: [linux]}]}\n";
    String body =
        BrokerUnderTest.JSON
            .createObjectNode()
            .put("user", "bob@example.com")
            .put("document", fussy)
            .toString();
    JsonNode missing = owner.call("POST", "/admin/v1/reach", body).json();
    assertThat(lines(missing, "application", "access")).containsExactly("wiki possible");
    assertThat(missing.at("/items/0/openings/0/wouldNeed/0").asText()).contains("platforms: linux");
    String known = body.replaceFirst("[{]", "{\"platform\":\"linux\",");
    assertThat(lines(owner.call("POST", "/admin/v1/reach", known).json(), "application", "access"))
        .containsExactly("wiki allowed");
    assertThat(owner.call("POST", "/admin/v1/reach", "{\"device\":\"d-no\"}").status())
        .isEqualTo(400);
    assertThat(
            lines(
                owner.call("POST", "/admin/v1/who-can-reach", "{\"application\":\"wiki\"}").json(),
                "kind",
                "name",
                "access"))
        .containsExactly("group staff allowed");
  }

  @Test
  void planDiffAndApplySayWhoLosesAndWhatIsCarvedOut() throws Exception {
    String change =
        BASE.replaceAll("  - \\{name: (second|third)[^\n]*\n", "")
            .replace(
                "groups: [{name",
                "  - {name: admin, hosts: [admin.corp.internal], tcp: [443],"
                    + " connectorGroups: [vpc-a]}\ngroups: [{name");
    for (String path : new String[] {"plan", "apply?dry_run=1", "apply"}) {
      AdminCaller.Answer answer = owner.call("POST", "/admin/v1/" + path, change);
      assertThat(answer.status()).as(answer.body()).isEqualTo(200);
      JsonNode loses = answer.json().at("/effects/loses");
      assertThat(loses.size()).as(answer.body()).isEqualTo(2);
      assertThat(loses.at("/0/application").asText()).isEqualTo("payments");
      assertThat(loses.at("/0/who/0/name").asText()).isEqualTo("staff");
      JsonNode warning = answer.json().at("/warnings/0");
      assertThat(warning.path("text").asText())
          .startsWith("admin takes admin.corp.internal out of rest: tcp 1-100, 443")
          .contains("nobody has tcp 1-100");
    }
    long version =
        owner.call("GET", "/admin/v1/status", "").json().path("configurationVersion").asLong();
    JsonNode back =
        owner
            .call(
                "POST", "/admin/v1/diff", "{\"from\":%d,\"to\":%d}".formatted(version, version - 1))
            .json();
    assertThat(back.at("/effects/gains").size()).as(back.toString()).isEqualTo(2);
    assertThat(back.path("warnings")).isEmpty();
    AdminCaller.Answer put =
        owner.call(
            "PUT",
            "/admin/v1/config/applications/shop",
            "{\"hosts\":[\"shop.corp.internal\"],\"tcp\":[80],\"connectorGroups\":[\"vpc-a\"]}",
            "If-None-Match",
            "*");
    assertThat(put.status()).as(put.body()).isEqualTo(200);
    assertThat(put.header("Warning")).contains("shop takes shop.corp.internal out of rest");
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

  @Test
  void checkIsOfThePolicyInForceOrOfADocumentOverIt() throws Exception {
    String question =
        "{\"host\":\"wiki.corp.internal\",\"port\":80,\"user\":\"eve@example.com\"%s}";
    String document =
        ",\"document\":\"version: 1\\nrules: [{name: only-eve, action: deny,"
            + " anyApplication: true, users: [eve@example.com]}]\\n\"";
    JsonNode over = owner.call("POST", "/admin/v1/check", question.formatted(document)).json();
    assertThat(over.path("trace").toString()).contains("only-eve");
    JsonNode now = owner.call("POST", "/admin/v1/check", question.formatted("")).json();
    assertThat(now.path("trace").toString()).doesNotContain("only-eve");
    assertThat(now.path("user").asText()).as("nobody of this address").isEmpty();
    assertThat(now.path("knownFacts").path("clientType").asText()).isEqualTo("client");
    AdminCaller.Answer wrong =
        owner.call(
            "POST",
            "/admin/v1/check",
            question.formatted(",\"document\":\"version: 1\\nrules: [{name: x}]\\n\""));
    assertThat(wrong.status()).isEqualTo(422);
  }
}
