package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A policy of two teams, an owner, and an administrator of one of them who may do everything there.
 */
final class TwoTeams implements AutoCloseable {
  /** In every name that the blue team's administrator must not read. */
  static final String OTHERS = "zz-others";

  private static final String POLICY =
      """
      version: 1
      domains: [corp.internal]
      connectorGroups: [{name: vpc-a}]
      serverGroups:
        - {name: zz-others-servers, servers: [10.9.0.1], connectorGroups: [vpc-a]}
        - {name: shared-servers, servers: [10.9.0.2], connectorGroups: [vpc-a]}
      identityProviders: [{name: corp, issuer: "https://idp.example", clientId: x}]
      applications:
        - {name: plain, hosts: ["*.corp.internal"], tcp: [80], connectorGroups: [vpc-a]}
        - {name: wiki, hosts: [wiki.corp.internal], tcp: [80], connectorGroups: [vpc-a],
           labels: [team=blue]}
        - {name: zz-others-app, hosts: ["*.red.internal"], tcp: [80], labels: [team=red],
           serverGroups: [zz-others-servers], matching: inclusive}
      applicationGroups:
        - {name: zz-others-group, applications: [zz-others-app]}
        - {name: blue-group, applications: [wiki]}
      groups: [{name: staff, members: [a@example.com]}]
      rules:
        - {name: zz-others-deny, action: deny, anyApplication: true, users: [eve@example.com]}
        - {name: wiki-rule, action: allow, applications: [wiki], anyone: true}
        - {name: zz-others-rule, action: allow, applications: [zz-others-app], anyone: true}
      tests:
        - {name: zz-others-test, user: a@example.com, host: wiki.corp.internal, port: 80,
           expect: allow}
      """;

  final BrokerUnderTest broker;
  final AdminCaller owner;
  final AdminCaller blue;
  final String user;

  TwoTeams(Path dataDir) throws Exception {
    this(dataDir, BrokerUnderTest.settings(dataDir, Optional.empty(), Set.of()));
  }

  TwoTeams(Path dataDir, BrokerSettings settings) throws Exception {
    broker = new BrokerUnderTest(dataDir, settings);
    owner = new AdminCaller(broker, Files.readString(dataDir.resolve("admin.token")).strip());
    role("blue-writer", "\"*:*\"", "team=blue");
    role("blue-applications", "\"applications:*\"", "team=blue");
    role("red-writer", "\"*:*\"", "team=red");
    blue = owner.newToken("bert", "blue-writer");
    apply();
    try (ScimDoor people = new ScimDoor(broker, "corp")) {
      user =
          people
              .send(
                  "POST",
                  "/Users",
                  "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],"
                      + "\"userName\":\"a@example.com\",\"externalId\":\"a\",\"active\":true}")
              .body()
              .path("id")
              .asText();
    }
  }

  @Override
  public void close() {
    broker.close();
  }

  void apply() throws Exception {
    AdminCaller.Answer applied = owner.call("POST", "/admin/v1/apply", POLICY);
    assertThat(applied.status()).as(applied.body()).isEqualTo(200);
  }

  void role(String name, String permissions, String label) throws Exception {
    assertThat(
            owner
                .call(
                    "PUT",
                    "/admin/v1/roles/" + name,
                    "{\"permissions\":[%s],\"labels\":[\"%s\"]}".formatted(permissions, label))
                .status())
        .isEqualTo(200);
  }

  AdminCaller scoped(String role, String scope) throws Exception {
    JsonNode made =
        owner
            .call(
                "POST",
                "/admin/v1/api-clients",
                "{\"name\":\"%s-client\",\"role\":\"%s\"}".formatted(role, role))
            .json();
    String basic = made.path("clientId").asText() + ":" + made.path("clientSecret").asText();
    String body =
        broker
            .send(
                broker
                    .request("/admin/v1/oauth/token")
                    .header(
                        "Authorization",
                        "Basic "
                            + Base64.getEncoder()
                                .encodeToString(basic.getBytes(StandardCharsets.UTF_8)))
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(
                        HttpRequest.BodyPublishers.ofString(
                            "grant_type=client_credentials&scope="
                                + URLEncoder.encode(scope, StandardCharsets.UTF_8)))
                    .build())
            .body();
    return new AdminCaller(
        broker, BrokerUnderTest.JSON.readTree(body).path("access_token").asText());
  }

  /** All that a change could be seen in. */
  String state() throws Exception {
    StringBuilder state = new StringBuilder();
    for (String path :
        List.of(
            "config",
            "roles",
            "settings/four-eyes",
            "users",
            "devices",
            "sessions",
            "risks",
            "connectors",
            "provisioning-keys",
            "service-keys",
            "scim/tokens",
            "signals/streams",
            "access-requests",
            "approvals",
            "changes")) {
      state.append(owner.call("GET", "/admin/v1/" + path, "").body()).append('\n');
    }
    for (String path : List.of("tokens", "api-clients")) {
      owner
          .call("GET", "/admin/v1/" + path + "?limit=1000", "")
          .json()
          .path("items")
          .forEach(each -> state.append(each.path("id")).append(each.path("revoked")));
    }
    return state.toString();
  }

  /** Asked twice, and nothing is changed or told. */
  void refused(AdminCaller caller, String method, String path, String body) throws Exception {
    String before = state();
    String[] head = method.equals("PUT") ? new String[] {"If-Match", "*"} : new String[0];
    for (String[] headers : List.of(head, new String[] {"If-None-Match", "*"})) {
      AdminCaller.Answer answer = caller.call(method, "/admin/v1/" + path, body, headers);
      String what =
          "%s %s %s -> %d %s".formatted(method, path, body, answer.status(), answer.body());
      assertThat(answer.status()).as(what).isIn(400, 403, 404, 409, 412, 422);
      String shown = answer.body();
      for (String word : (path + body).split("[^a-z-]+", -1)) {
        shown = word.startsWith(OTHERS) ? shown.replace(word, "") : shown;
      }
      assertThat(shown).as(what).doesNotContain(OTHERS);
    }
    assertThat(state()).as("%s %s %s", method, path, body).isEqualTo(before);
  }

  /** Asks for access; the id of the request. */
  String ask(String application) throws Exception {
    AdminCaller.Answer asked =
        owner.call(
            "POST",
            "/admin/v1/access-requests",
            "{\"user\":\"a@example.com\",\"application\":\"%s\",\"reason\":\"r\"}"
                .formatted(application));
    assertThat(asked.status()).as(asked.body()).isEqualTo(201);
    return asked.json().path("id").asText();
  }
}
