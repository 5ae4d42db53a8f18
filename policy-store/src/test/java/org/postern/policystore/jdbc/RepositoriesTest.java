package org.postern.policystore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postern.policystore.AddressRange;
import org.postern.policystore.Authentication;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.Demand;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;

class RepositoriesTest {
  private static final Instant START = Instant.parse("2026-03-01T10:00:00Z");

  private final TestDatabase database = TestDatabase.fresh();
  private final SecureRandom random = new SecureRandom();
  private Instant now = START;
  private final InstantSource clock = () -> now;
  private Users users;
  private Devices devices;
  private Sessions sessions;
  private SignIns signIns;
  private ProvisioningKeys keys;

  @BeforeEach
  void open() {
    users = new Users(database.source(), random, clock);
    devices = new Devices(database.source(), random, clock, 3);
    sessions = new Sessions(database.source(), random, clock);
    signIns = new SignIns(database.source(), clock, 5);
    keys = new ProvisioningKeys(database.source(), random, clock);
    database.sql("insert into connector_group (name) values ('vpc-a'), ('vpc-b')");
  }

  @AfterEach
  void close() {
    database.close();
  }

  private UserRecord alice() {
    return users.signIn("corp", "sub-1", "Alice@Example.com", "Alice", List.of("b", "a", "b"));
  }

  private DeviceRecord device(UserRecord user, String fingerprint) {
    return switch (devices.register(user.id(), "laptop", "linux-x86_64", fingerprint)) {
      case Devices.Registration.Registered(DeviceRecord device) -> device;
      case Devices.Registration no -> throw new AssertionError(no);
    };
  }

  private long version() {
    return database.number("select version from policy_version");
  }

  private static SignIns.SignedIn as(UserRecord user) {
    return new SignIns.SignedIn(user.id(), Authentication.UNKNOWN);
  }

  @Test
  void signInKeepsTheIdAndTakesOverWhatTheProviderSays() {
    UserRecord first = alice();
    assertThat(first.email()).isEqualTo("alice@example.com");
    assertThat(first.providerGroups()).containsExactly("a", "b");
    UserRecord renamed = users.signIn("corp", "sub-1", "alice@new.example", "Al", List.of());
    assertThat(renamed.id()).isEqualTo(first.id());
    assertThat(renamed.email()).isEqualTo("alice@new.example");
    assertThat(renamed.providerGroups()).isEmpty();
  }

  @Test
  void sameAddressAtAnotherProviderIsAnotherPerson() {
    UserRecord other = users.signIn("partner", "sub-1", "alice@example.com", "Alice", List.of());
    assertThat(other.id()).isNotEqualTo(alice().id());
    assertThat(users.withEmail("ALICE@example.com")).hasSize(2);
  }

  @Test
  void signInWithoutNewsLeavesTheVersion() {
    alice();
    long version = version();
    alice();
    assertThat(version()).isEqualTo(version);
    users.signIn("corp", "sub-1", "alice@example.com", "Alice", List.of("c"));
    assertThat(version()).isEqualTo(version + 1);
  }

  @Test
  void firstSignInTwiceAtOnceMakesOneUser() throws Exception {
    List<String> ids = RunTogether.times(6, () -> alice().id());
    assertThat(ids).containsOnly(ids.getFirst());
  }

  @Test
  void disabledUserStaysDisabledAcrossASignIn() {
    long version = version();
    assertThat(users.setDisabled(alice().id(), true)).isTrue();
    assertThat(version()).isEqualTo(version + 2);
    assertThat(alice().disabled()).isTrue();
    assertThat(users.setDisabled("u-nobody", true)).isFalse();
  }

  @Test
  void deviceWithTheSameKeyIsTheSameDevice() {
    UserRecord user = alice();
    assertThat(device(user, "aa")).isEqualTo(device(user, "aa"));
    UserRecord other = users.signIn("corp", "sub-2", "", "Bob", List.of());
    assertThat(devices.register(other.id(), "x", "y", "aa"))
        .isInstanceOf(Devices.Registration.KeyNotAccepted.class);
  }

