package org.postern.policystore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.policystore.RiskLevel;
import org.postern.policystore.RiskRecord;
import org.postern.policystore.decision.IdentityState;

class RisksTest {
  private static final RiskRecord.Subject ALICE =
      new RiskRecord.Subject(RiskRecord.Kind.USER, "u-1");
  private static final RiskRecord.Subject LAPTOP =
      new RiskRecord.Subject(RiskRecord.Kind.DEVICE, "d-1");

  private final TestDatabase database = TestDatabase.fresh();
  private Instant now = InstantSource.system().instant().truncatedTo(ChronoUnit.SECONDS);
  private final Risks risks = new Risks(database.source(), new SecureRandom(), () -> now);

  @AfterEach
  void close() {
    database.close();
  }

  private RiskRecord set(RiskRecord.Subject subject, RiskLevel level, @Nullable Instant expires) {
    return risks.set(new Risks.Said(subject, level, "ticket 77", "bob", expires));
  }

  private void signalled(RiskRecord.Subject subject, RiskLevel level) {
    new Database(database.source())
        .transaction(
            "test",
            connection ->
                Risks.put(
                    connection,
                    "k-" + level,
                    RiskRecord.SIGNAL + level,
                    now,
                    new Risks.Said(subject, level, "", "corp", null)));
  }

  private long version() {
    return database.number("select version from policy_version");
  }

  @Test
  void levelEndsAtTheSecondItShouldAndMovesThePolicyBothTimes() {
    long before = version();
    RiskRecord high = set(ALICE, RiskLevel.HIGH, now.plusSeconds(300));
    assertThat(version()).isEqualTo(before + 1);
    now = now.plusSeconds(299);
    assertThat(risks.expire()).isEmpty();
    assertThat(risks.list()).containsExactly(high);
    now = now.plusSeconds(1);
    assertThat(risks.list()).isEmpty();
    assertThat(risks.expire()).containsExactly(high);
    assertThat(version()).isEqualTo(before + 2);
    assertThat(risks.expire()).isEmpty();
    assertThat(risks.isUsed()).isTrue();
  }

  @Test
  void administratorHoldsOverSignalsAndTheHigherOfUserAndDeviceCounts() {
    try (SnapshotStore store =
        SnapshotStore.start(database.source(), SnapshotStore.Settings.DEFAULT)) {
      assertThat(store.current().identities().risk("u-1", "d-1", now)).isNull();
      signalled(ALICE, RiskLevel.MEDIUM);
      signalled(ALICE, RiskLevel.HIGH);
      assertThat(risk(store)).isEqualTo(RiskLevel.HIGH);
      RiskRecord low = set(ALICE, RiskLevel.LOW, null);
      assertThat(risk(store)).isEqualTo(RiskLevel.LOW);
      assertThat(set(ALICE, RiskLevel.LOW, null).id()).as("said once").isEqualTo(low.id());
      RiskRecord laptop = set(LAPTOP, RiskLevel.MEDIUM, now.plusSeconds(60));
      assertThat(risk(store)).isEqualTo(RiskLevel.MEDIUM);
      IdentityState state = store.current().identities();
      assertThat(state.risk("u-1", "d-1", now.plusSeconds(60)))
          .as("over by the clock, before anybody has ended it")
          .isEqualTo(RiskLevel.LOW);
      assertThat(risks.clear(laptop.id())).contains(laptop);
      assertThat(risks.clear(laptop.id())).isEmpty();
      assertThat(risk(store)).isEqualTo(RiskLevel.LOW);
      assertThat(risks.clear(low.id())).isPresent();
      assertThat(risk(store)).isEqualTo(RiskLevel.HIGH);
    }
  }

  private @Nullable RiskLevel risk(SnapshotStore store) {
    return store.refresh().identities().risk("u-1", "d-1", now);
  }
}
