package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Administrators who sign in through an OpenID Connect provider. */
final class AdministratorProviderTest {
  private static final String OPS = "[{group: ops, role: operator}, {group: staff, role: auditor}]";

  @TempDir private Path folder;
  private TestProvider provider;
  private BrokerUnderTest broker;
  private AdministratorBrowser browser;

  @BeforeEach
  void start() throws Exception {
    provider = new TestProvider(Instant::now);
    broker = new BrokerUnderTest(folder.resolve("data"), Set.of(provider.issuer()));
    browser = new AdministratorBrowser(broker);
  }

  @AfterEach
  void stop() {
    broker.close();
    provider.close();
  }

  private HttpResponse<String> configure(String audiences, String administrators) throws Exception {
    return broker.admin(
        "POST",
        "/admin/v1/apply",
        """
        version: 1
        identityProviders:
          - name: corp
            issuer: "%s"
            clientId: %s
            domains: [example.com]
            attributes: {department: dept}
            signIn: %s
            administrators: %s
        """
            .formatted(provider.issuer(), TestProvider.CLIENT, audiences, administrators));
  }

  private void good(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 202);
  }

  private JsonNode self(String token) throws Exception {
    return BrokerUnderTest.JSON.readTree(
        broker
            .send(broker.request("/admin/v1/me").header("Authorization", "Bearer " + token).build())
            .body());
  }

  private String userId() throws Exception {
    return BrokerUnderTest.JSON
        .readTree(broker.admin("GET", "/admin/v1/users", "").body())
        .path("items")
        .get(0)
        .path("id")
        .asText();
  }

  private String log() throws Exception {
    return broker.admin("GET", "/admin/v1/audit?limit=50", "").body();
  }

  @Test
  void firstMappingThatFitsGivesTheRoleToBrowserAndCommandLine() throws Exception {
    good(configure("[administrators]", OPS));
    provider.claims(claims -> claims.claim("groups", List.of("staff", "ops")));
    String terminal = "&redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2Fcallback&state=state-state";
    HttpResponse<String> back = browser.signIn("email=Alice%40Example.com" + terminal);
    String cookie = AdministratorBrowser.cookie(back);
    assertThat(back.headers().firstValue("Location").orElseThrow())
        .as("the terminal that waits is not forgotten")
        .contains("redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2Fcallback", "state=state-state");
    JsonNode own = browser.session(cookie);
    assertThat(own.path("name").asText()).isEqualTo("corp:alice@example.com");
    assertThat(own.path("role").asText()).isEqualTo("operator");
    assertThat(own.path("provider").asText()).isEqualTo("corp");

    String token = browser.commandLine(cookie);
    assertThat(self(token).path("userId").asText())
        .as("so that he approves no request of his own")
        .isEqualTo(userId());
    assertThat(browser.call(token, "GET", "/admin/v1/users")).isEqualTo(200);
    assertThat(browser.call(token, "POST", "/admin/v1/administrators")).isEqualTo(403);
    assertThat(browser.ask("/account/passkey", cookie, Map.of()).body())
        .as("no credentials that outlive the provider's word")
        .contains("provider-account");
    assertThat(
            broker
                .admin("POST", "/admin/v1/administrators/corp:alice@example.com/reset", "{}")
                .body())
        .contains("provider-account");
    assertThat(browser.ask("/out", cookie, Map.of()).statusCode()).isEqualTo(200);
    assertThat(browser.session(cookie).path("signedIn").asBoolean()).isFalse();
    assertThat(log())
        .contains("through corp, role operator by group ops", "administrator.sign-out");
  }

  @Test
  void whoeverFitsNoMappingIsRefusedAndLeavesNothingBehind() throws Exception {
    good(configure("[administrators]", "[{attribute: department, value: it, role: auditor}]"));
    HttpResponse<String> refused = browser.signIn("provider=corp");
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body()).contains("signin-no-role", "Back to administrator sign-in");
    assertThat(refused.headers().allValues("Set-Cookie").toString())
        .doesNotContain("__Host-postern-admin=");
    assertThat(broker.admin("GET", "/admin/v1/users", "").body()).doesNotContain("alice");
    assertThat(log()).contains("signin-no-role: alice alice@example.com");

    provider.claims(claims -> claims.claim("dept", List.of("sales", "it")));
    assertThat(
            browser
                .session(AdministratorBrowser.cookie(browser.signIn("provider=corp")))
                .path("role")
                .asText())
        .isEqualTo("auditor");
  }

  @Test
  void userSignInAndAdministratorSignInAreSwitchedApart() throws Exception {
    good(configure("[users]", OPS));
    assertThat(browser.signIn("provider=corp").body()).contains("signin-not-for-administrators");
    assertThat(browser.signIn("email=alice%40example.com").body()).contains("signin-email-unknown");
    assertThat(browser.session("a=b").path("providers")).isEmpty();
    HttpResponse<String> device = broker.signIn();
    assertThat(BrokerUnderTest.parameter(device, "code")).isNotEmpty();
    assertThat(device.headers().allValues("Set-Cookie").toString())
        .as("a device's sign-in is nobody's administrator session")
        .doesNotContain("__Host-postern-admin=");

    good(configure("[administrators]", OPS));
    assertThat(broker.signIn().body()).contains("signin-no-provider");
    assertThat(browser.session("a=b").path("providers").toString()).isEqualTo("[\"corp\"]");
    assertThat(browser.signIn("provider=corp").headers().firstValue("Location").orElseThrow())
        .as("an administrator's sign-in is no device's code")
        .doesNotContain("code=");
  }

  @Test
  void switchedOffWhileSomebodyIsAtTheProviderMeansRefused() throws Exception {
    good(configure("[administrators]", OPS));
    HttpResponse<String> begun = broker.get("/admin/signin/provider?provider=corp");
    String cookie = begun.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", "");
    HttpResponse<String> there =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create(begun.headers().firstValue("Location").orElseThrow()))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    good(configure("[users]", OPS));
    HttpResponse<String> back =
        broker.comeBack(URI.create(there.headers().firstValue("Location").orElseThrow()), cookie);
    assertThat(back.body()).contains("signin-not-for-administrators");
  }

  @Test
  void sessionsEndWithTheUserTheMappingAndARevocationAndStayEnded() throws Exception {
    good(configure("[users, administrators]", OPS));
    String cookie = AdministratorBrowser.cookie(browser.signIn("provider=corp"));
    String token = browser.commandLine(cookie);
    assertThat(browser.call(token, "GET", "/admin/v1/users")).isEqualTo(200);
    good(broker.admin("POST", "/admin/v1/users/" + userId() + "/disable", ""));
    assertThat(browser.call(token, "GET", "/admin/v1/users")).isEqualTo(401);
    assertThat(browser.signIn("provider=corp").body()).contains("signin-user-disabled");
    good(broker.admin("POST", "/admin/v1/users/" + userId() + "/enable", ""));
    assertThat(browser.session(cookie).path("signedIn").asBoolean()).as("ended for good").isFalse();
    assertThat(browser.call(token, "GET", "/admin/v1/users")).isEqualTo(401);

    String second = AdministratorBrowser.cookie(browser.signIn("provider=corp"));
    String id = browser.session(second).path("session").asText();
    good(broker.admin("DELETE", "/admin/v1/sessions/" + id, ""));
    assertThat(browser.session(second).path("signedIn").asBoolean()).isFalse();

    String third = AdministratorBrowser.cookie(browser.signIn("provider=corp"));
    token = browser.commandLine(third);
    good(configure("[users, administrators]", "[{group: staff, role: approver}]"));
    assertThat(browser.call(token, "GET", "/admin/v1/users")).isEqualTo(401);
    good(configure("[users, administrators]", OPS));
    assertThat(browser.session(third).path("signedIn").asBoolean()).as("ended for good").isFalse();
  }

  @Test
  void otherGroupsAtTheNextSignInAreAnotherRoleAndEndTheOldOne() throws Exception {
    good(configure("[administrators]", OPS));
    String before = AdministratorBrowser.cookie(browser.signIn("provider=corp"));
    assertThat(browser.session(before).path("role").asText()).isEqualTo("auditor");
    provider.claims(claims -> claims.claim("groups", List.of("ops")));
    String after = AdministratorBrowser.cookie(browser.signIn("provider=corp"));
    assertThat(browser.session(after).path("role").asText()).isEqualTo("operator");
    assertThat(browser.session(before).path("signedIn").asBoolean()).isFalse();
    good(broker.admin("POST", "/admin/v1/administrators/corp:alice@example.com/disable", ""));
    assertThat(browser.session(after).path("signedIn").asBoolean()).isFalse();
    assertThat(browser.signIn("provider=corp").body()).contains("signin-user-disabled");
  }

  @Test
  void rolesThatAreNotThereAreRefusedWithTheirLine() throws Exception {
    HttpResponse<String> wrong = configure("[administrators]", "[{group: ops, role: admiral}]");
    assertThat(wrong.statusCode()).isEqualTo(422);
    assertThat(wrong.body()).contains("\"line\":9", "there is no role", "admiral", "auditor");
    assertThat(configure("[administrators]", "[{attribute: team, value: a, role: owner}]").body())
        .contains("is not taken over");
    good(
        broker.admin(
            "PUT", "/admin/v1/roles/admiral", "{\"permissions\":[\"users:read\"],\"labels\":[]}"));
    good(configure("[administrators]", "[{group: staff, role: admiral}]"));
    assertThat(broker.admin("GET", "/admin/v1/config", "").body())
        .contains("{group: staff, role: admiral}");
    assertThat(
            browser
                .session(AdministratorBrowser.cookie(browser.signIn("provider=corp")))
                .path("role")
                .asText())
        .isEqualTo("admiral");
  }

  @Test
  void pageOffersTheProvidersThatSignInAdministrators() throws Exception {
    good(configure("[administrators]", OPS));
    try (Chromium chromium = Chromium.start(folder, folder.resolve("chromium.log"))) {
      chromium.addAuthenticator();
      chromium.open(broker.url("/admin/signin"));
      chromium.shows("signin");
      AdministratorPageTest.pictures(chromium, "signin-one-provider");
      chromium.value("document.querySelector('#providers button').click()");
      chromium.shows("account");
      assertThat(chromium.text("own-name")).isEqualTo("corp:alice@example.com");
      assertThat(chromium.value("document.querySelector('.own-credentials').hidden").asBoolean())
          .isTrue();
      AdministratorPageTest.pictures(chromium, "account-of-provider");
      chromium.click("sign-out");
      chromium.shows("signin");

      good(
          broker.admin(
              "POST",
              "/admin/v1/apply",
              """
              version: 1
              identityProviders:
                - {name: corp, issuer: "%1$s", clientId: %2$s, domains: [example.com],
                   signIn: [administrators], administrators: [{group: staff, role: auditor}]}
                - {name: partner-operations, issuer: "https://partner.example", clientId: x,
                   domains: [partner.example], signIn: [administrators]}
              """
                  .formatted(provider.issuer(), TestProvider.CLIENT)));
      chromium.open(broker.url("/admin/signin"));
      chromium.until("document.querySelectorAll('#providers button').length == 2");
      AdministratorPageTest.pictures(chromium, "signin-providers");
      chromium.type("email", "alice@example.com");
      chromium.value("document.getElementById('by-email').requestSubmit()");
      chromium.shows("account");
      assertThat(chromium.text("own-role")).isEqualTo("auditor");
    }
  }

  @Test
  void nothingOfTheQueryLeadsElsewhere() throws Exception {
    good(configure("[administrators]", OPS));
    String evil = URLEncoder.encode("https://evil.example/\r\nX: y", StandardCharsets.UTF_8);
    HttpResponse<String> back =
        browser.signIn("provider=corp&redirect_uri=" + evil + "&next=" + evil);
    assertThat(back.headers().firstValue("Location").orElseThrow())
        .startsWith("/admin/signin?redirect_uri=https%3A%2F%2Fevil.example")
        .doesNotContain("next=");
    assertThat(
            browser
                .ask(
                    "/command-line",
                    AdministratorBrowser.cookie(back),
                    Map.of("redirectUri", "https://evil.example/"))
                .statusCode())
        .isEqualTo(400);
  }
}