  @Test
  void noMoreDevicesThanTheLimitHoweverManyRegisterAtOnce() throws Exception {
    UserRecord user = alice();
    java.util.concurrent.atomic.AtomicInteger next =
        new java.util.concurrent.atomic.AtomicInteger();
    List<Devices.Registration> results =
        RunTogether.times(
            8, () -> devices.register(user.id(), "x", "y", "key" + next.incrementAndGet()));
    assertThat(results).filteredOn(r -> r instanceof Devices.Registration.Registered).hasSize(3);
    assertThat(results).filteredOn(r -> r.equals(new Devices.Registration.TooMany(3))).hasSize(5);
    assertThat(
            devices.setState(devices.list(user.id()).getFirst().id(), DeviceRecord.State.REMOVED))
        .isTrue();
    assertThat(devices.register(user.id(), "x", "y", "one more"))
        .isInstanceOf(Devices.Registration.Registered.class);
  }

  @Test
  void beingSeenIsNotAChangeOfPolicy() {
    DeviceRecord device = device(alice(), "aa");
    long version = version();
    devices.seen(device.id());
    now = START.plusSeconds(60);
    devices.seen(device.id());
    assertThat(devices.lastSeen(device.id())).contains(now);
    assertThat(version()).isEqualTo(version);
  }

  @Test
  void newSessionEndsTheOneBefore() {
    UserRecord user = alice();
    DeviceRecord device = device(user, "aa");
    SessionRecord first = sessions.start(user.id(), device.id(), "corp", now.plusSeconds(60));
    SessionRecord second = sessions.start(user.id(), device.id(), "corp", now.plusSeconds(60));
    assertThat(sessions.live(device.id())).contains(second);
    assertThat(sessions.list(user.id()))
        .filteredOn(SessionRecord::revoked)
        .extracting(SessionRecord::id)
        .containsExactly(first.id());
    assertThat(sessions.revoke(second.id(), "signed out")).isTrue();
    assertThat(sessions.revoke(second.id(), "signed out")).isFalse();
    assertThat(sessions.live(device.id())).isEmpty();
  }

  @Test
  void allSessionsOfOneUserAreRevokedAtOnceWhileOthersAreRevokedOneByOne() throws Exception {
    UserRecord user = alice();
    List<String> ids = new java.util.ArrayList<>();
    for (int i = 0; i < 3; i++) {
      DeviceRecord device = device(user, "key" + i);
      ids.add(sessions.start(user.id(), device.id(), "corp", now.plusSeconds(60)).id());
    }
    java.util.concurrent.atomic.AtomicInteger next =
        new java.util.concurrent.atomic.AtomicInteger();
    List<Integer> ended =
        RunTogether.times(
            6,
            () -> {
              int turn = next.getAndIncrement();
              return turn % 2 == 0
                  ? sessions.revokeAll(user.id(), "test")
                  : (sessions.revoke(ids.get(turn / 2), "test") ? 1 : 0);
            });
    assertThat(ended.stream().mapToInt(Integer::intValue).sum()).isEqualTo(3);
  }

  @Test
  void sessionIsOnADeviceOfItsOwnUser() {
    DeviceRecord device = device(alice(), "aa");
    UserRecord bob = users.signIn("corp", "sub-2", "", "Bob", List.of());
    assertThatThrownBy(() -> sessions.start(bob.id(), device.id(), "corp", now.plusSeconds(60)))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("session_is_on_a_device_of_its_user");
  }

  private boolean begin(String state) {
    return signIns.begin(
        new SignIns.Beginning(
            state,
            "corp",
            "nonce",
            "verifier",
            new SignIns.DeviceReturn("http://127.0.0.1:1/cb", "dev", "challenge", "laptop"),
            new Demand(START, "urn:mfa"),
            now.plusSeconds(300)));
  }

