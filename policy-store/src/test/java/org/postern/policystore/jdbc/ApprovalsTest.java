package org.postern.policystore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.policystore.UserRecord;

class ApprovalsTest {
  private final TestDatabase database = TestDatabase.fresh();
  private Instant now = InstantSource.system().instant().truncatedTo(ChronoUnit.SECONDS);
  private final InstantSource clock = () -> now;
  private final Approvals approvals = new Approvals(database.source(), new SecureRandom(), clock);

  @AfterEach
  void close() {
    database.close();
  }

  private Approvals.Request asked() {
    UserRecord alice =
        new Users(database.source(), new SecureRandom(), clock)
            .signIn("corp", "sub-1", "alice@example.com", "Alice", List.of());
    return approvals.ask(
        new Approvals.Wish(alice.id(), "d-1", "payments", "ticket 77", Duration.ofMinutes(30)));
  }

  private long version() {
    return database.number("select version from policy_version");
  }

  @Test
  void approvalEndsAtTheSecondItShouldAndMovesThePolicyBothTimes() {
    Approvals.Request request = asked();
    assertThat(asked().id()).as("who waits already waits once").isEqualTo(request.id());
    long before = version();
    Approvals.Approval approval =
        approvals.approve(request.id(), "bob", Duration.ofMinutes(5), "ok").orElseThrow();
    assertThat(approval.until()).isEqualTo(now.plusSeconds(300));
    assertThat(version()).isEqualTo(before + 1);
    now = now.plusSeconds(299);
    assertThat(approvals.expire()).isEmpty();
    now = now.plusSeconds(1);
    assertThat(approvals.expire())
        .extracting(Approvals.Approval::id)
        .containsExactly(approval.id());
    assertThat(version()).isEqualTo(before + 2);
    assertThat(approvals.expire()).isEmpty();
  }

  @Test
  void requestIsDecidedOnce() {
    Approvals.Request request = asked();
    assertThat(approvals.refuse(request.id(), "bob", "no")).isTrue();
    assertThat(approvals.approve(request.id(), "eve", Duration.ofHours(1), "")).isEmpty();
    assertThat(approvals.requests(Optional.of("waiting"), 10)).isEmpty();
    assertThat(asked().id()).as("and may be asked again").isNotEqualTo(request.id());
  }

  @Test
  void approvalIsInTheSnapshotUntilItIsTakenBack() {
    Approvals.Request request = asked();
    Approvals.Approval approval =
        approvals.approve(request.id(), "bob", Duration.ofMinutes(5), "").orElseThrow();
    try (SnapshotStore store =
        SnapshotStore.start(database.source(), SnapshotStore.Settings.DEFAULT)) {
      assertThat(store.current().identities().approvalsByUser().get(request.userId()))
          .singleElement()
          .satisfies(found -> assertThat(found.endsAt()).isEqualTo(approval.until()));
      assertThat(approvals.revoke(approval.id())).isPresent();
      assertThat(approvals.revoke(approval.id())).isEmpty();
      assertThat(store.refresh().identities().approvalsByUser().get(request.userId()))
          .allSatisfy(found -> assertThat(found.revoked()).isTrue());
    }
  }
}
