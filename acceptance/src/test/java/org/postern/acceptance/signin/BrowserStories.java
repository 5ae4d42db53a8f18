package org.postern.acceptance.signin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.acceptance.ground.WholeBroker;
import org.postern.broker.Chromium;
import org.postern.clientconnector.signin.BrokerTrust;
import org.postern.clientconnector.signin.DeviceSignIn;
import org.postern.clientconnector.signin.DeviceSignOut;
import org.postern.clientconnector.signin.SignInException;
import org.postern.identity.SpiffeId;

/** What people do and see in a real browser, at the broker's pages and at Keycloak's own. */
abstract class BrowserStories {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Path PICTURES = Path.of("target/screenshots");

  private final Stage stage;
  private final int port;
  @TempDir private Path folder;
  private Chromium browser;

  BrowserStories(Stage stage, int port) {
    this.stage = stage;
    this.port = port;
  }

  @BeforeEach
  void start() throws Exception {
    browser = Chromium.start(folder, folder.resolve("chromium.log"));
    browser.look(1280, 900, false);
  }

  @AfterEach
  void stop() {
    browser.close();
  }

  /** The page for everybody: any width, light and dark, with a title and a language. */
  private void pictures(String name) throws Exception {
    for (int width : new int[] {1280, 390}) {
      for (boolean dark : new boolean[] {false, true}) {
        browser.look(width, width == 390 ? 844 : 900, dark);
        browser.screenshot(
            PICTURES.resolve("%s-%d-%s.png".formatted(name, width, dark ? "dark" : "light")));
        assertThat(
                browser
                    .value("document.documentElement.scrollWidth <= window.innerWidth")
                    .asBoolean())
            .as(name + " fits into " + width)
            .isTrue();
      }
    }
    browser.look(1280, 900, false);
    assertThat(browser.value("document.title").asText()).as(name).isNotBlank();
    assertThat(browser.value("document.documentElement.lang").asText()).as(name).isEqualTo("en");
  }

  private void shows(String text) throws Exception {
    sees(
        text,
        "document.readyState == 'complete' && document.body.innerText.includes('%s')"
            .formatted(text));
  }

  private void sees(String what, String expression) throws Exception {
    try {
      browser.until(expression);
    } catch (org.awaitility.core.ConditionTimeoutException e) {
      browser.screenshot(PICTURES.resolve("unexpected.png"));
      throw new AssertionError(
          "no '%s' on %s: %s"
              .formatted(
                  what,
                  browser.value("location.href").asText(),
                  browser.value("document.body.innerText").asText()),
          e);
    }
  }

  private void submit() throws Exception {
    browser.value("document.querySelector('form button[type=submit]').click()");
  }

  private void chooses(String email) throws Exception {
    shows("Your e-mail address");
    browser.type("email", email);
    submit();
  }

  /** Keycloak's own form. */
  private void provesToBe(String user) throws Exception {
    sees(
        "Keycloak's form",
        "document.readyState == 'complete' && document.getElementById('kc-login') != null");
    browser.type("username", user);
    browser.type("password", "secret-of-" + user);
    browser.click("kc-login");
  }

  private DeviceSignIn client() {
    return new DeviceSignIn(
        new DeviceSignIn.Request(
            stage.broker.publicUrl(),
            new BrokerTrust.CaFile(stage.trust),
            "laptop",
            "laptop",
            "linux-x86_64",
            Optional.empty(),
            DeviceSignIn.Demand.NONE,
            PATIENCE));
  }

