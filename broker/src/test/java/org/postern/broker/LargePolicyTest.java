package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.policystore.PolicyLimits;

/** More applications than ever fitted go through every door that takes a document. */
final class LargePolicyTest {
  /** Half of what there may be, so that a busy machine has the time; 50,000 have 10 MB. */
  private static final int APPLICATIONS = PolicyLimits.DEFAULT.applications() / 2;

  private static final int RULES = PolicyLimits.DEFAULT.rules() / 2;

  @TempDir private static Path dataDir;

  private static String policy() {
    StringBuilder text =
        new StringBuilder(
            """
            version: 1
            domains: [corp.internal]
            connectorGroups: [{name: vpc-a}]
            groups: [{name: staff, members: [alice@example.com]}]
            identityProviders: [{name: corp, issuer: "https://idp.example", clientId: x}]
            tests:
              - {name: last one, user: alice@example.com, host: application-%d.corp.internal, port: 443,
                 expect: allow}
            rules:
            """
                .formatted(APPLICATIONS - 1));
    int each = APPLICATIONS / RULES;
    for (int rule = 0; rule < RULES; rule++) {
      text.append(
          "  - {name: rule-%d, action: allow, groups: [staff], applications: [".formatted(rule));
      for (int i = 0; i < each; i++) {
        text.append(i == 0 ? "" : ", ").append("application-").append(rule * each + i);
      }
      text.append("]}\n");
    }
    text.append("applications:\n");
    for (int i = 0; i < APPLICATIONS; i++) {
      text.append(
          """
            - name: application-%1$d
              hosts: [application-%1$d.corp.internal]
              tcp: [443, 8080]
              connectorGroups: [vpc-a]
              labels: [env=production, owner=team-%2$d]
          """
              .formatted(i, i % 100));
    }
    return text.toString();
  }

  private static String seconds(long begun) {
    return "%.1f s".formatted((System.nanoTime() - begun) / 1e9);
  }

  @Test
  void largeDocumentIsAppliedAskedAboutAndExported() throws Exception {
    try (BrokerUnderTest broker = new BrokerUnderTest(dataDir, Set.of())) {
      AdminCaller owner =
          new AdminCaller(broker, Files.readString(dataDir.resolve("admin.token")).strip());
      String policy = policy();
      System.out.println(
          "%,d applications and %,d rules have %,d bytes"
              .formatted(APPLICATIONS, RULES, policy.getBytes(StandardCharsets.UTF_8).length));
      ObjectNode question = BrokerUnderTest.JSON.createObjectNode();
      question.put("host", "application-7.corp.internal").put("port", 443).put("document", policy);
      question.put("user", "alice@example.com");
      long begun = System.nanoTime();
      AdminCaller.Answer asked =
          owner.callPatiently("POST", "/admin/v1/check", question.toString());
      System.out.println("checked in " + seconds(begun));
      assertThat(asked.status()).as(AdminStoryTest.cut(asked.body())).isEqualTo(200);
      assertThat(asked.json().path("outcome").asText()).isEqualTo("allow");

      begun = System.nanoTime();
      AdminCaller.Answer applied = owner.callPatiently("POST", "/admin/v1/apply", policy);
      System.out.println("applied in " + seconds(begun));
      assertThat(applied.status()).as(AdminStoryTest.cut(applied.body())).isEqualTo(200);
      assertThat(applied.json().path("testsPassed").asInt()).isEqualTo(1);

      String exported = owner.callPatiently("GET", "/admin/v1/config", "").body();
      System.out.println("exported: %,d bytes".formatted(exported.length()));
      begun = System.nanoTime();
      AdminCaller.Answer again = owner.callPatiently("POST", "/admin/v1/plan", exported);
      System.out.println("planned in " + seconds(begun));
      assertThat(again.status()).as(AdminStoryTest.cut(again.body())).isEqualTo(200);
      assertThat(again.json().path("changes")).isEmpty();

      AdminCaller.Answer tooMuch =
          owner.callPatiently(
              "POST",
              "/admin/v1/plan",
              "version: 1\n#" + "x".repeat(PolicyLimits.DEFAULT.documentBytes()));
      assertThat(tooMuch.status()).isEqualTo(422);
      assertThat(tooMuch.body()).contains("larger than 33554432 bytes");
    }
  }
}
