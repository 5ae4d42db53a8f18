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

class ApprovalsTest {
  private final TestDatabase database = TestDatabase.fresh();
  private Instant now = InstantSource.system().instant().truncatedTo(ChronoUnit.SECONDS);
  private final InstantSource clock = () -> now;
  private final Approvals approvals = new Approvals(database.source(), new SecureRandom(), clock);

  @AfterEach
  void close() {
    database.close();
  }

  private String alice() {
    return new Users(database.source(), new SecureRandom(), clock)
        .signIn("corp", "sub-1", "alice@example.com", "Alice", List.of())
        .id();
  }

  private Approvals.Asked ask(String application) {
    return approvals.ask(
        new Approvals.Wish(
            alice(), "d-1", application, "pay.corp:443", "ticket 77", Duration.ofMinutes(30)));
  }

  private Approvals.Request asked() {
    return ((Approvals.Asked.Waits) ask("payments")).request();
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

  @Test
  void nobodyHasMoreThanSoManyRequestsWaiting() {
    for (int i = 0; i < Approvals.WAITING_PER_PERSON_MAX; i++) {
      assertThat(ask("app-" + i)).isInstanceOf(Approvals.Asked.Waits.class);
    }
    assertThat(ask("one-more")).isInstanceOf(Approvals.Asked.TooMany.class);
    assertThat(ask("app-0"))
        .as("what waits already still answers")
        .isInstanceOfSatisfying(
            Approvals.Asked.Waits.class, waits -> assertThat(waits.isNew()).isFalse());
  }

  @Test
  void nobodyAsksMoreOftenThanSoManyTimesADay() {
    for (int i = 0; i < Approvals.ASKED_PER_DAY_MAX; i++) {
      approvals.refuse(asked().id(), "bob", "");
    }
    assertThat(ask("payments")).isInstanceOf(Approvals.Asked.TooMany.class);
    now = now.plus(Duration.ofHours(25));
    assertThat(ask("payments")).isInstanceOf(Approvals.Asked.Waits.class);
  }

  @Test
  void personSeesHerOwnRequestsAndUntilWhenTheyHold() {
    Approvals.Request request = asked();
    assertThat(approvals.ofUser(alice(), 10))
        .singleElement()
        .satisfies(own -> {
          assertThat(own.request().target()).isEqualTo("pay.corp:443");
          assertThat(own.until()).isNull();
        });
    assertThat(approvals.ofUser("somebody-else", 10)).isEmpty();
    Approvals.Approval approval =
        approvals.approve(request.id(), "bob", Duration.ofMinutes(5), "").orElseThrow();
    assertThat(approvals.ofUser(alice(), 10))
        .singleElement()
        .satisfies(own -> assertThat(own.until()).isEqualTo(approval.until()));
    approvals.revoke(approval.id());
    assertThat(approvals.ofUser(alice(), 10))
        .singleElement()
        .satisfies(own -> assertThat(own.ended()).isTrue());
  }

  @Test
  void firstUseOfAnApprovalIsNotedOnceAndMovesNothing() {
    Approvals.Request request = asked();
    Approvals.Approval approval =
        approvals.approve(request.id(), "bob", Duration.ofMinutes(5), "").orElseThrow();
    long before = version();
    assertThat(approvals.firstUse(approval.id())).isTrue();
    assertThat(approvals.firstUse(approval.id())).isFalse();
    assertThat(approvals.firstUse("v-unknown")).isFalse();
    assertThat(version()).isEqualTo(before);
  }
}
