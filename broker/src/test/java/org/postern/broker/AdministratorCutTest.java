package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What ends a person's devices ends what they have open as an administrator too: the browser, and
 * the command line that it let in; and nobody else's.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AdministratorCutTest {
  @TempDir private static Path folder;
  private TestProvider provider;
  private TestTransmitter transmitter;
  private BrokerUnderTest broker;
  private ScimDoor scim;
  private int visitors;
  private String streamToken = "";

  /** Who says that it is over, and how. */
  enum Word {
    SCIM_INACTIVE,
    SCIM_DELETED,
    CAEP_SESSION_REVOKED,
    CAEP_PERSON_REVOKED,
    RISC_ACCOUNT_DISABLED,
    BACK_CHANNEL,
    FRONT_CHANNEL
  }

  @BeforeAll
  void start() throws Exception {
    provider = new TestProvider(Instant::now);
    transmitter = new TestTransmitter();
    broker =
        new BrokerUnderTest(
            folder.resolve("data"), Set.of(provider.issuer(), transmitter.issuer()));
    HttpResponse<String> applied =
        broker.admin(
            "POST",
            "/admin/v1/apply",
            """
            version: 1
            identityProviders:
              - name: corp
                issuer: "%s"
                clientId: %s
                domains: [example.com]
                signIn: [users, administrators]
                administrators: [{group: ops, role: operator}]
            """
                .formatted(provider.issuer(), TestProvider.CLIENT));
    assertThat(applied.statusCode()).as(applied.body()).isEqualTo(200);
    scim = new ScimDoor(broker, "corp");
    HttpResponse<String> stream =
        broker.admin(
            "POST",
            "/admin/v1/signals/streams",
            """
            {"name":"events","provider":"corp","issuer":"%s","audience":"%s"}
            """
                .formatted(transmitter.issuer(), TestTransmitter.AUDIENCE));
    streamToken = BrokerUnderTest.JSON.readTree(stream.body()).path("token").asText();
  }

  @AfterAll
  void stop() {
    scim.close();
    broker.close();
    provider.close();
    transmitter.close();
  }

  private record SignedIn(String name, String user, String cookie, String commandLine) {}

  private SignedIn administrator(AdministratorBrowser browser, String name) throws Exception {
    ScimDoor.Answer made =
        scim.send(
            "POST",
            "/Users",
            "{\"userName\":\"%1$s@example.com\",\"externalId\":\"%1$s\",\"active\":true}"
                .formatted(name));
    assertThat(made.status()).as(made.http().body()).isEqualTo(201);
    String user = made.body().path("id").asText();
    scim.newGroup("ops-" + name, user);
    provider.claims(claims ->
        claims
            .subject(name)
            .claim("email", name + "@example.com")
            .claim("groups", List.of("ops"))
            .claim("sid", "session-of-" + name));
    String cookie = AdministratorBrowser.cookie(browser.signIn("provider=corp"));
    return new SignedIn(name, user, cookie, browser.commandLine(cookie));
  }

  /** What of it still works. */
  private List<String> open(AdministratorBrowser browser, SignedIn who) throws Exception {
    List<String> open = new ArrayList<>();
    JsonNode page = browser.session(who.cookie());
    if (page.path("signedIn").asBoolean()) {
      open.add("browser");
    }
    if (browser.call(who.commandLine(), "GET", "/admin/v1/users") == 200) {
      open.add("command line");
    }
    return open;
  }

  private void say(Word word, SignedIn who) throws Exception {
    String session = "session-of-" + who.name();
    switch (word) {
      case SCIM_INACTIVE ->
          assertThat(
                  scim.send(
                          "PATCH",
                          "/Users/" + who.user(),
                          "{\"Operations\":[{\"op\":\"Replace\",\"path\":\"active\",\"value\":false}]}")
                      .status())
              .isEqualTo(200);
      case SCIM_DELETED ->
          assertThat(scim.send("DELETE", "/Users/" + who.user(), "").status()).isEqualTo(204);
      case CAEP_SESSION_REVOKED ->
          signal(
              TestTransmitter.CAEP + "session-revoked",
              TestTransmitter.complex(Map.of("session", TestTransmitter.opaque(session))));
      case CAEP_PERSON_REVOKED ->
          signal(TestTransmitter.CAEP + "session-revoked", transmitter.person(who.name()));
      case RISC_ACCOUNT_DISABLED ->
          signal(TestTransmitter.RISC + "account-disabled", transmitter.person(who.name()));
      case BACK_CHANNEL -> {
        HttpResponse<String> out =
            broker.send(
                broker
                    .request("/signin/oidc/corp/logout")
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(
                        HttpRequest.BodyPublishers.ofString(
                            "logout_token=" + provider.logoutToken(session)))
                    .build());
        assertThat(out.statusCode()).as(out.body()).isEqualTo(200);
      }
      case FRONT_CHANNEL ->
          assertThat(
                  broker
                      .get(
                          "/signin/oidc/corp/logout?sid="
                              + session
                              + "&iss="
                              + URLEncoder.encode(provider.issuer(), StandardCharsets.UTF_8))
                      .statusCode())
              .isEqualTo(200);
    }
  }

  private void signal(String event, Map<String, ?> subject) throws Exception {
    HttpResponse<String> taken =
        broker.send(
            broker
                .request("/signals/events")
                .header("Authorization", "Bearer " + streamToken)
                .header("Content-Type", "application/secevent+jwt")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        transmitter.event(event, subject, Map.of())))
                .build());
    assertThat(taken.statusCode()).as(taken.body()).isEqualTo(202);
  }

  @ParameterizedTest
  @EnumSource(Word.class)
  void browserAndCommandLineOfAnAdministratorAreSignedOut(Word word) throws Exception {
    AdministratorBrowser browser = new AdministratorBrowser(broker, broker.from(++visitors));
    SignedIn who = administrator(browser, "who" + visitors);
    SignedIn other = administrator(browser, "other" + visitors);
    assertThat(open(browser, who)).containsExactly("browser", "command line");
    say(word, who);
    assertThat(open(browser, who)).isEmpty();
    assertThat(open(browser, other)).as("somebody else").containsExactly("browser", "command line");
    HttpResponse<String> change =
        broker.send(
            broker
                .request("/admin/signin/command-line")
                .header("Cookie", who.cookie())
                .header("Origin", broker.url("/").toString().replaceFirst("/$", ""))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                .build());
    assertThat(change.statusCode()).as(change.body()).isEqualTo(401);
  }
}
