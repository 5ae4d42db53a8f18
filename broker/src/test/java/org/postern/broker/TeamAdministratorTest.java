package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A role that is narrowed to labels changes what bears them, and nothing of others. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TeamAdministratorTest {
  @TempDir private static Path dataDir;
  private TwoTeams teams;
  private AdminCaller owner;
  private AdminCaller blue;

  @BeforeAll
  void start() throws Exception {
    teams = new TwoTeams(dataDir);
    owner = teams.owner;
    blue = teams.blue;
  }

  @AfterAll
  void stop() {
    teams.close();
  }

  @BeforeEach
  void base() throws Exception {
    teams.apply();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          PUT    | config/applications/new           | {"hosts":["n.corp.internal"],"tcp":[1],"connectorGroups":["vpc-a"]}
          PUT    | config/applications/new           | {"hosts":["n.corp.internal"],"tcp":[1],"connectorGroups":["vpc-a"],"labels":["team=red"]}
          PUT    | config/applications/wiki          | {"hosts":["wiki.corp.internal"],"tcp":[80],"connectorGroups":["vpc-a"],"labels":["team=red"]}
          PUT    | config/applications/wiki          | {"hosts":["wiki.corp.internal"],"tcp":[80],"connectorGroups":["vpc-a"]}
          PUT    | config/applications/zz-others-app | {"hosts":["*.red.internal"],"tcp":[80],"connectorGroups":["vpc-a"],"labels":["team=blue"]}
          PUT    | config/applications/plain         | {"hosts":["*.corp.internal"],"tcp":[80],"connectorGroups":["vpc-a"],"labels":["team=blue"]}
          PUT    | config/applications/new           | {"hosts":["db.red.internal"],"tcp":[22],"connectorGroups":["vpc-a"],"labels":["team=blue"]}
          PUT    | config/applications/new           | {"hosts":["*.red.internal"],"tcp":[22],"connectorGroups":["vpc-a"],"labels":["team=blue"]}
          PUT    | config/applications/new           | {"hosts":["*.internal"],"tcp":[80],"connectorGroups":["vpc-a"],"labels":["team=blue"],"matching":"inclusive"}
          PUT    | config/applications/new           | {"hosts":["n.corp.internal"],"tcp":[1],"serverGroups":["zz-others-servers"],"labels":["team=blue"]}
          PUT    | config/rules/zz-others-rule       | {"action":"deny","applications":["zz-others-app"],"anyone":true}
          PUT    | config/rules/zz-others-rule       | {"action":"allow","applications":["wiki"],"anyone":true}
          PUT    | config/rules/wiki-rule            | {"action":"allow","anyApplication":true,"anyone":true}
          PUT    | config/rules/wiki-rule            | {"action":"allow","applications":["wiki","zz-others-app"],"anyone":true}
          PUT    | config/rules/wiki-rule            | {"action":"allow","applicationGroups":["blue-group"],"anyone":true}
          PUT    | config/rules/wiki-rule            | {"action":"allow","labels":["team=blue"],"anyone":true}
          PUT    | config/rules/new                  | {"action":"allow","applications":["zz-others-app"],"anyone":true}
          PUT    | config/rules/new?before=zz-others-deny | {"action":"allow","applications":["wiki"],"anyone":true}
          PUT    | config/rules/wiki-rule?before=zz-others-deny | {"action":"allow","applications":["wiki"],"anyone":true}
          PUT    | config/session-rules/new          | {"applications":["zz-others-app"],"anyone":true,"maxAge":"1h"}
          PUT    | config/forwarding-rules/new       | {"anyApplication":true,"anyone":true,"forwarding":"bypass"}
          PUT    | config/groups/staff               | {"members":["bert@example.com"]}
          PUT    | config/application-groups/blue-group | {"applications":["zz-others-app"]}
          PUT    | config/server-groups/shared-servers | {"servers":["10.9.9.9"],"connectorGroups":["vpc-a"]}
          PUT    | config/domains/example.com        | {"name":"example.com"}
          DELETE | config/applications/zz-others-app | ''
          DELETE | config/rules/zz-others-rule       | ''
          DELETE | config/rules/zz-others-deny       | ''
          DELETE | config/server-groups/shared-servers | ''
          POST   | config/applications/zz-others-app/restore?version=1 | ''
          POST   | config/rules/zz-others-gone/restore | ''
          POST   | apply                             | {"version":1,"rules":[]}
          POST   | apply                             | {"version":1,"domains":[]}
          POST   | history/1/rollback                | ''
          PUT    | config/tests/zz-others-test       | {"user":"a@example.com","host":"wiki.corp.internal","port":80,"expect":"deny"}
          PUT    | config/tests/new                  | {"user":"a@example.com","host":"wiki.corp.internal","port":80,"expect":"allow"}
          DELETE | config/tests/zz-others-test       | ''
          DELETE | config/rules/wiki-rule            | ''
          PUT    | settings/four-eyes                | {"kinds":[]}
          PUT    | roles/wide                        | {"permissions":["*:*"]}
          PUT    | roles/wide                        | {"permissions":["*:*"],"labels":["team=red"]}
          PUT    | roles/red-writer                  | {"permissions":["*:*"],"labels":["team=blue"]}
          DELETE | roles/red-writer                  | ''
          POST   | tokens                            | {"name":"x","role":"owner"}
          POST   | tokens                            | {"name":"x","role":"red-writer"}
          POST   | api-clients                       | {"name":"x","role":"auditor"}
          POST   | administrators                    | {"name":"x","role":"blue-writer"}
          POST   | provisioning-keys                 | {"group":"vpc-a","uses":1,"expiresSeconds":60}
          POST   | risks                             | {"user":"a@example.com","level":"high"}
          POST   | access-requests                   | {"user":"a@example.com","application":"zz-others-app","reason":"r"}
          """)
  void teamsAdministratorMakesChangesMovesAndUndoesNothingOfOthers(
      String method, String path, String body) throws Exception {
    teams.refused(blue, method, path, body);
  }

  @Test
  void testThatBlocksAChangeIsNotNamedInTheAnswerNorInTheTeamsPartOfTheLog() throws Exception {
    AdminCaller.Answer blocked = blue.call("DELETE", "/admin/v1/config/rules/wiki-rule", "");
    assertThat(blocked.status()).as(blocked.body()).isEqualTo(422);
    assertThat(blocked.body()).contains("not yours to see").doesNotContain(TwoTeams.OTHERS);
    String path = "/admin/v1/audit?action=policy.apply&limit=1&actor=bert";
    assertThat(owner.call("GET", path, "").body()).contains("zz-others-test");
    assertThat(blue.call("GET", path, "").body())
        .contains("policy.apply")
        .doesNotContain(TwoTeams.OTHERS);
  }

  @Test
  void teamsAdministratorShutsNobodyOut() throws Exception {
    teams.refused(blue, "POST", "users/" + teams.user + "/disable", "");
    teams.refused(blue, "POST", "scim/tokens", "{\"provider\":\"corp\"}");
  }

  @Test
  void teamsApproverDecidesAboutRequestsForHisOwnApplicationsOnly() throws Exception {
    String others = teams.ask("zz-others-app");
    teams.refused(blue, "POST", "access-requests/" + others + "/approve", "{}");
    teams.refused(blue, "POST", "access-requests/" + others + "/refuse", "{}");
    String approval =
        owner
            .call("POST", "/admin/v1/access-requests/" + others + "/approve", "{}")
            .json()
            .path("id")
            .asText();
    teams.refused(blue, "DELETE", "approvals/" + approval, "");
    assertThat(owner.call("DELETE", "/admin/v1/approvals/" + approval, "").status()).isEqualTo(200);
    String own = teams.ask("wiki");
    AdminCaller.Answer given =
        blue.call("POST", "/admin/v1/access-requests/" + own + "/approve", "{}");
    assertThat(given.status()).as(given.body()).isEqualTo(200);
    assertThat(
            blue.call("DELETE", "/admin/v1/approvals/" + given.json().path("id").asText(), "")
                .status())
        .isEqualTo(200);
  }

  @Test
  void changeThatWaitsIsApprovedByTheRoleForItAndByNoTeamNorProgram() throws Exception {
    AdminCaller programs = teams.scoped("approver", "changes:approve changes:read");
    AdminCaller approver = owner.newToken("anna", "approver");
    owner.call("PUT", "/admin/v1/settings/four-eyes", "{\"kinds\":[\"rules\"]}");
    try {
      AdminCaller editor = owner.newToken("eddie", "policy-editor");
      AdminCaller.Answer waits = editor.call("DELETE", "/admin/v1/config/rules/zz-others-rule", "");
      assertThat(waits.status()).as(waits.body()).isEqualTo(202);
      String change = "changes/" + waits.json().path("change").asText();
      teams.refused(blue, "POST", change + "/approve", "");
      teams.refused(blue, "POST", change + "/refuse", "");
      teams.refused(programs, "POST", change + "/approve", "");
      assertThat(blue.call("GET", "/admin/v1/changes", "").body()).doesNotContain(TwoTeams.OTHERS);
      AdminCaller.Answer approved = approver.call("POST", "/admin/v1/" + change + "/approve", "");
      assertThat(approved.status()).as(approved.body()).isEqualTo(200);
      assertThat(owner.call("GET", "/admin/v1/config/rules/zz-others-rule", "").status())
          .isEqualTo(404);
    } finally {
      owner.call("PUT", "/admin/v1/settings/four-eyes", "{\"kinds\":[]}");
    }
  }

  @Test
  void teamsAdministratorDoesAllThatWithHisOwn() throws Exception {
    String[] fresh = {"If-None-Match", "*"};
    assertThat(put("applications/docs", fresh, application("docs.corp.internal", "team=blue")))
        .isEqualTo(200);
    assertThat(
            put(
                "applications/docs",
                new String[] {"If-Match", "*"},
                "{\"hosts\":[\"docs.corp.internal\"],\"tcp\":[80],\"labels\":[\"team=blue\"],"
                    + "\"serverGroups\":[\"shared-servers\"]}"))
        .isEqualTo(200);
    String rule = "{\"action\":\"allow\",\"applications\":[\"docs\"],\"anyone\":true}";
    assertThat(put("rules/docs-rule?before=wiki-rule", fresh, rule)).isEqualTo(200);
    assertThat(put("rules/last-rule", fresh, rule)).isEqualTo(200);
    assertThat(blue.call("DELETE", "/admin/v1/config/rules/docs-rule", "").status()).isEqualTo(200);
    assertThat(blue.call("POST", "/admin/v1/config/rules/docs-rule/restore", "").status())
        .isEqualTo(200);
    for (String name : List.of("docs-rule", "last-rule")) {
      assertThat(blue.call("DELETE", "/admin/v1/config/rules/" + name, "").status()).isEqualTo(200);
    }
    assertThat(blue.call("DELETE", "/admin/v1/config/applications/docs", "").status())
        .isEqualTo(200);
    assertThat(
            blue.call("POST", "/admin/v1/tokens", "{\"name\":\"b\",\"role\":\"blue-writer\"}")
                .status())
        .isEqualTo(201);
    AdminCaller applications = owner.newToken("ada", "blue-applications");
    teams.refused(applications, "PUT", "config/rules/new", rule.replace("docs", "wiki"));
    assertThat(
            applications
                .call(
                    "PUT",
                    "/admin/v1/config/applications/wiki",
                    application("wiki.corp.internal", "team=blue"),
                    "If-Match",
                    "*")
                .status())
        .isEqualTo(200);
  }

  private static String application(String host, String label) {
    return "{\"hosts\":[\"%s\"],\"tcp\":[80,81],\"connectorGroups\":[\"vpc-a\"],\"labels\":[\"%s\"]}"
        .formatted(host, label);
  }

  private int put(String path, String[] headers, String body) throws Exception {
    return blue.call("PUT", "/admin/v1/config/" + path, body, headers).status();
  }

  @Test
  void applicationThatAnotherTeamsRuleNamesIsNotRemovedAndTheRuleIsNotNamed() throws Exception {
    owner.call(
        "PUT",
        "/admin/v1/config/rules/zz-others-both",
        "{\"action\":\"allow\",\"applications\":[\"wiki\",\"zz-others-app\"],\"anyone\":true}",
        "If-None-Match",
        "*");
    AdminCaller.Answer asked =
        blue.call("DELETE", "/admin/v1/config/applications/wiki?dry_run=1", "");
    assertThat(asked.status()).isEqualTo(200);
    assertThat(asked.body()).doesNotContain(TwoTeams.OTHERS);
    assertThat(asked.json().path("removable").asBoolean()).isFalse();
    assertThat(asked.json().path("dependentsOfOthers").asInt()).isEqualTo(1);
    teams.refused(blue, "DELETE", "config/applications/wiki", "");
  }

  @Test
  void auditorPlansWhatHeMayNotApply() throws Exception {
    AdminCaller auditor = owner.newToken("audrey", "auditor");
    AdminCaller.Answer plan = auditor.call("POST", "/admin/v1/plan", "version: 1\ngroups: []\n");
    assertThat(plan.status()).as(plan.body()).isEqualTo(200);
    assertThat(plan.json().path("changes")).isNotEmpty();
    teams.refused(auditor, "POST", "apply", "{\"version\":1,\"rules\":[]}");
  }
}
