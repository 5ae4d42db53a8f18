package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.acceptance.ground.WholeBroker;

/** A team's policy in a Git folder, from its tests to the flows that a change cuts, and back. */
final class PolicyWalkTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path folder;
  private EchoApplication echo;
  private WholeBroker all;
  private Path git;

  @BeforeEach
  void start() throws Exception {
    echo = new EchoApplication();
    all =
        new WholeBroker(
            folder.resolve("broker"),
            Path.of("target/postgres-programs"),
            Clock.systemUTC(),
            Set.of());
    git = Files.createDirectories(folder.resolve("policy"));
    git("init", "--quiet");
  }

  @AfterEach
  void stop() throws Exception {
    all.close();
    echo.close();
  }

  private String git(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of("git", "-c", "user.name=team", "-c", "user.email=team@example.com"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).directory(git.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said.strip();
  }

  /** The folder's policy, committed; the path of the file. */
  private String commit(String name, String text, String message) throws Exception {
    Path file = Files.writeString(git.resolve(name), text);
    git("add", name);
    git("commit", "--quiet", "-m", message);
    return file.toString();
  }

  private String policy(String members, String more) {
    return """
    version: 1
    domains: [corp.internal]
    connectorGroups: [{name: vpc-a}]
    applications:
      - {name: payments, hosts: [payments.corp.internal], tcp: [%1$d], connectorGroups: [vpc-a],
         allowLoopback: true}
      - {name: wiki, hosts: [wiki.corp.internal], tcp: [%1$d], connectorGroups: [vpc-a],
         allowLoopback: true}
    groups: [{name: staff, members: [%2$s]}]
    rules:
    %3$s
      - {name: staff-pay, action: allow, applications: [payments], groups: [staff]}
      - {name: all-read, action: allow, applications: [wiki], anyone: true}
    identityProviders:
      - {name: corp, issuer: "%4$s", clientId: postern, allowPlainHttp: true}
    """
        .formatted(echo.port(), members, more, all.issuer());
  }

  private String tests() {
    return """
    version: 1
    tests:
      - {name: staff pay, user: alice@example.com, host: payments.corp.internal, port: %1$d,
         expect: allow}
      - {name: strangers do not, user: eve@example.com, host: payments.corp.internal,
         port: %1$d, expect: deny}
    """
        .formatted(echo.port());
  }

  private static String members(String... names) {
    List<String> addresses = new ArrayList<>();
    for (String name : names) {
      addresses.add(name + "@example.com");
    }
    return String.join(", ", addresses);
  }

  private WholeBroker.Outcome apply(String file) throws Exception {
    return all.admin("apply", "-f", file, "-m", git("log", "-1", "--format=%h %s"));
  }

  private long version() throws IOException {
    return all.adminJson("status").path("configurationVersion").asLong();
  }

  @Test
  void policyWalksFromTheGitFolderToTheFlowsAndBack() throws Exception {
    String everybody = members("alice", "bob", "carol", "dave");
    String file = commit("policy.yaml", policy(everybody, ""), "staff may pay");
    WholeBroker.Outcome first = apply(file);
    assertThat(first.code()).as(first.err()).isZero();
    String tests = commit("tests.yaml", tests(), "what must hold");
    WholeBroker.Outcome kept = apply(tests);
    assertThat(kept.code()).as(kept.err()).isZero();
    assertThat(kept.out()).contains("2 policy tests pass");

    aFailingTestBlocksTheApply(everybody);

    all.connector(
        "vpc-a",
        Map.of(
            "payments.corp.internal", List.of(InetAddress.getLoopbackAddress()),
            "wiki.corp.internal", List.of(InetAddress.getLoopbackAddress())));
    Map<String, WholeBroker.Device> devices = new LinkedHashMap<>();
    for (String name : List.of("alice", "bob", "carol", "dave")) {
      devices.put(name, all.device(name));
    }

    aRuleThatOnlyReportsCounts(everybody, file, device(devices, "dave"));

    long before = version();
    String exported = all.admin("get").out();
    Map<String, WholeBroker.Program> paying = new LinkedHashMap<>();
    devices.forEach((name, device) -> paying.put(name, open(device, "payments.corp.internal")));
    WholeBroker.Program reading = open(device(devices, "alice"), "wiki.corp.internal");

    commit(
        "policy.yaml",
        policy(members("dave", "alice2"), "") + "tests: []\n",
        "only dave pays, and alice need not");
    git("rm", "--quiet", "tests.yaml");
    WholeBroker.Outcome plan = all.admin("plan", "-f", git.toString());
    assertThat(plan.out())
        .as(plan.err())
        .contains(
            "loses access: alice@example.com, bob@example.com, carol@example.com to payments"
                + " (payments.corp.internal)");
    assertThat(plan.out().lines().filter(line -> line.startsWith("loses")).toList()).hasSize(1);
    assertThat(plan.out()).doesNotContain("dave@example.com to");

    assertThat(apply(git.toString()).out())
        .contains("loses access: alice@example.com, bob@example.com");
    for (String name : List.of("alice", "bob", "carol")) {
      await().atMost(PATIENCE).until(() -> !program(paying, name).isAlive());
    }
    assertThat(program(paying, "dave").isAlive()).isTrue();
    assertThat(reading.isAlive()).isTrue();
    await().atMost(PATIENCE).until(() -> all.adminJson("flows").path("count").asLong() == 2);

    theRollbackRestoresAllOfIt(before, exported);
    for (String name : List.of("alice", "bob", "carol")) {
      await()
          .atMost(PATIENCE)
          .until(() -> {
            WholeBroker.Program again =
                device(devices, name).connect("payments.corp.internal", echo.port());
            return again.open() && again.isAlive();
          });
    }

    theLogTellsTheStory();
  }

  private void theRollbackRestoresAllOfIt(long version, String exported) {
    assertThat(all.admin("get").out()).contains("tests: []");
    WholeBroker.Outcome back = all.admin("rollback", "" + version);
    assertThat(back.out()).as(back.err()).contains("gains access: alice@example.com");
    assertThat(all.admin("get").out())
        .as("the tests too")
        .isEqualTo(exported)
        .contains("staff pay");
  }

  private void aFailingTestBlocksTheApply(String everybody) throws Exception {
    long before = version();
    commit(
        "policy.yaml",
        policy(
            everybody, "  - {name: oops, action: allow, applications: [payments], anyone: true}"),
        "let everybody in");
    WholeBroker.Outcome refused = apply(git.toString());
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err())
        .contains("tests.yaml:5:5: tests[1]: ")
        .contains("policy test \"strangers do not\" fails: expected deny, found allow by oops")
        .contains("nothing was applied");
    assertThat(version()).isEqualTo(before);
    git("revert", "--no-edit", "HEAD");
  }

  private void aRuleThatOnlyReportsCounts(String everybody, String file, WholeBroker.Device device)
      throws Exception {
    commit(
        "policy.yaml",
        policy(
            everybody,
            "  - {name: trial, action: deny, applications: [payments], groups: [staff],"
                + " mode: report-only}"),
        "what if nobody paid");
    WholeBroker.Outcome applied = apply(file);
    assertThat(applied.code()).as(applied.err()).isZero();
    assertThat(applied.out()).doesNotContain("loses");
    WholeBroker.Program program = open(device, "payments.corp.internal");
    program.socket().close();
    await().atMost(PATIENCE).until(() -> rule("trial").path("reports").asLong() > 0);
    JsonNode trial = rule("trial");
    assertThat(trial.path("mode").asText()).isEqualTo("report-only");
    assertThat(trial.path("hits").asLong()).isZero();
    assertThat(trial.path("reports").asLong()).isPositive();
    assertThat(trial.path("changes").asLong()).isEqualTo(trial.path("reports").asLong());
    assertThat(trial.path("lastHit").asText()).startsWith("20");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(rule("staff-pay").path("hits").asLong())
                .isEqualTo(rule("trial").path("reports").asLong()));
  }

  private JsonNode rule(String name) throws IOException {
    for (JsonNode each : all.adminJson("rules").path("items")) {
      if (each.path("name").asText().equals(name)) {
        return each;
      }
    }
    throw new AssertionError("no rule " + name);
  }

  private void theLogTellsTheStory() throws Exception {
    List<String> actions = new ArrayList<>();
    List<String> messages = new ArrayList<>();
    List<String> refusals = new ArrayList<>();
    for (JsonNode each : all.adminJson("audit", "list", "--limit", "1000").path("items")) {
      if (each.path("outcome").asText().equals("done")) {
        actions.addFirst(each.path("action").asText());
        messages.add(each.toString());
      } else {
        refusals.add(each.toString());
      }
    }
    assertThat(refusals)
        .singleElement()
        .asString()
        .contains("let everybody in")
        .contains("policy tests failed: tests.strangers do not");
    assertThat(actions)
        .containsSubsequence(
            "policy.apply",
            "policy.apply",
            "config.added",
            "policy.apply",
            "policy.apply",
            "config.removed",
            "policy.apply");
    assertThat(String.join("\n", messages))
        .contains("staff may pay")
        .contains("what if nobody paid")
        .contains("alice need not")
        .contains("rollback to version")
        .doesNotContain("let everybody in");
    WholeBroker.Outcome verified = all.admin("audit", "verify");
    assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
    JsonNode history = all.adminJson("history").path("items");
    assertThat(history.get(0).path("message").asText()).contains("rollback");
  }

  private static WholeBroker.Program program(
      Map<String, WholeBroker.Program> programs, String name) {
    return java.util.Objects.requireNonNull(programs.get(name));
  }

  private static WholeBroker.Device device(Map<String, WholeBroker.Device> all, String name) {
    return java.util.Objects.requireNonNull(all.get(name));
  }

  /** Until the device is online and its flow is open. */
  private WholeBroker.Program open(WholeBroker.Device device, String host) {
    List<WholeBroker.Program> opened = new ArrayList<>();
    await()
        .atMost(PATIENCE)
        .until(() -> {
          WholeBroker.Program program = device.connect(host, echo.port());
          if (program.open()) {
            opened.add(program);
          }
          return program.open();
        });
    try {
      assertThat(opened.getFirst().isAlive()).isTrue();
      return opened.getFirst();
    } catch (RuntimeException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }
}
