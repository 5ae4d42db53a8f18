package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.postern.identity.IdentityKey;
import org.postern.policystore.audit.AuditFields;
import org.postern.policystore.audit.DecisionOverride;

/** Whatever overrides a decision stands in the log: who, before, after, request, and as what. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AuditOverridesTest {
  private static final String RULE =
      "{\"action\":\"require-approval\",\"applications\":[\"wiki\"],\"anyone\":true%s}";

  @TempDir private static Path dataDir;
  private SignalBed bed;
  private AdminCaller anna;
  private final Map<String, String> requests = new HashMap<>();

  @BeforeAll
  void start() throws Exception {
    bed = new SignalBed(dataDir);
    AdminCaller owner =
        new AdminCaller(bed.broker, Files.readString(dataDir.resolve("admin.token")).strip());
    anna = owner.newToken("anna", "owner");
    String policy =
        """
        version: 1
        domains: [corp.internal]
        connectorGroups: [{name: vpc-a}]
        applications:
          - {name: wiki, hosts: [wiki.corp.internal], tcp: [80], connectorGroups: [vpc-a]}
        rules: [{name: by-word, action: require-approval, applications: [wiki], anyone: true}]
        """;
    assertThat(owner.call("POST", "/admin/v1/apply", policy).status()).isEqualTo(200);
  }

  @AfterAll
  void stop() throws Exception {
    bed.close();
  }

  /** Does it as anna, and notes under which request id. */
  private JsonNode does(String what, String method, String path, String body, String... headers)
      throws Exception {
    AdminCaller.Answer answer = anna.call(method, "/admin/v1/" + path, body, headers);
    assertThat(answer.status()).as(path + answer.body()).isIn(200, 201);
    String id = answer.header("X-Request-Id");
    assertThat(id).as(path).isNotEmpty();
    requests.merge(id, what, (one, other) -> one + other);
    return answer.json();
  }

  private String ask(String user) throws Exception {
    String body =
        "{\"user\":\"%s\",\"application\":\"wiki\",\"reason\":\"ticket\"}".formatted(user);
    AdminCaller.Answer asked = anna.call("POST", "/admin/v1/access-requests", body);
    assertThat(asked.status()).as(asked.body()).isEqualTo(201);
    return "access-requests/" + asked.json().path("id").asText();
  }

  private String connector() throws Exception {
    String key =
        anna.call(
                "POST",
                "/admin/v1/provisioning-keys",
                "{\"group\":\"vpc-a\",\"uses\":1,\"expiresSeconds\":600}")
            .json()
            .path("key")
            .asText();
    var enrolled =
        bed.broker.post(
            "/enroll/connector",
            BrokerUnderTest.JSON
                .createObjectNode()
                .put("provisioning_key", key)
                .put("csr", Base64.getEncoder().encodeToString(IdentityKey.generate().csr()))
                .put("name", "c1"));
    assertThat(enrolled.statusCode()).as(enrolled.body()).isEqualTo(200);
    return bed.items("/admin/v1/connectors").get(0).path("id").asText();
  }

  private void everyOverride() throws Exception {
    SignalBed.SignedIn alice = bed.signIn("alice", "");
    SignalBed.SignedIn bob = bed.signIn("bob", "");
    String approval =
        does("access-approved", "POST", ask(alice.user()) + "/approve", "{\"seconds\":600}")
            .path("id")
            .asText();
    does("access-refused", "POST", ask(bob.user()) + "/refuse", "{\"note\":\"no\"}");
    does("access-withdrawn", "DELETE", "approvals/" + approval, "");
    String risk =
        does(
                "risk-set",
                "POST",
                "risks",
                "{\"user\":\"%s\",\"level\":\"high\"}".formatted(alice.user()))
            .path("id")
            .asText();
    does(
        "risk-set", "POST", "risks", "{\"user\":\"%s\",\"level\":\"low\"}".formatted(alice.user()));
    does("risk-cleared", "DELETE", "risks/" + risk, "");
    does("device-quarantined", "POST", "devices/" + alice.device() + "/quarantine", "");
    does("device-freed", "POST", "devices/" + alice.device() + "/free", "");
    String session = "";
    for (JsonNode each : bed.items("/admin/v1/sessions")) {
      session =
          each.path("deviceId").asText().equals(alice.device())
              ? each.path("id").asText()
              : session;
    }
    does("session-revoked", "DELETE", "sessions/" + session, "");
    does("device-removed", "DELETE", "devices/" + bob.device(), "");
    does("user-disabled", "POST", "users/" + bob.user() + "/disable", "");
    does("user-enabled", "POST", "users/" + bob.user() + "/enable", "");
    does("connector-revoked", "DELETE", "connectors/" + connector(), "");
    for (String mode : List.of("report-only", "off", "enforce")) {
      does(
          "rule-switched",
          "PUT",
          "config/rules/by-word",
          RULE.formatted(",\"mode\":\"%s\"".formatted(mode)),
          "If-Match",
          "*");
    }
    does(
        "rule-switched",
        "PUT",
        "config/rules/by-word",
        RULE.formatted(",\"enforcePercent\":20"),
        "If-Match",
        "*");
  }

  @Test
  void eachIsWrittenDownWithItsNameAndWhatWasThereBefore() throws Exception {
    everyOverride();
    // No override, though near to one.
    assertThat(
            anna.call(
                    "PUT",
                    "/admin/v1/config/rules/by-word",
                    RULE.formatted(",\"enforcePercent\":20,\"message\":\"Ask.\""),
                    "If-Match",
                    "*")
                .status())
        .isEqualTo(200);
    JsonNode listed =
        anna.call("GET", "/admin/v1/audit?overrides=1&limit=1000", "").json().path("items");
    Map<String, String> said = new HashMap<>();
    List<String> masked = new ArrayList<>();
    for (JsonNode each : listed) {
      String what = each.path("override").asText();
      said.put(each.path("requestId").asText(), what);
      assertThat(each.path("actor").asText()).as(what).isEqualTo("anna");
      assertThat(each.path("from").asText()).as(what).isEqualTo("127.0.0.1");
      assertThat(each.path("objectName").asText()).as(what).isNotEmpty();
      boolean first = what.equals("risk-set") && each.path("before").isEmpty();
      if (!first && !what.equals("rule-switched")) {
        assertThat(each.path("before")).as(what).isNotEmpty();
        assertThat(each.path("after")).as(what).isNotEmpty();
      }
      assertThat(each.path("before").toString())
          .as(what)
          .isNotEqualTo(each.path("after").toString());
      if (each.toString().contains(AuditFields.MASK)) {
        masked.add(each.toString());
      }
    }
    assertThat(said).isEqualTo(requests);
    assertThat(masked).as("fields that nobody classified").isEmpty();
    assertThat(new TreeSet<>(said.values()))
        .as("every kind of override is tried here")
        .isEqualTo(
            new TreeSet<>(
                Arrays.stream(DecisionOverride.values()).map(DecisionOverride::word).toList()));
    assertThat(anna.call("GET", "/admin/v1/audit/verify", "").json().path("intact").asBoolean())
        .isTrue();
  }
}
