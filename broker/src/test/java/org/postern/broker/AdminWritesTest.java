package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Every operation that changes something, by everybody: only what the contract says succeeds. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AdminWritesTest {
  @TempDir private static Path dataDir;
  private TwoTeams teams;
  private AdminCaller owner;
  private final List<ContractOperation> operations = new ArrayList<>();

  /** Somebody with a role, perhaps narrowed to labels or scopes. */
  private record Caller(
      AdminCaller door, JsonNode permissions, boolean byLabel, List<String> scopes) {
    boolean may(ContractOperation operation) {
      String wanted = operation.permission();
      List<String> own = new ArrayList<>();
      permissions.forEach(each -> own.add(each.asText()));
      return matches(own, wanted)
          && (scopes.isEmpty() || matches(scopes, wanted))
          && (!byLabel
              || operation.told().path("x-reads-only").asBoolean()
              || operation.told().path("x-by-label").asBoolean());
    }

    private static boolean matches(List<String> patterns, String wanted) {
      String[] asked = wanted.split(":", 2);
      return patterns.stream()
          .map(each -> each.split(":", 2))
          .anyMatch(each ->
              (each[0].equals("*") || each[0].equals(asked[0]))
                  && (each[1].equals("*") || each[1].equals(asked[1])));
    }
  }

  @BeforeAll
  void start() throws Exception {
    teams = new TwoTeams(dataDir);
    owner = teams.owner;
    for (ContractOperation each : ContractOperation.all(ContractOperation.contract(owner))) {
      if (!each.method().equals("GET")) {
        operations.add(each);
      }
    }
  }

  @AfterAll
  void stop() {
    teams.close();
  }

  @Test
  void onlyWhatTheContractSaysIsLetInAndWhatIsRefusedChangesNothing() throws Exception {
    Map<String, Caller> callers = new LinkedHashMap<>();
    for (JsonNode role : owner.call("GET", "/admin/v1/roles", "").json().path("items")) {
      String name = role.path("name").asText();
      callers.put(
          name,
          new Caller(
              owner.newToken("w-" + name, name),
              role.path("permissions"),
              !role.path("labels").isEmpty(),
              List.of()));
    }
    JsonNode everything = BrokerUnderTest.JSON.createArrayNode().add("*:*");
    callers.put(
        "scoped",
        new Caller(
            teams.scoped("owner", "rules:write"), everything, false, List.of("rules:write")));
    callers.put(
        "nobody",
        new Caller(
            new AdminCaller(teams.broker, ""),
            BrokerUnderTest.JSON.createArrayNode(),
            false,
            List.of()));
    String before = teams.state();
    int refused = 0;
    for (var caller : callers.entrySet()) {
      for (ContractOperation each : operations) {
        if (each.permission().contains(":") && !caller.getValue().may(each)) {
          assertThat(caller.getValue().door().call(each.method(), each.idle(), "").status())
              .as("%s %s %s", caller.getKey(), each.method(), each.path())
              .isIn(caller.getKey().equals("nobody") ? List.of(401, 429) : List.of(403));
          refused += 1;
        }
      }
    }
    assertThat(refused).isGreaterThan(400);
    assertThat(teams.state()).isEqualTo(before);
    int let = 0;
    for (var caller : callers.entrySet()) {
      for (ContractOperation each : operations) {
        if (each.permission().contains(":") && caller.getValue().may(each)) {
          assertThat(caller.getValue().door().call(each.method(), each.idle(), "").status())
              .as("%s %s %s", caller.getKey(), each.method(), each.path())
              .isNotIn(401, 403, 500);
          let += 1;
        }
      }
    }
    assertThat(let).isGreaterThan(150);
  }
}
