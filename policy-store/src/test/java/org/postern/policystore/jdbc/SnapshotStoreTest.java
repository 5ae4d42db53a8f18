package org.postern.policystore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postern.policystore.DenyReason;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.Transport;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.Decision;
import org.postern.policystore.decision.Snapshot;

class SnapshotStoreTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final SnapshotStore.Settings NO_POLLING =
      new SnapshotStore.Settings(Duration.ofMinutes(10), Duration.ofMillis(200));

  private final TestDatabase database = TestDatabase.fresh();
  private final SecureRandom random = new SecureRandom();
  private final InstantSource clock = InstantSource.system();
  private Users users;
  private Devices devices;
  private Sessions sessions;
  private PolicyStore policy;
  private SnapshotStore store;

  @BeforeEach
  void open() {
    users = new Users(database.source(), random, clock);
    devices = new Devices(database.source(), random, clock, 10);
    sessions = new Sessions(database.source(), random, clock);
    policy =
        new PolicyStore(database.source(), TestDatabase.REVERSING, clock, PolicyLimits.DEFAULT);
    policy.apply(TestDatabase.document(PolicyStoreTest.WHOLE), "test", false);
    store = SnapshotStore.start(database.source(), NO_POLLING);
  }

  @AfterEach
  void close() {
    store.close();
    database.close();
  }

  private record Signed(UserRecord user, DeviceRecord device, SessionRecord session) {}

  private Signed signIn(String name) {
    UserRecord user = users.signIn("corp", "sub-" + name, name + "@example.com", name, List.of());
    Devices.Registration registration =
        devices.register(user.id(), "laptop", "linux", "key of " + name);
    assertThat(registration).isInstanceOf(Devices.Registration.Registered.class);
    DeviceRecord device = ((Devices.Registration.Registered) registration).device();
    SessionRecord session =
        sessions.start(user.id(), device.id(), "corp", Instant.now().plus(Duration.ofHours(8)));
    return new Signed(user, device, session);
  }

  private Decision decide(Snapshot snapshot, Signed who) {
    return snapshot.decide(
        snapshot.subject(who.user().id(), who.device().id()),
        "payments.corp.internal",
        443,
        Transport.TCP,
        System.currentTimeMillis());
  }

  @Test
  void whatWasJustCommittedIsInTheRefreshedSnapshot() {
    Signed alice = signIn("alice");
    assertThat(decide(store.refresh(), alice)).isInstanceOf(Decision.Allow.class);
    assertThat(decide(store.current(), signIn("bob")))
        .isEqualTo(new Decision.Deny(null, DenyReason.USER_DISABLED));
  }

  @Test
  void everyKindOfChangeReachesTheSnapshot() {
    Signed alice = signIn("alice");
    assertDenied(alice, () -> users.setDisabled(alice.user().id(), true), DenyReason.USER_DISABLED);
    users.setDisabled(alice.user().id(), false);
    assertDenied(
        alice,
        () -> devices.setState(alice.device().id(), DeviceRecord.State.QUARANTINED),
        DenyReason.DEVICE_REVOKED);
    devices.setState(alice.device().id(), DeviceRecord.State.REGISTERED);
    assertDenied(
        alice, () -> sessions.revoke(alice.session().id(), "test"), DenyReason.SESSION_REVOKED);
    Signed again = signIn("alice");
    assertThat(decide(store.refresh(), again)).isInstanceOf(Decision.Allow.class);
    assertDenied(
        again,
        () -> policy.apply(TestDatabase.document("version: 1\nrules: []\n"), "test", false),
        DenyReason.POLICY_NO_RULE);
    assertDenied(
        again,
        () ->
            policy.apply(
                TestDatabase.document("version: 1\nidentityProviders: []\n"), "test", false),
        DenyReason.SESSION_REVOKED);
  }

  private void assertDenied(Signed who, Runnable change, DenyReason reason) {
    change.run();
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() ->
            assertThat(decide(store.current(), who)).isEqualTo(new Decision.Deny(null, reason)));
    assertThat(store.refresh().version()).isEqualTo(policy.version());
  }

  @Test
  void incrementalReadAndFullReadAreTheSame() {
    for (int i = 0; i < 5; i++) {
      Signed signed = signIn("user" + i);
      store.refresh();
      if (i % 2 == 0) {
        sessions.revoke(signed.session().id(), "test");
        users.setDisabled(signed.user().id(), i == 4);
      }
    }
    Snapshot incremental = store.refresh();
    try (SnapshotStore second = SnapshotStore.start(database.source(), NO_POLLING)) {
      assertThat(second.current().identities()).isEqualTo(incremental.identities());
      assertThat(second.current().configuration()).isEqualTo(incremental.configuration());
    }
  }

  @Test
  void deletedRowsAreNoticedToo() {
    Signed alice = signIn("alice");
    assertThat(decide(store.refresh(), alice)).isInstanceOf(Decision.Allow.class);
    database.sql("delete from session");
    assertThat(decide(store.refresh(), alice))
        .isEqualTo(new Decision.Deny(null, DenyReason.SESSION_REVOKED));
  }

  @Test
  void changeReachesAListenerByItsNotice() throws Exception {
    Signed alice = signIn("alice");
    store.refresh();
    settle();
    List<Long> millis = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      boolean disabled = i % 2 == 0;
      CountDownLatch told = new CountDownLatch(1);
      AtomicLong at = new AtomicLong();
      store.addListener((before, now) -> {
        at.compareAndSet(0, System.nanoTime());
        told.countDown();
      });
      users.setDisabled(alice.user().id(), disabled);
      long committed = System.nanoTime();
      assertThat(told.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      millis.add(TimeUnit.NANOSECONDS.toMillis(at.get() - committed));
    }
    Collections.sort(millis);
    System.out.println("change to listener, ms, sorted: " + millis);
    // By a notice it takes a moment, on a busy machine a longer one; by polling, ten minutes.
    assertThat(millis.getLast()).isLessThan(PATIENCE.toMillis());
  }

  /// Waits until the thread listens: it has, once a change arrives without being asked for.
  private void settle() {
    CountDownLatch told = new CountDownLatch(1);
    store.addListener((before, now) -> told.countDown());
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> {
          database.sql("update app_user set name = name || '.'");
          return told.await(50, TimeUnit.MILLISECONDS);
        });
  }

  @Test
  void lostNoticeIsCaughtByPolling() {
    try (SnapshotStore polling =
        SnapshotStore.start(
            database.source(),
            new SnapshotStore.Settings(Duration.ofMillis(100), Duration.ofMillis(200)))) {
      // A version that moves without a notice.
      database.sql("update policy_version set version = version + 1");
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> polling.current().version() == policy.version());
    }
  }

  @Test
  void databaseThatGoesAwayLeavesTheSnapshotAndComesBack() {
    Signed alice = signIn("alice");
    store.refresh();
    settle();
    TestDatabase.onServer("alter database " + database.name + " allow_connections false");
    TestDatabase.onServer(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = '"
            + database.name
            + "'");
    assertThat(decide(store.current(), alice)).isInstanceOf(Decision.Allow.class);
    TestDatabase.onServer("alter database " + database.name + " allow_connections true");
    database.source.getHikariPoolMXBean().softEvictConnections();
    await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .until(() -> users.setDisabled(alice.user().id(), true));
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() ->
            assertThat(decide(store.current(), alice))
                .isEqualTo(new Decision.Deny(null, DenyReason.USER_DISABLED)));
  }

  @Test
  void listenersSeeEveryVersionOnceAndInOrder() {
    List<Long> seen = new CopyOnWriteArrayList<>();
    store.addListener((before, now) -> {
      assertThat(now.version()).isGreaterThan(before.version());
      seen.add(now.version());
    });
    store.addListener((before, now) -> {
      throw new IllegalStateException("a listener's bug");
    });
    for (int i = 0; i < 10; i++) {
      signIn("user" + i);
      store.refresh();
    }
    // The thread that listens may be telling the last of them still.
    await().atMost(PATIENCE).until(() -> !seen.isEmpty() && seen.getLast() == policy.version());
    assertThat(seen).isSorted().doesNotHaveDuplicates();
  }
}
