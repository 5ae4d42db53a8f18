package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.broker.administrators.TestTotp;

/** The administrators' page in a real browser with a virtual authenticator. */
final class AdministratorPageTest {
  private static final Path PICTURES = Path.of("target/screenshots");

  @TempDir private Path folder;
  private BrokerUnderTest broker;
  private Chromium browser;

  @BeforeEach
  void start() throws Exception {
    broker = new BrokerUnderTest(folder.resolve("data"), Set.of());
    browser = Chromium.start(folder, folder.resolve("chromium.log"));
  }

  @AfterEach
  void stop() {
    browser.close();
    broker.close();
  }

  private Path codeFile() {
    return broker.dataDir.resolve("first-administrator.code");
  }

  private void pictures(String name) throws Exception {
    pictures(browser, name);
  }

  static void pictures(Chromium browser, String name) throws Exception {
    browser.look(1280, 900, false);
    browser.screenshot(PICTURES.resolve(name + "-desktop.png"));
    browser.look(390, 844, false);
    browser.screenshot(PICTURES.resolve(name + "-phone.png"));
    browser.look(1280, 900, true);
    browser.screenshot(PICTURES.resolve(name + "-dark.png"));
    browser.look(390, 844, true);
    browser.screenshot(PICTURES.resolve(name + "-phone-dark.png"));
    browser.look(1280, 900, false);
  }

  private void useFirstCode(String name) throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(codeFile())))
        .isEqualTo("rw-------");
    browser.open(broker.url("/admin/signin"));
    browser.shows("codes");
    browser.type(
        "one-time-code", Files.readString(codeFile()).strip().toLowerCase(java.util.Locale.ROOT));
    browser.value("document.getElementById('one-time').requestSubmit()");
    browser.until("!document.getElementById('choose-name').hidden");
    browser.type("new-name", name);
    browser.value("document.getElementById('one-time').requestSubmit()");
    browser.shows("setup");
  }

  private List<String> storeRecoveryCodes() throws Exception {
    browser.shows("recovery");
    JsonNode list =
        browser.value(
            "[...document.getElementById('recovery-codes').children].map(e => e.textContent)");
    List<String> codes = new java.util.ArrayList<>();
    for (JsonNode each : list) {
      codes.add(each.asText());
    }
    assertThat(codes).hasSize(10).doesNotHaveDuplicates();
    browser.click("codes-stored");
    browser.shows("account");
    return codes;
  }

  @Test
  void firstAdministratorComesToBeWithAPasskeyAndSignsInWithIt() throws Exception {
    browser.addAuthenticator();
    browser.open(broker.url("/admin/signin"));
    browser.shows("codes");
    pictures("first");
    useFirstCode("Alice@Example.com");
    pictures("setup");
    browser.click("make-passkey");
    browser.shows("recovery");
    pictures("recovery");
    storeRecoveryCodes();
    assertThat(browser.text("own-name")).isEqualTo("alice@example.com");
    assertThat(browser.text("own-role")).isEqualTo("owner");
    assertThat(codeFile()).doesNotExist();
    pictures("account");

    browser.click("sign-out");
    browser.shows("signin");
    pictures("signin");
    browser.click("with-passkey");
    browser.shows("account");
    browser.click("sign-out");
    browser.shows("signin");
    browser.click("with-passkey");
    browser.shows("account");
    assertThat(broker.admin("GET", "/admin/v1/administrators", "").body())
        .contains("alice@example.com", "\"passkeys\":1", "\"password\":false");
  }

  @Test
  void firstAdministratorComesToBeWithAPasswordAndAnAuthenticator() throws Exception {
    useFirstCode("bob");
    TestTotp totp = TestTotp.ofText(browser.text("totp-secret"));
    browser.type("new-password", "password1234");
    browser.type("new-code", totp.code(0));
    browser.value("document.getElementById('make-password').requestSubmit()");
    browser.until("!document.getElementById('message').hidden");
    assertThat(browser.text("message")).contains("everybody tries first");
    browser.type("new-password", "violin teapot gravel onion");
    String used = totp.code(0);
    browser.type("new-code", used);
    browser.value("document.getElementById('make-password').requestSubmit()");
    List<String> recovery = storeRecoveryCodes();
    browser.click("sign-out");
    browser.shows("signin");

    signIn("bob", "violin teapot gravel onion", used);
    browser.until("!document.getElementById('message').hidden");
    assertThat(browser.text("message")).startsWith("That did not work");
    pictures("refused");
    signIn("bob", "violin teapot gravel onion", totp.code(1));
    browser.shows("account");
    browser.click("sign-out");
    browser.shows("signin");
    signIn("bob", "violin teapot gravel onion", recovery.get(3));
    browser.shows("account");
    assertThat(browser.text("own-password")).contains("9 recovery codes");
    assertThat(browser.value("document.cookie").asText())
        .as("no script reads a cookie of ours")
        .isEmpty();
  }

  private void signIn(String name, String password, String code) throws Exception {
    browser.type("name", name);
    browser.type("password", password);
    browser.type("code", code);
    browser.value("document.getElementById('with-password').requestSubmit()");
  }
}
