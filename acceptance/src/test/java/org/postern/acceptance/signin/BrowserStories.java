package org.postern.acceptance.signin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.postern.acceptance.ground.RunningProgram;
import org.postern.acceptance.ground.WholeBroker;
import org.postern.broker.Chromium;
import org.postern.clientconnector.signin.BrokerTrust;
import org.postern.clientconnector.signin.DeviceSignIn;
import org.postern.clientconnector.signin.DeviceSignOut;
import org.postern.identity.SpiffeId;

/** What people do and see in a real browser, at the broker's pages and at Keycloak's own. */
abstract class BrowserStories extends AtABrowser {
  /** Of the command line: where to go, and what to type there. */
  private static final Pattern PROMPT =
      Pattern.compile("(https://\\S+)\\s+and type the code  ([A-Z]{4}-[A-Z]{4})");

  private final int port;

  BrowserStories(Stage stage, int port) {
    super(stage);
    this.port = port;
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
    // With its own ID token back, Keycloak does not ask whether it is meant.
    shows("Continue to partner");
    submit();
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

  /**
   * Keycloak's page shows ours in a frame. It names ours in its policy without a scheme, so that a
   * browser shows it only when Keycloak itself speaks TLS.
   */
  @Test
  void signingOutAtAProviderThatTellsOnlyTheBrowserEndsTheDevicesSession() throws Exception {
    DeviceSignIn.SignedIn kim = signIn("kim", "contractor.example");
    browser.open(stage.secure.resolve("/realms/contractors/protocol/openid-connect/logout"));
    browser.until("document.getElementById('kc-logout') != null");
    browser.click("kc-logout");
    await().atMost(PATIENCE).until(() -> !stage.isLive(deviceOf(kim)));
  }

  /**
   * {@code postern login --device}, the program that a person runs on a machine without a screen.
   */
  @Test
  void deviceWithoutABrowserIsLetInByItsCode() throws Exception {
    try (RunningProgram login =
        RunningProgram.start(
            List.of(
                "env",
                "POSTERN_NO_BUILD=1",
                "JAVA_HOME=" + System.getProperty("java.home"),
                Path.of("../postern").toAbsolutePath().normalize().toString(),
                "login",
                stage.broker.publicUrl().toString(),
                "--device",
                "--device-name",
                "headless",
                "--ca",
                stage.trust.toString(),
                "--state-dir",
                folder.resolve("headless").toString()))) {
      login.awaitOutput("Type it yourself", PATIENCE);
      Matcher shown = PROMPT.matcher(login.output());
      assertThat(shown.find()).as(login.output()).isTrue();
      typesTheCode(URI.create(shown.group(1)), shown.group(2));
      assertThat(login.awaitExit(PATIENCE)).as(login.output()).isZero();
      assertThat(login.output()).contains("Signed in as alice").contains("Next: postern up");
    }
    assertThat(stage.isLive(stage.device("headless"))).isTrue();
  }

  private void typesTheCode(URI address, String code) throws Exception {
    browser.open(address);
    shows("your own device");
    pictures("code");
    browser.type("user_code", "WRNG-CODE");
    submit();
    shows("There is no such code");
    pictures("code-unknown");
    browser.type("user_code", code);
    submit();
    shows("Your e-mail address");
    pictures("code-choose");
    chooses("alice@example.com");
    provesToBe("alice");
    shows("Let this device in?");
    assertThat(browser.text("code")).isEqualTo(code);
    pictures("code-confirm");
    browser.value("document.querySelector('button[value=approve]').click()");
    shows("The device is let in");
    pictures("code-done");
  }
}