  /** What the device waits for. */
  private static DeviceSignIn.SignedIn wait(CompletableFuture<DeviceSignIn.SignedIn> device)
      throws Exception {
    return device.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  @FunctionalInterface
  private interface Way {
    DeviceSignIn.SignedIn go() throws SignInException;
  }

  private static CompletableFuture<DeviceSignIn.SignedIn> begin(Way way) {
    CompletableFuture<DeviceSignIn.SignedIn> device = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            device.complete(way.go());
          } catch (SignInException | RuntimeException e) {
            device.completeExceptionally(e);
          }
        });
    return device;
  }

  /** {@code postern login}, to the page that asks who it is. */
  private CompletableFuture<DeviceSignIn.SignedIn> login() throws Exception {
    CompletableFuture<URI> start = new CompletableFuture<>();
    CompletableFuture<DeviceSignIn.SignedIn> device = begin(() -> client().signIn(start::complete));
    device.whenComplete((done, problem) -> {
      if (problem != null) {
        start.completeExceptionally(problem);
      }
    });
    browser.open(start.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    return device;
  }

  private DeviceSignIn.SignedIn signIn(String user, String domain) throws Exception {
    CompletableFuture<DeviceSignIn.SignedIn> device = login();
    chooses(user + "@" + domain);
    provesToBe(user);
    shows("You are signed in");
    DeviceSignIn.SignedIn signedIn = wait(device);
    assertThat(stage.isLive(deviceOf(signedIn))).isTrue();
    return signedIn;
  }

  private static String deviceOf(DeviceSignIn.SignedIn signedIn) {
    return ((SpiffeId.ClientId) signedIn.credential().id()).device();
  }

  private void forget() throws Exception {
    browser.send("Network.clearBrowserCookies", Chromium.object());
  }

  @Test
  void attributeOfTheProviderDecidesWhatAPersonOpens() throws Exception {
    login();
    shows("Your e-mail address");
    pictures("choose");
    chooses("nobody@nowhere.example");
    shows("No identity provider is set up");
    pictures("choose-unknown");
    DeviceSignIn.SignedIn alice = signIn("alice", "example.com");
    pictures("signed-in");
    forget();
    DeviceSignIn.SignedIn bob = signIn("bob", "example.com");
    forget();
    DeviceSignIn.SignedIn kim = signIn("kim", "contractor.example");

    WholeBroker.Device researcher = stage.broker.online(alice.credential());
    await().atMost(PATIENCE).until(() -> opens(researcher, Stage.RESEARCH));
    for (DeviceSignIn.SignedIn other : new DeviceSignIn.SignedIn[] {bob, kim}) {
      WholeBroker.Device device = stage.broker.online(other.credential());
      await().atMost(PATIENCE).until(() -> opens(device, Stage.CANTEEN));
      assertThat(opens(device, Stage.RESEARCH)).isFalse();
    }
  }

  private boolean opens(WholeBroker.Device device, String host) throws Exception {
    WholeBroker.Program program = device.connect(host, port);
    try (Socket socket = program.socket()) {
      assertThat(socket.isConnected()).isTrue();
      return program.open() && program.isAlive();
    }
  }

  @Test
  void personWhoIsRefusedSeesWhyAndWhatToDo() throws Exception {
    CompletableFuture<DeviceSignIn.SignedIn> device = login();
    shows("Your e-mail address");
    browser.value(
        "[...document.querySelectorAll('a.choice')].find(e => e.innerText == 'partner')"
            + ".click()");
    provesToBe("mallory");
    shows("does not belong to this identity provider");
    shows("signin-email-domain");
    pictures("refused-domain");
    assertThatThrownBy(() -> wait(device)).hasMessageContaining("signin-email-domain");

    forget();
    DeviceSignIn.SignedIn known = signIn("dave", "example.com");
    String user = ((SpiffeId.ClientId) known.credential().id()).user();
    assertThat(stage.broker.admin("user", "disable", user).code()).isZero();
    try {
      forget();
      CompletableFuture<DeviceSignIn.SignedIn> again = login();
      chooses("dave@example.com");
      provesToBe("dave");
      shows("Your account is switched off");
      pictures("refused-disabled");
      assertThatThrownBy(() -> wait(again)).hasMessageContaining("signin-user-disabled");
    } finally {
      assertThat(stage.broker.admin("user", "enable", user).code()).isZero();
    }

    ObjectNode none = Chromium.object();
    browser.send("Network.clearBrowserCookies", none);
    browser.open(stage.broker.publicUrl().resolve("/signin/callback?code=x&state=made-up"));
    shows("Nobody asked for this sign-in");
    pictures("refused-unsolicited");
  }

  @Test
  void signingOutOnTheDeviceSignsOutAtTheProviderToo() throws Exception {
    DeviceSignIn.SignedIn carol = signIn("carol", "example.com");
    signsOutOnTheDevice(carol);
    shows("You are signed out");
    pictures("signed-out");
    login();
    chooses("carol@example.com");
    provesToBe("carol");
    shows("You are signed in");

    DeviceSignIn.SignedIn pat = signIn("pat", "partner.example");
    signsOutOnTheDevice(pat);
    browser.until("document.getElementById('kc-logout') != null");
    browser.click("kc-logout");
    shows("You are signed out");
    assertThat(browser.value("location.pathname").asText()).isEqualTo("/signin/signed-out");
    login();
    chooses("pat@partner.example");
    provesToBe("pat");
    shows("You are signed in");
  }

  private void signsOutOnTheDevice(DeviceSignIn.SignedIn signedIn) throws Exception {
    DeviceSignOut.SignedOut out =
        new DeviceSignOut(stage.broker.publicUrl(), new BrokerTrust.CaFile(stage.trust))
            .signOut(signedIn.credential());
    assertThat(out.ended()).isTrue();
    assertThat(stage.isLive(deviceOf(signedIn))).isFalse();
    browser.open(out.onward().orElseThrow());
  }

  @Test
  void signingOutAtTheProviderInABrowserEndsTheDevicesSession() throws Exception {
    signsOutAt("people", signIn("carol", "example.com"));
    signsOutAt("partners", signIn("pat", "partner.example"));
  }

  private void signsOutAt(String realm, DeviceSignIn.SignedIn signedIn) throws Exception {
    browser.open(
        stage.keycloak.address().resolve("/realms/" + realm + "/protocol/openid-connect/logout"));
    browser.until("document.getElementById('kc-logout') != null");
    browser.click("kc-logout");
    await().atMost(PATIENCE).until(() -> !stage.isLive(deviceOf(signedIn)));
  }

  @Test
  void deviceWithoutABrowserIsLetInByItsCode() throws Exception {
    CompletableFuture<DeviceSignIn.Prompt> prompt = new CompletableFuture<>();
    CompletableFuture<DeviceSignIn.SignedIn> device =
        begin(() -> client().signInByCode(prompt::complete));
    DeviceSignIn.Prompt shown = prompt.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    browser.open(URI.create(shown.address()));
    shows("your own device");
    pictures("code");
    browser.type("user_code", "WRNG-CODE");
    submit();
    shows("There is no such code");
    pictures("code-unknown");
    browser.type("user_code", shown.code());
    submit();
    shows("Your e-mail address");
    pictures("code-choose");
    chooses("alice@example.com");
    provesToBe("alice");
    shows("Let this device in?");
    assertThat(browser.text("code")).isEqualTo(shown.code());
    pictures("code-confirm");
    browser.value("document.querySelector('button[value=approve]').click()");
    shows("The device is let in");
    pictures("code-done");
    assertThat(stage.isLive(deviceOf(wait(device)))).isTrue();
  }
}