  @Test
  void stateIsTakenOnceAndCodeIsRedeemedOnce() throws Exception {
    UserRecord user = alice();
    assertThat(begin("state")).isTrue();
    assertThat(signIns.issueCode("state", as(user), "early", Duration.ofSeconds(60))).isFalse();
    List<Optional<SignIns.Returning>> taken = RunTogether.times(6, () -> signIns.complete("state"));
    assertThat(taken).filteredOn(Optional::isPresent).hasSize(1);
    assertThat(signIns.complete("other")).isEmpty();
    assertThat(signIns.issueCode("state", as(user), "code", Duration.ofSeconds(60))).isTrue();
    assertThat(signIns.issueCode("state", as(user), "code2", Duration.ofSeconds(60))).isFalse();
    List<Optional<SignIns.Redeemed>> redeemed =
        RunTogether.times(6, () -> signIns.redeemCode("code"));
    assertThat(redeemed)
        .filteredOn(Optional::isPresent)
        .containsExactly(
            Optional.of(
                new SignIns.Redeemed(
                    user.id(), "corp", "challenge", "laptop", Authentication.UNKNOWN)));
  }

  @Test
  void expiredStateAndCodeAreWorthNothing() {
    UserRecord user = alice();
    begin("late");
    now = START.plusSeconds(301);
    assertThat(signIns.complete("late")).isEmpty();
    begin("state");
    signIns.complete("state");
    signIns.issueCode("state", as(user), "code", Duration.ofSeconds(60));
    now = now.plusSeconds(61);
    assertThat(signIns.redeemCode("code")).isEmpty();
  }

  @Test
  void pendingSignInsAreLimitedAndExpiredOnesMakeRoom() {
    for (int i = 0; i < 5; i++) {
      assertThat(begin("s" + i)).isTrue();
    }
    assertThat(begin("s5")).isFalse();
    now = START.plusSeconds(301);
    assertThat(begin("s6")).isTrue();
  }

  private ProvisioningKeys.Created key(int uses, List<AddressRange> ranges) {
    return keys.create(
            new ProvisioningKeys.Order("vpc-a", uses, now.plusSeconds(60), ranges, "test"))
        .orElseThrow();
  }

  @Test
  void keyWithNUsesOpensNTimesForTwiceAsManyThreads() throws Exception {
    String secret = key(5, List.of()).secret();
    InetAddress from = InetAddress.ofLiteral("192.0.2.1");
    List<Optional<String>> uses = RunTogether.times(10, () -> keys.consume(secret, from));
    assertThat(uses).filteredOn(Optional.of("vpc-a")::equals).hasSize(5);
    assertThat(keys.list("vpc-a")).singleElement().extracting("uses").isEqualTo(5);
  }

  @Test
  void wrongExpiredRevokedAndElsewhereAreTheSame() {
    InetAddress inside = InetAddress.ofLiteral("10.1.2.3");
    ProvisioningKeys.Created bound =
        key(9, List.of(AddressRange.parse("10.1.0.0/16").orElseThrow()));
    assertThat(keys.consume(bound.secret(), inside)).contains("vpc-a");
    assertThat(keys.consume(bound.secret(), InetAddress.ofLiteral("10.2.0.1"))).isEmpty();
    assertThat(keys.consume(bound.secret(), InetAddress.ofLiteral("2001:db8::1"))).isEmpty();
    assertThat(keys.consume(bound.secret() + "x", inside)).isEmpty();
    assertThat(keys.revoke(bound.id())).isTrue();
    assertThat(keys.consume(bound.secret(), inside)).isEmpty();
    ProvisioningKeys.Created late = key(9, List.of());
    now = START.plusSeconds(60);
    assertThat(keys.consume(late.secret(), inside)).isEmpty();
    assertThat(late.toString()).doesNotContain(late.secret());
  }

