package org.postern.policystore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.policystore.Authentication;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.IdentityState;

/** What a device may do once it is set aside or gone, and how old its session is. */
final class DeviceKeysTest {
  private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");

  private final TestDatabase database = TestDatabase.fresh();
  private final SecureRandom random = new SecureRandom();
  private final Devices devices = new Devices(database.source(), random, () -> NOW, 5);
  private final Sessions sessions = new Sessions(database.source(), random, () -> NOW);
  private final UserRecord alice =
      new Users(database.source(), random, () -> NOW)
          .signIn("corp", "sub-1", "alice@example.com", "Alice", List.of());

  @AfterEach
  void close() {
    database.close();
  }

  private DeviceRecord device(String key) {
    return switch (devices.register(alice.id(), "laptop", "linux-x86_64", key)) {
      case Devices.Registration.Registered(DeviceRecord device) -> device;
      case Devices.Registration no -> throw new AssertionError(no);
    };
  }

  @Test
  void removedDeviceStaysRemoved() {
    DeviceRecord device = device("aa");
    assertThat(devices.setState(device.id(), DeviceRecord.State.REMOVED)).isTrue();
    assertThat(devices.setState(device.id(), DeviceRecord.State.REGISTERED)).isFalse();
    assertThat(devices.register(alice.id(), "x", "y", "aa"))
        .isEqualTo(new Devices.Registration.KeyRemoved());
    assertThat(device("bb").id()).isNotEqualTo(device.id());
  }

  @Test
  void newKeyIsNoWayAroundAQuarantine() {
    DeviceRecord laptop = device("aa");
    DeviceRecord phone = device("bb");
    assertThat(devices.setState(laptop.id(), DeviceRecord.State.QUARANTINED)).isTrue();
    for (String key : List.of("aa", "cc")) {
      assertThat(devices.register(alice.id(), "x", "y", key))
          .isInstanceOfSatisfying(
              Devices.Registration.SetAside.class,
              found -> assertThat(found.device().id()).isEqualTo(laptop.id()));
    }
    assertThat(device("bb")).isEqualTo(phone);
    assertThat(devices.setState(laptop.id(), DeviceRecord.State.REGISTERED)).isTrue();
    assertThat(device("aa")).isEqualTo(laptop);
  }

  @Test
  void sessionIsAsOldAsTheProofThatTheProviderSpeaksOf() {
    DeviceRecord device = device("aa");
    Instant then = NOW.minusSeconds(3_600);
    assertThat(
            sessions
                .start(alice.id(), device.id(), "corp", NOW.plusSeconds(60), proof(then))
                .authenticatedAt())
        .isEqualTo(then);
    assertThat(
            sessions
                .start(
                    alice.id(),
                    device.id(),
                    "corp",
                    NOW.plusSeconds(60),
                    proof(NOW.plusSeconds(30)))
                .authenticatedAt())
        .isEqualTo(NOW);
    assertThat(
            sessions.start(alice.id(), device.id(), "corp", NOW.plusSeconds(60)).authenticatedAt())
        .isEqualTo(NOW);
  }

  private static Authentication proof(Instant at) {
    return new Authentication(SessionRecord.SignInMethod.UNKNOWN, at, "");
  }

  private IdentityState snapshot() {
    SnapshotStore.Settings settings =
        new SnapshotStore.Settings(Duration.ofMinutes(10), Duration.ofMillis(200));
    try (SnapshotStore store = SnapshotStore.start(database.source(), settings)) {
      return store.current().identities();
    }
  }

  @Test
  void newestSessionOfADeviceCountsHoweverOldItsProof() {
    DeviceRecord device = device("aa");
    sessions.start(alice.id(), device.id(), "corp", NOW.plusSeconds(60), proof(NOW));
    SessionRecord second =
        sessions.start(
            alice.id(), device.id(), "corp", NOW.plusSeconds(60), proof(NOW.minusSeconds(3_600)));
    assertThat(sessions.live(device.id())).contains(second);
    assertThat(snapshot().sessionsByDevice().get(device.id())).isEqualTo(second);
  }
}
