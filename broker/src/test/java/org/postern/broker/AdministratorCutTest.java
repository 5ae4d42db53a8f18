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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postern.identity.IdentityKey;

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
    SCIM_INACTIVE("your provider says that your account is not active"),
    SCIM_DELETED("your provider says that your account is not active"),
    CAEP_SESSION_REVOKED("your provider signalled that the session is over (events)"),
    CAEP_PERSON_REVOKED("your provider signalled that the session is over (events)"),
    CAEP_CREDENTIAL_CHANGE("your provider signalled that the session is over (events)"),
    CAEP_ASSURANCE_LOWER("your provider signalled that the session is over (events)"),
    CAEP_DEVICE_NOT_COMPLIANT(
        "your provider signalled that one of your devices does not comply (events), and this"
            + " browser may have been on it"),
    RISC_ACCOUNT_DISABLED("your provider signalled that your account is shut out"),
    BACK_CHANNEL("signed out at corp"),
    FRONT_CHANNEL("signed out at corp"),
    USER_DISABLED("your account was disabled by an administrator"),
    DEVICE_SESSION_REVOKED("revoked by an administrator"),
    BROWSER_SESSION_REVOKED("revoked by an administrator"),
    DEVICE_QUARANTINED("one of your devices was quarantined, and this browser may have been on it"),
    DEVICE_REMOVED("one of your devices was removed, and this browser may have been on it"),
    ADMINISTRATOR_DISABLED("your account was disabled by an administrator");

    /** What the person reads behind "you were signed out:". */
    final String why;

    Word(String why) {
      this.why = why;
    }
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

  private record SignedIn(
      String name, String user, String device, String cookie, String commandLine) {}

  /** Signs the same person in on a device, too. */
  private String device() throws Exception {
    HttpResponse<String> enrolled =
        broker.post(
            "/enroll/device",
            BrokerUnderTest.deviceEnrollment(
                BrokerUnderTest.parameter(broker.signIn(), "code"),
                BrokerUnderTest.VERIFIER,
                IdentityKey.generate().csr()));
    return BrokerUnderTest.JSON.readTree(enrolled.body()).path("device_id").asText();
  }

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
    String device = device();
    String cookie = AdministratorBrowser.cookie(browser.signIn("provider=corp"));
    return new SignedIn(name, user, device, cookie, browser.commandLine(cookie));
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

  private void ordered(String method, String path) throws Exception {
    HttpResponse<String> done = broker.admin(method, "/admin/v1/" + path, "");
    assertThat(done.statusCode()).as(done.body()).isBetween(200, 204);
  }

  private String sessionOn(String device) throws Exception {
    for (JsonNode each :
        BrokerUnderTest.JSON
            .readTree(broker.admin("GET", "/admin/v1/sessions", "").body())
            .path("items")) {
      if (each.path("deviceId").asText().equals(device)) {
        return each.path("id").asText();
      }
    }
    throw new AssertionError("no session on the device");
  }

  private void say(Word word, SignedIn who, AdministratorBrowser browser) throws Exception {
    String session = "session-of-" + who.name();
    switch (word) {
      case CAEP_CREDENTIAL_CHANGE ->
          signal(
              TestTransmitter.CAEP + "credential-change",
              transmitter.person(who.name()),
              Map.of("change_type", "revoke", "credential_type", "password"));
      case CAEP_ASSURANCE_LOWER ->
          signal(
              TestTransmitter.CAEP + "assurance-level-change",
              transmitter.person(who.name()),
              Map.of("change_direction", "decrease"));
      case CAEP_DEVICE_NOT_COMPLIANT ->
          signal(
              TestTransmitter.CAEP + "device-compliance-change",
              TestTransmitter.complex(Map.of("device", TestTransmitter.opaque(who.device()))),
              Map.of("current_status", "not-compliant"));
      case USER_DISABLED -> ordered("POST", "users/" + who.user() + "/disable");
      case DEVICE_SESSION_REVOKED -> ordered("DELETE", "sessions/" + sessionOn(who.device()));
      case BROWSER_SESSION_REVOKED ->
          ordered("DELETE", "sessions/" + browser.session(who.cookie()).path("session").asText());
      case DEVICE_QUARANTINED -> ordered("POST", "devices/" + who.device() + "/quarantine");
      case DEVICE_REMOVED -> ordered("DELETE", "devices/" + who.device());
      case ADMINISTRATOR_DISABLED ->
          ordered("POST", "administrators/corp:" + who.name() + "@example.com/disable");
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
              TestTransmitter.complex(Map.of("session", TestTransmitter.opaque(session))),
              Map.of());
      case CAEP_PERSON_REVOKED ->
          signal(
              TestTransmitter.CAEP + "session-revoked", transmitter.person(who.name()), Map.of());
      case RISC_ACCOUNT_DISABLED ->
          signal(
              TestTransmitter.RISC + "account-disabled", transmitter.person(who.name()), Map.of());
      case BACK_CHANNEL -> signOutBehind(session);
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

  private void signOutBehind(String session) throws Exception {
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

  private void signal(String event, Map<String, ?> subject, Map<String, ?> payload)
      throws Exception {
    HttpResponse<String> taken =
        broker.send(
            broker
                .request("/signals/events")
                .header("Authorization", "Bearer " + streamToken)
                .header("Content-Type", "application/secevent+jwt")
                .POST(
                    HttpRequest.BodyPublishers.ofString(transmitter.event(event, subject, payload)))
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
    say(word, who, browser);
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
    assertThat(BrokerUnderTest.JSON.readTree(change.body()).path("title").asText())
        .isEqualTo("You were signed out: " + word.why);
    assertThat(browser.session(who.cookie()).path("ended").asText())
        .as("what the page tells the person")
        .isEqualTo(word.why);
  }

  @Test
  void whoeverHadNoSessionOrLeftByHimselfIsToldNothing() throws Exception {
    AdministratorBrowser browser = new AdministratorBrowser(broker, broker.from(++visitors));
    SignedIn who = administrator(browser, "leaver");
    assertThat(browser.session("__Host-postern-admin=postern_as_guess").has("ended")).isFalse();
    HttpResponse<String> out = browser.ask("/out", who.cookie(), Map.of());
    assertThat(out.headers().firstValue("Set-Cookie").orElseThrow())
        .startsWith("__Host-postern-admin=; Max-Age=0;");
    assertThat(browser.session("a=b").has("ended")).isFalse();
  }
}