  @Test
  void keyForAGroupThatIsNotThereIsNotMade() {
    assertThat(
            keys.create(
                new ProvisioningKeys.Order("vpc-x", 1, now.plusSeconds(1), List.of(), "test")))
        .isEmpty();
  }

  @Test
  void connectorIsRegisteredOnceByItsKeyAndRevokedForGood() {
    Connectors connectors = new Connectors(database.source(), random, clock);
    Connectors.Enrollment enrollment =
        new Connectors.Enrollment("vpc-a", "c1", "fp", "host", "linux");
    ConnectorRecord connector = connectors.register(enrollment).orElseThrow();
    assertThat(connectors.register(enrollment)).isEmpty();
    assertThat(connectors.list("vpc-a")).containsExactly(connector);
    assertThat(connectors.list("vpc-b")).isEmpty();
    connectors.seen(connector.id());
    assertThat(connectors.lastSeen(connector.id())).contains(now);
    assertThat(connectors.revoke(connector.id())).isTrue();
    assertThat(connectors.revoke(connector.id())).isFalse();
    assertThat(connectors.register(enrollment)).isPresent();
  }

  @Test
  void twoBrokersThatStartAtOnceAgreeOnOneAuthority() throws Exception {
    CaStore store = new CaStore(database.source(), clock);
    java.util.concurrent.atomic.AtomicInteger next =
        new java.util.concurrent.atomic.AtomicInteger();
    List<String> winners =
        RunTogether.times(
            6,
            () ->
                new String(
                    store.saveIfAbsent(
                        "root",
                        ("sealed " + next.incrementAndGet()).getBytes(StandardCharsets.UTF_8)),
                    StandardCharsets.UTF_8));
    assertThat(winners).containsOnly(winners.getFirst());
    assertThat(store.load("root"))
        .hasValueSatisfying(b -> assertThat(b).asString().isEqualTo(winners.getFirst()));
    assertThat(store.load("other")).isEmpty();
  }

  @Test
  void adminTokenIsVerifiedUntilItEnds() throws Exception {
    AdminTokens tokens = new AdminTokens(database.source(), random, clock);
    List<Optional<AdminTokens.Created>> firsts =
        RunTogether.times(4, () -> tokens.createFirst("first"));
    assertThat(firsts).filteredOn(Optional::isPresent).hasSize(1);
    AdminTokens.Created created = tokens.create("ci", now.plusSeconds(60));
    assertThat(tokens.verify(created.secret()))
        .contains(new AdminTokens.Verified(created.id(), "ci", AdminTokens.OWNER, null));
    assertThat(tokens.verify(created.secret() + "x")).isEmpty();
    assertThat(
            database.number(
                "select count(*) from admin_token where position('"
                    + created.secret()
                    + "'::bytea in token_hash) > 0"))
        .isZero();
    now = START.plusSeconds(60);
    assertThat(tokens.verify(created.secret())).isEmpty();
    AdminTokens.Created other = tokens.create("other", null);
    assertThat(tokens.revoke(other.id())).isTrue();
    assertThat(tokens.verify(other.secret())).isEmpty();
  }

  @Test
  void brokerLeaseRunsOutAndOnlyItsOwnProcessReleasesIt() {
    Brokers brokers = new Brokers(database.source(), clock);
    byte[] mine = new byte[16];
    byte[] other = {1};
    brokers.lease("b1", mine, "b1:443", Duration.ofSeconds(15), false);
    brokers.release("b1", other);
    assertThat(brokers.live()).hasSize(1);
    now = START.plusSeconds(15);
    assertThat(brokers.live()).isEmpty();
    brokers.lease("b1", other, "b1:443", Duration.ofSeconds(15), false);
    brokers.release("b1", mine);
    assertThat(brokers.live()).extracting(Brokers.Live::id).containsExactly("b1");
    brokers.release("b1", other);
    assertThat(brokers.live()).isEmpty();
  }
}
