package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.postern.broker.administrators.TestTotp;

/** What browsers are given to keep, at every door, and what it is worth in another's hands. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CookiesTest {
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final String SIGN_IN = "__Host-signin-";
  private static final String SESSION = "__Host-postern-admin";
  private static final String MARK = "__Host-postern-admin-device";

  @TempDir private static Path folder;
  private TestProvider provider;
  private BrokerUnderTest broker;

  @BeforeAll
  void start() throws Exception {
    provider = new TestProvider(Instant::now);
    broker = new BrokerUnderTest(folder.resolve("data"), Set.of(provider.issuer()));
    String policy =
        """
        version: 1
        identityProviders:
          - name: corp
            issuer: "%s"
            clientId: %s
            signIn: [users, administrators]
            administrators: [{group: staff, role: auditor}]
        """
            .formatted(provider.issuer(), TestProvider.CLIENT);
    assertThat(broker.admin("POST", "/admin/v1/apply", policy).statusCode()).isEqualTo(200);
  }

  @AfterAll
  void stop() {
    broker.close();
    provider.close();
  }

  /** One that a browser was given. */
  private record Cookie(String name, String value, Map<String, String> attributes) {
    static Cookie of(String header) {
      String[] parts = header.split("; ?", -1);
      Map<String, String> attributes = new LinkedHashMap<>();
      for (int i = 1; i < parts.length; i++) {
        String[] pair = parts[i].split("=", 2);
        String before =
            attributes.put(pair[0].toLowerCase(Locale.ROOT), pair.length > 1 ? pair[1] : "");
        assertThat(before).as("given twice in %s", header).isNull();
      }
      String[] pair = parts[0].split("=", 2);
      return new Cookie(pair[0], pair[1], attributes);
    }

    Duration age() {
      return Duration.ofSeconds(Long.parseLong(attributes.get("max-age")));
    }

    String sent() {
      return name + "=" + value;
    }
  }

  /** All that a browser was given on its ways. */
  private final class Browser {
    final List<Cookie> given = new ArrayList<>();

    HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
      String sent = given.stream().map(Cookie::sent).collect(Collectors.joining("; "));
      if (!sent.isEmpty()) {
        request.header("Cookie", sent);
      }
      HttpResponse<String> answer = broker.send(request.build());
      answer.headers().allValues("Set-Cookie").stream().map(Cookie::of).forEach(given::add);
      return answer;
    }

    HttpResponse<String> form(String path, Map<String, String> fields) throws Exception {
      String body =
          fields.entrySet().stream()
              .map(each ->
                  each.getKey() + "=" + URLEncoder.encode(each.getValue(), StandardCharsets.UTF_8))
              .collect(Collectors.joining("&"));
      return send(
          broker
              .request(path)
              .header("Content-Type", FORM)
              .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    JsonNode json(String path, Map<String, ?> body) throws Exception {
      HttpResponse<String> answer =
          send(
              broker
                  .request("/admin/signin" + path)
                  .header("Content-Type", "application/json")
                  .header("Origin", broker.url("/").toString().replaceFirst("/$", ""))
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          BrokerUnderTest.JSON.writeValueAsString(body))));
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      return BrokerUnderTest.JSON.readTree(answer.body());
    }

    /** From our redirect to the provider, and back to us. */
    HttpResponse<String> throughTheProvider(HttpResponse<String> begun) throws Exception {
      return send(
          HttpRequest.newBuilder(backFromTheProvider(begun)).timeout(Duration.ofSeconds(20)));
    }

    List<String> names() {
      return given.stream().map(each -> each.name().replaceFirst("(signin-).*", "$1")).toList();
    }
  }

  private static URI backFromTheProvider(HttpResponse<String> begun) throws Exception {
    assertThat(begun.statusCode()).as(begun.body()).isEqualTo(303);
    try (HttpClient outside = HttpClient.newHttpClient()) {
      HttpResponse<String> there =
          outside.send(
              HttpRequest.newBuilder(
                      URI.create(begun.headers().firstValue("Location").orElseThrow()))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      return URI.create(there.headers().firstValue("Location").orElseThrow());
    }
  }

  private Browser withADevice() throws Exception {
    Browser browser = new Browser();
    HttpResponse<String> begun =
        browser.send(broker.request(BrokerUnderTest.deviceQuery("http://127.0.0.1:4711/callback")));
    assertThat(browser.throughTheProvider(begun).statusCode()).isEqualTo(303);
    return browser;
  }

  private Browser withACode() throws Exception {
    Browser browser = new Browser();
    HttpResponse<String> waiting =
        new Browser()
            .form(
                "/signin/code",
                Map.of(
                    "client_id", "postern",
                    "code_challenge", BrokerUnderTest.challenge(BrokerUnderTest.VERIFIER),
                    "code_challenge_method", "S256",
                    "device_name", "server"));
    String code = BrokerUnderTest.JSON.readTree(waiting.body()).path("user_code").asText();
    HttpResponse<String> asked =
        browser.throughTheProvider(browser.form("/device", Map.of("user_code", code)));
    Matcher state = Pattern.compile("name=\"state\" value=\"([^\"]*)\"").matcher(asked.body());
    assertThat(state.find()).as(asked.body()).isTrue();
    assertThat(browser.names()).as("he is still asked").containsExactly(SIGN_IN);
    HttpResponse<String> done =
        browser.form("/device/confirm", Map.of("state", state.group(1), "answer", "approve"));
    assertThat(done.body()).contains("The device is let in");
    return browser;
  }

  private Browser asAdministratorThroughTheProvider() throws Exception {
    Browser browser = new Browser();
    HttpResponse<String> begun =
        browser.send(broker.request("/admin/signin/provider?provider=corp"));
    assertThat(browser.throughTheProvider(begun).statusCode()).isEqualTo(303);
    return browser;
  }

  private Browser asAdministratorByPassword() throws Exception {
    Browser browser = new Browser();
    String code = Files.readString(broker.dataDir.resolve("first-administrator.code")).strip();
    JsonNode setup = browser.json("/setup", Map.of("code", code, "name", "ada"));
    TestTotp totp = TestTotp.ofText(setup.path("totp").path("secret").asText());
    browser.json(
        "/setup/password",
        Map.of(
            "state", setup.path("state").asText(),
            "password", "four random words are good",
            "code", totp.code(0)));
    assertThat(browser.send(broker.request("/admin/signin/session")).body())
        .contains("\"signedIn\":true");
    return browser;
  }

  @Test
  void everyCookieOfEveryDoorIsForThisHostForHttpsAloneAndForNoScript() throws Exception {
    Browser device = withADevice();
    assertThat(device.names()).as("given, and taken back").containsExactly(SIGN_IN, SIGN_IN);
    Browser code = withACode();
    assertThat(code.names()).containsExactly(SIGN_IN, SIGN_IN);
    Browser administrator = asAdministratorThroughTheProvider();
    assertThat(administrator.names()).containsExactly(SIGN_IN, SESSION, SIGN_IN);
    Browser local = asAdministratorByPassword();
    assertThat(local.names()).containsExactly(SESSION, MARK);
    for (Browser browser : List.of(device, code, administrator, local)) {
      browser.given.forEach(CookiesTest::judge);
    }
    for (Browser browser : List.of(device, code, administrator)) {
      List<Cookie> ofSignIn =
          browser.given.stream().filter(each -> each.name().startsWith(SIGN_IN)).toList();
      assertThat(ofSignIn.getLast().name()).isEqualTo(ofSignIn.getFirst().name());
      assertThat(ofSignIn.getLast().value()).isEmpty();
      assertThat(ofSignIn.getLast().age()).isZero();
    }
  }

  private static void judge(Cookie cookie) {
    boolean ofSignIn = cookie.name().startsWith(SIGN_IN);
    assertThat(cookie.attributes())
        .as(cookie.name())
        .containsOnlyKeys("max-age", "path", "secure", "httponly", "samesite")
        .containsEntry("path", "/")
        // SAML's answer is a POST from the provider's site: Lax would not come along.
        .containsEntry("samesite", ofSignIn ? "None" : "Strict");
    Duration most =
        ofSignIn
            ? Duration.ofMinutes(10)
            : cookie.name().equals(MARK) ? Duration.ofDays(365) : Duration.ofHours(12);
    assertThat(cookie.age()).as(cookie.name()).isBetween(Duration.ZERO, most);
    if (!cookie.value().isEmpty()) {
      assertThat(cookie.value()).as("256 bits").hasSizeGreaterThanOrEqualTo(43);
    }
  }

  @Test
  void whoeverReadsTheStateOnItsWayCannotMakeItsCookie() throws Exception {
    Browser victim = new Browser();
    HttpResponse<String> begun =
        victim.send(broker.request(BrokerUnderTest.deviceQuery("http://127.0.0.1:4711/callback")));
    URI back = backFromTheProvider(begun);
    Matcher state = Pattern.compile("[?&]state=([^&]*)").matcher(back.toString());
    assertThat(state.find()).isTrue();
    Cookie kept = victim.given.getFirst();
    assertThat(kept.value()).isNotEqualTo(state.group(1));
    assertThat(begun.headers().firstValue("Location").orElseThrow()).doesNotContain(kept.value());
    for (String guess :
        List.of(
            state.group(1),
            BrokerUnderTest.challenge(state.group(1)),
            BrokerUnderTest.challenge("browser " + state.group(1)),
            BrokerUnderTest.challenge("state " + state.group(1)))) {
      assertThat(broker.comeBack(back, kept.name() + "=" + guess).body())
          .as(guess)
          .contains("signin-state");
    }
    Browser other = new Browser();
    other.send(broker.request(BrokerUnderTest.deviceQuery("http://127.0.0.1:4711/callback")));
    assertThat(broker.comeBack(back, other.given.getFirst().sent()).body())
        .as("the cookie of another sign-in")
        .contains("signin-state");
    assertThat(broker.comeBack(back, kept.name() + "=" + other.given.getFirst().value()).body())
        .contains("signin-state");
    assertThat(broker.comeBack(back, kept.sent()).statusCode())
        .as("the browser that began it")
        .isEqualTo(303);
    assertThat(broker.comeBack(back, kept.sent()).body()).as("again").contains("signin-state");
  }

  @Test
  void cookiesOfABrowserThatSendsEachInAFieldOfItsOwnAreAllSeen() throws Exception {
    Cookie session =
        asAdministratorThroughTheProvider().given.stream()
            .filter(each -> each.name().equals(SESSION))
            .findFirst()
            .orElseThrow();
    for (HttpClient.Version version : HttpClient.Version.values()) {
      HttpResponse<String> seen =
          broker.send(
              broker
                  .request("/admin/signin/session")
                  .version(version)
                  .header("Cookie", "first=1")
                  .header("Cookie", session.sent())
                  .build());
      assertThat(seen.body()).as("%s", version).contains("\"signedIn\":true");
    }
  }
}
