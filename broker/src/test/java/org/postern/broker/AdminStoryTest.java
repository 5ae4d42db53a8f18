package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Administration as people and programs do it, over HTTPS against a real broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AdminStoryTest {
  static final String BASE =
      """
      version: 1
      domains: [corp.internal]
      connectorGroups: [{name: vpc-a}]
      applications:
        - {name: payments, hosts: [payments.corp.internal], tcp: [443], connectorGroups: [vpc-a]}
        - {name: wiki, hosts: [wiki.corp.internal], tcp: [80], connectorGroups: [vpc-a]}
      groups: [{name: staff, members: [alice@example.com]}]
      rules:
        - {name: first, action: deny, applications: [payments], users: [mallory@example.com]}
        - {name: second, action: allow, applications: [payments, wiki], groups: [staff]}
      identityProviders: []
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
    assertThat(owner.call("POST", "/admin/v1/apply", BASE).status()).isEqualTo(200);
  }

  private long version() throws Exception {
    return owner.call("GET", "/admin/v1/status", "").json().path("configurationVersion").asLong();
  }

  /** The beginning of what may be very long. */
  static String cut(String body) {
    return body.substring(0, Math.min(body.length(), 2_000));
  }

  private String export() throws Exception {
    return owner.call("GET", "/admin/v1/config", "").body();
  }

  // -- as code

  @Test
  void planSaysFieldByFieldWhatChangesAndTheSecondPlanIsEmpty() throws Exception {
    String other = BASE.replace("tcp: [80]", "tcp: [80, 8080]");
    AdminCaller.Answer plan = owner.call("POST", "/admin/v1/plan", other);
    assertThat(plan.status()).as(plan.body()).isEqualTo(200);
    JsonNode change = plan.json().path("details").get(0);
    assertThat(change.path("kind").asText()).isEqualTo("applications");
    assertThat(change.path("name").asText()).isEqualTo("wiki");
    assertThat(change.path("fields").path("tcp").path("after").asText()).isEqualTo("[80,8080]");
    assertThat(owner.call("POST", "/admin/v1/apply", other).status()).isEqualTo(200);
    assertThat(owner.call("POST", "/admin/v1/plan", other).json().path("details")).isEmpty();
    assertThat(owner.call("POST", "/admin/v1/plan", export()).json().path("changes")).isEmpty();
  }

  @Test
  void historyNamesAuthorAndChangeAndRollbackBringsItBack() throws Exception {
    String before = export();
    long version = version();
    owner.call("POST", "/admin/v1/apply?message=no+more+rules", "version: 1\nrules: []\n");
    JsonNode last = owner.call("GET", "/admin/v1/history?limit=1", "").json().path("items").get(0);
    assertThat(last.path("message").asText()).isEqualTo("no more rules");
    assertThat(last.path("author").asText()).isNotEmpty();
    JsonNode one =
        owner.call("GET", "/admin/v1/history/" + last.path("version").asLong(), "").json();
    assertThat(one.path("details").size()).isEqualTo(2);
    String back = "/admin/v1/history/" + version + "/rollback";
    assertThat(owner.call("POST", back + "?dry_run=1", "").json().path("details").size())
        .isEqualTo(2);
    assertThat(export()).isNotEqualTo(before);
    AdminCaller.Answer done = owner.call("POST", back, "");
    assertThat(done.status()).as(done.body()).isEqualTo(200);
    assertThat(export()).isEqualTo(before);
    assertThat(owner.call("POST", "/admin/v1/history/1/rollback", "").status()).isEqualTo(404);
  }

  /** All with the same ETag, and at once. */
  @Test
  void oneOfManyDocumentsForTheSameVersionWinsAndTheOthersAreTold() throws Exception {
    String tag = owner.call("GET", "/admin/v1/config", "").header("ETag");
    List<Callable<Integer>> applies = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      String document = BASE.replace("tcp: [80]", "tcp: [%d]".formatted(7_000 + i));
      applies.add(() -> owner.call("POST", "/admin/v1/apply", document, "If-Match", tag).status());
    }
    List<Integer> statuses = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Integer> each : clients.invokeAll(applies)) {
        statuses.add(each.get());
      }
    }
    assertThat(statuses).containsOnlyOnce(200).containsOnly(200, 412);
    String ports = "tcp: [%d]".formatted(7_000 + statuses.indexOf(200));
    assertThat(export()).contains(ports);
  }

  @Test
  void documentForAnotherVersionIsRefusedWithWhoChangedIt() throws Exception {
    String tag = owner.call("GET", "/admin/v1/config", "").header("ETag");
    String one = BASE.replace("tcp: [80]", "tcp: [81]");
    String other = BASE.replace("tcp: [80]", "tcp: [82]");
    assertThat(owner.call("POST", "/admin/v1/apply", one, "If-Match", tag).status()).isEqualTo(200);
    AdminCaller.Answer late = owner.call("POST", "/admin/v1/apply", other, "If-Match", tag);
    assertThat(late.status()).isEqualTo(412);
    assertThat(late.body()).contains("newest version");
    assertThat(export()).contains("81").doesNotContain("82");
  }

  @Test
  void editorsAtTheSameTimeLoseNoEditAndNoOrder() throws Exception {
    int editors = 8;
    int each = 5;
    ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    List<Thread> threads = new ArrayList<>();
    for (int e = 0; e < editors; e++) {
      String editor = "e" + e;
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                for (int i = 0; i < each; i++) {
                  String name = editor + "-" + i;
                  try {
                    AdminCaller.Answer made =
                        owner.call(
                            "PUT",
                            "/admin/v1/config/rules/" + name + "?before=second",
                            "{\"action\":\"deny\",\"applications\":[\"wiki\"],"
                                + "\"users\":[\"%s@example.com\"]}".formatted(name),
                            "If-None-Match",
                            "*");
                    if (made.status() != 200) {
                      failures.add(made.body());
                    }
                  } catch (Exception x) {
                    failures.add(x.toString());
                  }
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failures).isEmpty();
    List<String> names = new ArrayList<>();
    owner
        .call("GET", "/admin/v1/config/rules?limit=1000", "")
        .json()
        .path("items")
        .forEach(rule -> names.add(rule.path("name").asText()));
    assertThat(names).hasSize(2 + editors * each).startsWith("first").endsWith("second");
    for (int e = 0; e < editors; e++) {
      String editor = "e" + e + "-";
      List<String> own = names.stream().filter(name -> name.startsWith(editor)).toList();
      assertThat(own).isSorted().hasSize(each);
    }
  }

  @Test
  void twoThousandApplicationsApplyInOneCall() throws Exception {
    StringBuilder document = new StringBuilder("version: 1\napplications:\n");
    document.append(
        "  - {name: payments, hosts: [p.corp.internal], tcp: [1], connectorGroups: [vpc-a]}\n");
    document.append(
        "  - {name: wiki, hosts: [w.corp.internal], tcp: [1], connectorGroups: [vpc-a]}\n");
    for (int i = 0; i < 2_000; i++) {
      document.append(
          "  - {name: app-%d, hosts: [a%d.corp.internal], tcp: [443], connectorGroups: [vpc-a]}\n"
              .formatted(i, i));
    }
    long begun = System.nanoTime();
    AdminCaller.Answer applied =
        owner.callPatiently("POST", "/admin/v1/apply", document.toString());
    long millis = (System.nanoTime() - begun) / 1_000_000;
    assertThat(applied.status()).as(applied.body()).isEqualTo(200);
    // For a machine that does ten other things: five seconds are the promise.
    assertThat(millis).as("milliseconds for 2,000 applications").isLessThan(60_000);
    System.out.println("2,000 applications applied in " + millis + " ms");
    assertThat(pagesOf("/admin/v1/config/applications")).hasSize(2_002);
  }

  /** All names of a list, page by page. */
  private Set<String> pagesOf(String path) throws Exception {
    Set<String> names = new HashSet<>();
    String cursor = "";
    do {
      JsonNode page =
          owner
              .call("GET", path + "?limit=300" + (cursor.isEmpty() ? "" : "&cursor=" + cursor), "")
              .json();
      page.path("items")
          .forEach(each -> assertThat(names.add(each.path("name").asText())).isTrue());
      cursor = page.path("nextCursor").asText();
    } while (!cursor.isEmpty());
    return names;
  }

  @Test
  void applyThatFailsAPolicyTestIsRefusedOnTheBroker() throws Exception {
    String withProvider =
        BASE.replace(
            "identityProviders: []",
            "identityProviders: [{name: corp, issuer: \"https://idp.example\", clientId: x,"
                + " domains: [example.com]}]");
    assertThat(owner.call("POST", "/admin/v1/apply", withProvider).status()).isEqualTo(200);
    String tests =
        """
        version: 1
        tests:
          - {name: staff pay, user: alice@example.com, host: payments.corp.internal, port: 443,
             expect: allow, rule: second}
          - {name: mallory does not, user: mallory@example.com, groups: [staff],
             host: payments.corp.internal, port: 443, expect: deny}
        """;
    testsThatFailAreNotKept(tests.replace("expect: deny", "expect: allow"));
    String without = export();
    long versionBefore = version();
    AdminCaller.Answer kept = owner.call("POST", "/admin/v1/apply", tests);
    assertThat(kept.status()).as(kept.body()).isEqualTo(200);
    assertThat(kept.json().path("testsPassed").asInt()).isEqualTo(2);
    try {
      String before = export();
      assertThat(before).contains("name: \"staff pay\"");
      AdminCaller.Answer bad =
          owner.call(
              "POST",
              "/admin/v1/apply",
              """
              version: 1
              rules:
                - {name: second, action: deny, applications: [payments], anyone: true}
              """);
      assertThat(bad.status()).isEqualTo(422);
      assertThat(bad.body())
          .contains("expected allow by second, found deny by second")
          .contains("tests.staff pay");
      assertThat(owner.call("DELETE", "/admin/v1/config/rules/second", "").status())
          .as("nor one thing at a time")
          .isEqualTo(422);
      assertThat(owner.call("GET", "/admin/v1/config/tests/staff%20pay", "").body())
          .contains("\"expect\":\"allow\"");
      assertThat(export()).isEqualTo(before);
      assertThat(owner.call("POST", "/admin/v1/plan", before).json().path("changes")).isEmpty();
      JsonNode why =
          owner
              .call(
                  "POST",
                  "/admin/v1/check",
                  "{\"user\":\"mallory@example.com\",\"host\":\"payments.corp.internal\","
                      + "\"port\":443}")
              .json();
      assertThat(why.path("outcome").asText()).isEqualTo("deny");
      assertThat(why.path("rule").asText()).isEqualTo("first");
    } finally {
      AdminCaller.Answer back =
          owner.call("POST", "/admin/v1/history/" + versionBefore + "/rollback", "");
      assertThat(back.status()).as(back.body()).isEqualTo(200);
    }
    assertThat(export()).as("tests are rolled back with the rest").isEqualTo(without);
  }

  private void testsThatFailAreNotKept(String tests) throws Exception {
    JsonNode wrong = owner.call("POST", "/admin/v1/apply", tests).json().path("errors");
    assertThat(wrong).hasSize(1);
    assertThat(wrong.get(0).path("line").asInt()).isEqualTo(5);
    assertThat(wrong.get(0).path("path").asText()).isEqualTo("tests[1]");
    assertThat(wrong.get(0).path("message").asText())
        .isEqualTo("policy test \"mallory does not\" fails: expected allow, found deny by first");
  }

  // -- one thing at a time

  @Test
  void thingIsMadeChangedRemovedAndRestored() throws Exception {
    String path = "/admin/v1/config/applications/crm";
    String crm =
        "{\"hosts\":[\"crm.corp.internal\"],\"tcp\":[443],\"connectorGroups\":[\"vpc-a\"]}";
    assertThat(owner.call("PUT", path, crm).status()).isEqualTo(428);
    AdminCaller.Answer made = owner.call("PUT", path, crm, "If-None-Match", "*");
    assertThat(made.status()).as(made.body()).isEqualTo(200);
    assertThat(owner.call("PUT", path, crm, "If-None-Match", "*").status()).isEqualTo(412);
    String tag = made.header("ETag");
    AdminCaller.Answer changed =
        owner.call("PUT", path, crm.replace("443", "444"), "If-Match", tag);
    assertThat(changed.status()).as(changed.body()).isEqualTo(200);
    assertThat(owner.call("PUT", path, crm.replace("443", "445"), "If-Match", tag).status())
        .as("what he saw is no longer there")
        .isEqualTo(412);
    assertThat(owner.call("DELETE", path, "").status()).isEqualTo(200);
    assertThat(owner.call("GET", path, "").status()).isEqualTo(404);
    AdminCaller.Answer restored = owner.call("POST", path + "/restore", "");
    assertThat(restored.status()).as(restored.body()).isEqualTo(200);
    assertThat(restored.body()).contains("444");
    assertThat(owner.call("GET", "/admin/v1/config/applications?name=crm", "").json().path("items"))
        .hasSize(1);
  }

  @Test
  void whatIsNamedByOthersIsNotRemovedAndTheDryRunListsThem() throws Exception {
    String path = "/admin/v1/config/applications/payments";
    JsonNode dry = owner.call("DELETE", path + "?dry_run=1", "").json();
    assertThat(dry.path("removable").asBoolean()).isFalse();
    assertThat(dry.path("dependents").size()).isEqualTo(2);
    AdminCaller.Answer refused = owner.call("DELETE", path, "");
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.json().path("dependents").get(0).path("kind").asText()).isEqualTo("rules");
    assertThat(owner.call("GET", path, "").status()).isEqualTo(200);
  }

  @Test
  void everyWrongFieldIsNamedWithItsPath() throws Exception {
    JsonNode problem =
        owner
            .call("POST", "/admin/v1/provisioning-keys", "{\"group\":7,\"uses\":0,\"surplus\":1}")
            .json();
    List<String> paths = new ArrayList<>();
    problem.path("errors").forEach(error -> paths.add(error.path("path").asText()));
    assertThat(paths).containsExactlyInAnyOrder("group", "uses", "surplus", "expiresSeconds");
    AdminCaller.Answer wrong =
        owner.call(
            "PUT",
            "/admin/v1/config/applications/x",
            "{\"hosts\":[\"not a host\"],\"tcp\":[99999],\"connectorGroups\":[\"nowhere\"]}",
            "If-None-Match",
            "*");
    assertThat(wrong.status()).isEqualTo(422);
    assertThat(wrong.json().path("errors").size()).isGreaterThan(1);
  }

  @Test
  void requestWithAnIdempotencyKeyIsDoneOnceAndAnsweredAgain() throws Exception {
    String body = "{\"group\":\"vpc-a\",\"uses\":1,\"expiresSeconds\":60}";
    String path = "/admin/v1/provisioning-keys";
    AdminCaller.Answer first = owner.call("POST", path, body, "Idempotency-Key", "k-1");
    AdminCaller.Answer again = owner.call("POST", path, body, "Idempotency-Key", "k-1");
    assertThat(first.status()).isEqualTo(201);
    assertThat(again.status()).isEqualTo(201);
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(again.header("Idempotency-Replayed")).isEqualTo("true");
    assertThat(
            owner.call("POST", path, body.replace("60", "61"), "Idempotency-Key", "k-1").status())
        .isEqualTo(422);
  }

  // -- audit

  @Test
  void auditTellsWhoChangedWhatAndItsChainHolds() throws Exception {
    AdminCaller zoe = owner.newToken("zoe", "policy-editor");
    AdminCaller.Answer applied =
        zoe.call("POST", "/admin/v1/apply", BASE.replace("tcp: [80]", "tcp: [90]"));
    JsonNode items = owner.call("GET", "/admin/v1/audit?actor=zoe", "").json().path("items");
    JsonNode change = items.get(0);
    assertThat(change.path("action").asText()).isEqualTo("config.changed");
    assertThat(change.path("objectName").asText()).isEqualTo("wiki");
    assertThat(change.path("before").path("tcp").asText()).isEqualTo("[80]");
    assertThat(change.path("after").path("tcp").asText()).isEqualTo("[90]");
    assertThat(change.path("requestId").asText()).isEqualTo(applied.header("X-Request-Id"));
    new AdminCaller(broker, "postern_at_wrong").call("GET", "/admin/v1/me", "");
    assertThat(owner.call("GET", "/admin/v1/audit?action=admin.sign-in", "").json().path("items"))
        .isNotEmpty();
    JsonNode verdict = owner.call("GET", "/admin/v1/audit/verify", "").json();
    assertThat(verdict.path("intact").asBoolean()).as(verdict.toString()).isTrue();
    assertThat(verdict.path("seq").asLong()).isGreaterThan(3);
  }
}
