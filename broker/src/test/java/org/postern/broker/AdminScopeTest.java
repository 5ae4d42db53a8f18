package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
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

/** Every operation of the contract by every role, and by a role that is narrowed to labels. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AdminScopeTest {
  /** In every name that a team's administrator must not read. */
  private static final String OTHERS = "zz-others";

  private static final String POLICY =
      """
      version: 1
      domains: [corp.internal]
      connectorGroups: [{name: vpc-a}]
      serverGroups:
        - {name: zz-others-servers, servers: [zz-others-db.vpc.local], connectorGroups: [vpc-a]}
      applicationGroups:
        - {name: zz-others-group, applications: [zz-others-app]}
        - {name: both-group, applications: [wiki, zz-others-app]}
      identityProviders: [{name: corp, issuer: "https://idp.example", clientId: x}]
      applications:
        - {name: wiki, hosts: [wiki.corp.internal], tcp: [80], connectorGroups: [vpc-a],
           labels: [team=blue]}
        - {name: zz-others-app, hosts: [zz-others.corp.internal, "*.corp.internal"], tcp: [80],
           serverGroups: [zz-others-servers], labels: [team=red]}
      rules:
        - {name: zz-others-deny, action: deny, anyApplication: true, users: [eve@example.com]}
        - {name: wiki-rule, action: allow, applications: [wiki], anyone: true}
        - {name: zz-others-rule, action: allow, applications: [zz-others-app], anyone: true}
      sessionRules:
        - {name: zz-others-session, applications: [zz-others-app], anyone: true, maxAge: 1h}
      forwardingRules:
        - {name: zz-others-forward, applications: [zz-others-app], anyone: true,
           forwarding: intercept}
      tests:
        - {name: zz-others-test, user: a@example.com, host: zz-others.corp.internal, port: 80,
           expect: allow}
      """;

  @TempDir private static Path dataDir;
  private BrokerUnderTest broker;
  private AdminCaller owner;
  private final List<ContractOperation> operations = new ArrayList<>();

  @BeforeAll
  void start() throws Exception {
    broker = new BrokerUnderTest(dataDir, Set.of());
    owner = new AdminCaller(broker, Files.readString(dataDir.resolve("admin.token")).strip());
    assertThat(owner.call("POST", "/admin/v1/apply?message=zz-others-message", POLICY).status())
        .isEqualTo(200);
    operations.addAll(ContractOperation.all(ContractOperation.contract(owner)));
  }

  @AfterAll
  void stop() {
    broker.close();
  }

  private static boolean has(JsonNode permissions, String wanted) {
    for (JsonNode each : permissions) {
      String[] pattern = each.asText().split(":", 2);
      String[] asked = wanted.split(":", 2);
      if ((pattern[0].equals("*") || pattern[0].equals(asked[0]))
          && (pattern[1].equals("*") || pattern[1].equals(asked[1]))) {
        return true;
      }
    }
    return false;
  }

  @Test
  void everyBuiltInRoleIsLetInExactlyWhereItsPermissionsSay() throws Exception {
    int refused = 0;
    for (JsonNode role : owner.call("GET", "/admin/v1/roles", "").json().path("items")) {
      if (!role.path("labels").isEmpty()) {
        continue;
      }
      AdminCaller caller = owner.newToken("one", role.path("name").asText());
      for (ContractOperation each : operations) {
        if (each.permission().contains(":")) {
          boolean may = has(role.path("permissions"), each.permission());
          if (!may) {
            String path = each.path().replaceAll("[{][a-z]+}", "1");
            assertThat(caller.call(each.method(), path, "").status())
                .as("%s %s %s", role.path("name"), each.method(), path)
                .isEqualTo(403);
            refused += 1;
          } else if (each.method().equals("GET")) {
            String path = each.path().replaceAll("[{][a-z]+}", "1");
            assertThat(caller.call("GET", path, "").status())
                .as("%s GET %s", role.path("name"), path)
                .isNotEqualTo(403);
          }
        }
      }
    }
    assertThat(refused).isGreaterThan(100);
  }

  private static List<String> bodies(ContractOperation operation) {
    return switch (operation.told().path("operationId").asText()) {
      case "check" ->
          List.of(
              "{\"host\":\"zz-others.corp.internal\",\"port\":80,\"user\":\"a@example.com\"}",
              "{\"host\":\"wiki.corp.internal\",\"port\":80,\"user\":\"eve@example.com\"}",
              "{\"host\":\"wiki.corp.internal\",\"port\":80,\"user\":\"a@example.com\"}");
      case "reach" -> List.of("{\"user\":\"a@example.com\"}");
      case "whoCanReach" ->
          List.of("{\"application\":\"zz-others-app\"}", "{\"application\":\"wiki\"}");
      case "diff" -> List.of("{\"document\":\"version: 1\\nrules: []\\n\"}", "{\"from\":1}");
      case "planPolicy", "lintDocument" -> List.of("version: 1\n");
      default -> List.of("");
    };
  }

  @Test
  void roleThatIsNarrowedToLabelsReadsNothingOfOthersAnywhere() throws Exception {
    owner.call(
        "PUT", "/admin/v1/roles/blue", "{\"permissions\":[\"*:read\"],\"labels\":[\"team=blue\"]}");
    AdminCaller blue = owner.newToken("blanche", "blue");
    int answered = 0;
    for (ContractOperation each : operations) {
      if (!each.onlyReads() || !each.permission().endsWith(":read")) {
        continue;
      }
      for (String name : List.of("wiki", "wiki-rule", "zz-others-app", "zz-others-rule", "1")) {
        String path = each.path().replaceAll("[{][a-z]+}", name);
        for (String body : bodies(each)) {
          AdminCaller.Answer answer = blue.call(each.method(), path, body);
          answered += answer.status() == 200 ? 1 : 0;
          assertThat(unasked(answer, path + body))
              .as("%s %s %s -> %d", each.method(), path, body, answer.status())
              .doesNotContain(OTHERS);
        }
      }
    }
    assertThat(answered).isGreaterThan(50);
    assertThat(
            blue.call("POST", "/admin/v1/check", bodies(check()).get(2))
                .json()
                .path("rule")
                .asText())
        .as("their own they do see")
        .isEqualTo("wiki-rule");
    assertThat(
            blue.call("POST", "/admin/v1/check", bodies(check()).get(1))
                .json()
                .path("ruleOfOthers")
                .asBoolean())
        .isTrue();
  }

  /** An answer without the words of the question that a refusal repeats. */
  private static String unasked(AdminCaller.Answer answer, String question) {
    String shown = answer.body();
    if (answer.status() != 200) {
      for (String word : question.split("[^a-z-]+", -1)) {
        shown = word.startsWith(OTHERS) ? shown.replace(word, "") : shown;
      }
    }
    return shown;
  }

  private ContractOperation check() {
    return operations.stream()
        .filter(each -> each.told().path("operationId").asText().equals("check"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void roleThatIsNarrowedToLabelsDoesNotReplaceEverybodysTests() throws Exception {
    owner.call(
        "PUT",
        "/admin/v1/roles/blue-writer",
        "{\"permissions\":[\"*:*\"],\"labels\":[\"team=blue\"]}");
    AdminCaller blue = owner.newToken("bert", "blue-writer");
    assertThat(blue.call("POST", "/admin/v1/apply", "version: 1\ntests: []").status())
        .isEqualTo(403);
    assertThat(blue.call("GET", "/admin/v1/config/tests", "").json().path("items")).isEmpty();
    assertThat(owner.call("GET", "/admin/v1/config/tests", "").body()).contains("zz-others-test");
  }

  @Test
  void wrongTestIsNamedWithItsFieldAndABlockedApplyIsInTheAuditLog() throws Exception {
    AdminCaller.Answer wrong =
        owner.call(
            "POST",
            "/admin/v1/apply",
            """
            version: 1
            tests:
              - {name: a, host: wiki.corp.internal, port: 80, expect: allow, grups: [staff]}
              - {name: b, host: wiki.corp.internal, port: 99999, expect: allow}
              - {name: c, host: wiki.corp.internal, port: 80, expect: deny, source: home}
            """);
    assertThat(wrong.status()).isEqualTo(422);
    List<String> paths = new ArrayList<>();
    wrong.json().path("errors").forEach(each -> paths.add(each.path("path").asText()));
    assertThat(paths).containsExactly("tests[0].grups", "tests[1].port", "tests[2].source");
    assertThat(
            owner.call("POST", "/admin/v1/apply?message=oops", "version: 1\nrules: []\n").status())
        .isEqualTo(422);
    JsonNode last =
        owner
            .call("GET", "/admin/v1/audit?action=policy.apply&limit=1", "")
            .json()
            .path("items")
            .get(0);
    assertThat(last.path("outcome").asText()).isEqualTo("refused");
    assertThat(last.path("objectName").asText()).isEqualTo("oops");
    assertThat(last.path("detail").asText()).contains("zz-others-test");
  }

  @Test
  void listsComeInPagesThatAreWholeTogether() throws Exception {
    for (int i = 0; i < 5; i++) {
      owner.newToken("page" + i, "auditor");
    }
    List<String> all = new ArrayList<>();
    owner
        .call("GET", "/admin/v1/tokens", "")
        .json()
        .path("items")
        .forEach(each -> all.add(each.path("id").asText()));
    List<String> paged = new ArrayList<>();
    String cursor = "";
    do {
      JsonNode page =
          owner
              .call(
                  "GET",
                  "/admin/v1/tokens?limit=2" + (cursor.isEmpty() ? "" : "&cursor=" + cursor),
                  "")
              .json();
      assertThat(page.path("items").size()).isLessThanOrEqualTo(2);
      page.path("items").forEach(each -> paged.add(each.path("id").asText()));
      cursor = page.path("nextCursor").asText();
    } while (!cursor.isEmpty());
    assertThat(paged).isEqualTo(all).hasSizeGreaterThan(4);
  }
}
