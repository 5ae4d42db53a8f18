package org.postern.acceptance.signin;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.postern.broker.Chromium;
import org.postern.clientconnector.signin.BrokerTrust;
import org.postern.clientconnector.signin.DeviceSignIn;
import org.postern.clientconnector.signin.SignInException;
import org.postern.identity.SpiffeId;

/** A person's hands in a real browser, at the broker's pages and at Keycloak's own. */
abstract class AtABrowser {
  static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Path PICTURES = Path.of("target/screenshots");

  final Stage stage;
  @TempDir Path folder;
  Chromium browser;

  AtABrowser(Stage stage) {
    this.stage = stage;
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
  void pictures(String name) throws Exception {
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

  void shows(String text) throws Exception {
    sees(
        text,
        "document.readyState == 'complete' && document.body.innerText.includes('%s')"
            .formatted(text));
  }

  void sees(String what, String expression) throws Exception {
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

  void submit() throws Exception {
    browser.value("document.querySelector('form button[type=submit]').click()");
  }

  void chooses(String email) throws Exception {
    shows("Your e-mail address");
    browser.type("email", email);
    submit();
  }

  /** Keycloak's own form. */
  void provesToBe(String user) throws Exception {
    sees(
        "Keycloak's form",
        "document.readyState == 'complete' && document.getElementById('kc-login') != null");
    browser.type("username", user);
    browser.type("password", "secret-of-" + user);
    browser.click("kc-login");
  }

  DeviceSignIn client() {
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
  static DeviceSignIn.SignedIn wait(CompletableFuture<DeviceSignIn.SignedIn> device)
      throws Exception {
    return device.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  /** How the device waits. */
  @FunctionalInterface
  interface Way {
    DeviceSignIn.SignedIn go() throws SignInException;
  }

  static CompletableFuture<DeviceSignIn.SignedIn> begin(Way way) {
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
  CompletableFuture<DeviceSignIn.SignedIn> login() throws Exception {
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

  DeviceSignIn.SignedIn signIn(String user, String domain) throws Exception {
    CompletableFuture<DeviceSignIn.SignedIn> device = login();
    chooses(user + "@" + domain);
    provesToBe(user);
    shows("You are signed in");
    DeviceSignIn.SignedIn signedIn = wait(device);
    assertThat(stage.isLive(deviceOf(signedIn))).isTrue();
    return signedIn;
  }

  static String deviceOf(DeviceSignIn.SignedIn signedIn) {
    return ((SpiffeId.ClientId) signedIn.credential().id()).device();
  }

  void forget() throws Exception {
    browser.send("Network.clearBrowserCookies", Chromium.object());
  }
}
