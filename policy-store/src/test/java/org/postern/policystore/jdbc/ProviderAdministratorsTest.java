package org.postern.policystore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.RoleMapping;
import org.postern.policystore.UserRecord;

/// Administrators whose accounts are a provider's word.
class ProviderAdministratorsTest {
  private static final List<RoleMapping> MAPPING = List.of(new RoleMapping("", "ops", "operator"));

  private final TestDatabase database = TestDatabase.fresh();
  private final SecureRandom random = new SecureRandom();
  private final InstantSource clock = InstantSource.system();
  private final Users users = new Users(database.source(), random, clock);
  private final AdminTokens tokens = new AdminTokens(database.source(), random, clock);
  private final Sessions ofUsers = new Sessions(database.source(), random, clock);
  private final AdministratorSessions sessions =
      new AdministratorSessions(database.source(), random, clock, Duration.ofHours(1));
  private final ProviderAdministrators administrators =
      new ProviderAdministrators(database.source(), random, clock);
  private UserRecord alice = user("sub-1", "alice@example.com");

  private UserRecord user(String subject, String email) {
    return users.signIn("corp", subject, email, "Alice", List.of("ops"));
  }

  @BeforeEach
  void configure() throws SQLException {
    execute(
        "insert into identity_provider (name, issuer, client_id, secret_kind, groups_claim,"
            + " audiences, administrators) values ('corp', 'https://x', 'c', 'none', 'groups',"
            + " '{administrators}', '{\"\",ops,operator}')");
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = database.source().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private AdministratorSessions.Opening opening(String providerSession) {
    return new AdministratorSessions.Opening(
        administrators.admit("corp", alice, "operator"),
        "corp",
        "127.0.0.1",
        "test",
        Duration.ofHours(1),
        new AdministratorSessions.Origin("corp", providerSession, MAPPING));
  }

  private String browserOf(UserRecord user) {
    return sessions
        .open(
            new AdministratorSessions.Opening(
                administrators.admit("corp", user, "operator"),
                "corp",
                "127.0.0.1",
                "test",
                Duration.ofHours(1),
                new AdministratorSessions.Origin("corp", "", MAPPING)))
        .orElseThrow()
        .secret();
  }

  private String browser(String providerSession) {
    return sessions.open(opening(providerSession)).orElseThrow().secret();
  }

  private boolean isLive(String secret) {
    return sessions.touch(secret).isPresent();
  }

  @Test
  void accountIsFoundByTheUserAndNeverByAName() {
    var first = administrators.admit("corp", alice, "operator");
    assertThat(first.name()).isEqualTo("corp:alice@example.com");
    assertThat(administrators.admit("corp", alice, "operator").id()).isEqualTo(first.id());
    UserRecord namesake = user("sub-2", "alice@example.com");
    var second = administrators.admit("corp", namesake, "operator");
    assertThat(second.id()).isNotEqualTo(first.id());
    assertThat(second.name()).isEqualTo("corp:" + namesake.id());
    alice = user("sub-1", "alice.jones@example.com");
    assertThat(administrators.admit("corp", alice, "operator").name())
        .isEqualTo("corp:alice.jones@example.com");
    assertThat(new Administrators(database.source(), random, clock).none())
        .as("the first administrator's code stays good")
        .isTrue();
  }

  @Test
  void signOutAtTheProviderEndsWhatBeganThereAndNothingElse() {
    String one = browser("idp-1");
    String two = browser("idp-2");
    assertThat(ofUsers.revokeOf("corp", "", "idp-1", "test")).isEqualTo(1);
    assertThat(isLive(one)).isFalse();
    assertThat(isLive(two)).isTrue();
    assertThat(ofUsers.revokeOf("other", "sub-1", "", "test")).isZero();
    assertThat(ofUsers.revokeOf("corp", "sub-9", "", "test")).isZero();
    assertThat(isLive(two)).isTrue();
    assertThat(ofUsers.revokeOf("corp", "sub-1", "", "test")).isEqualTo(1);
    assertThat(isLive(two)).isFalse();
  }

  @Test
  void commandLineHangsOnTheSameWordAndLastsNoLonger() throws SQLException {
    AdministratorSessions.Opened browser = sessions.open(opening("idp-1")).orElseThrow();
    AdministratorSessions.Opening longer =
        new AdministratorSessions.Opening(
            opening("").administrator(),
            "browser",
            "127.0.0.1",
            "test",
            Duration.ofHours(8),
            AdministratorSessions.Origin.LOCAL);
    AdministratorSessions.Opened line =
        sessions.openForCommandLine(longer, browser.id()).orElseThrow();
    // The database keeps microseconds, rounded.
    assertThat(line.expiresAt()).isBeforeOrEqualTo(browser.expiresAt().plus(1, ChronoUnit.MICROS));
    assertThat(tokens.verify(line.secret()).orElseThrow().userId()).isEqualTo(alice.id());
    assertThat(ofUsers.revokeAll(alice.id(), "test")).isEqualTo(2);
    assertThat(tokens.verify(line.secret()).isPresent()).isFalse();
    assertThat(sessions.openForCommandLine(longer, browser.id()))
        .as("the browser that would let it in is signed out")
        .isEmpty();
  }

  @Test
  void quarantineOfADeviceEndsItsUsersSessionsAndNobodyElses() {
    Devices devices = new Devices(database.source(), random, clock, 5);
    UserRecord bob = user("sub-2", "bob@example.com");
    String other = browserOf(bob);
    String secret = browser("");
    if (!(devices.register(alice.id(), "laptop", "linux", "0a".repeat(32))
        instanceof Devices.Registration.Registered(DeviceRecord device))) {
      throw new AssertionError("the device is registered");
    }
    assertThat(devices.setState(device.id(), DeviceRecord.State.REGISTERED)).isTrue();
    assertThat(isLive(secret)).isTrue();
    assertThat(devices.setState(device.id(), DeviceRecord.State.QUARANTINED)).isTrue();
    assertThat(isLive(secret)).isFalse();
    assertThat(isLive(other)).isTrue();
    assertThat(devices.setState(device.id(), DeviceRecord.State.REGISTERED)).isTrue();
    assertThat(isLive(secret)).as("ended for good").isFalse();
  }

  @Test
  void sessionEndsAtItsAgeHoweverOftenItIsUsed() {
    AtomicReference<Instant> now = new AtomicReference<>(clock.instant());
    AdministratorSessions aging =
        new AdministratorSessions(database.source(), random, now::get, Duration.ofMinutes(30));
    String secret = aging.open(opening("")).orElseThrow().secret();
    for (int minutes = 0; minutes < 59; minutes += 20) {
      assertThat(aging.touch(secret)).as("after %d minutes", minutes).isPresent();
      now.updateAndGet(time -> time.plus(Duration.ofMinutes(20)));
    }
    assertThat(aging.touch(secret)).as("its hour is over").isEmpty();
  }

  @Test
  void userWhoIsShutOutAndLetInAgainHasToSignInAgain() throws SQLException {
    for (String how : List.of("disabled", "inactive", "suspended")) {
      String secret = browser("");
      assertThat(isLive(secret)).as(how).isTrue();
      execute("update app_user set " + how + " = true");
      assertThat(isLive(secret)).as(how).isFalse();
      execute("update app_user set " + how + " = false");
      assertThat(isLive(secret)).as(how).isFalse();
    }
  }

  @Test
  void providerThatGivesRolesOtherwiseOrIsGoneEndsThemAll() throws SQLException {
    String secret = browser("");
    execute("update identity_provider set client_id = 'another'");
    assertThat(isLive(secret)).as("nothing about roles").isTrue();
    execute("update identity_provider set audiences = '{users}'");
    execute("update identity_provider set audiences = '{administrators}'");
    assertThat(isLive(secret)).isFalse();
    secret = browser("");
    execute("update identity_provider set administrators = '{\"\",ops,auditor}'");
    assertThat(isLive(secret)).isFalse();
    assertThat(isLive(browser(""))).as("the role was given by the list as it was before").isFalse();
    execute("update identity_provider set administrators = '{\"\",ops,operator}'");
    secret = browser("");
    execute("delete from identity_provider");
    assertThat(isLive(secret)).isFalse();
  }
}
