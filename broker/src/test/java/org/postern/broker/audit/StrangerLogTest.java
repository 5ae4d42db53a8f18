package org.postern.broker.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditEvent;

final class StrangerLogTest {
  private final List<AuditEvent> written = new ArrayList<>();
  private long nanos;
  private final StrangerLog log =
      new StrangerLog(
          written::addAll, new StrangerLog.Limits(60, 6, 100, 5, 1_000, 4), () -> nanos);

  private static AuditEvent tried(String from) {
    return AuditEvent.done(Actor.STRANGER, "user.sign-in", "user", "")
        .refused("wrong")
        .in("r", from);
  }

  @Test
  void strangerIsCountedPastAFewAndOthersAreStillWritten() {
    for (int i = 0; i < 50; i++) {
      log.record(tried("192.0.2.1"));
    }
    assertThat(written).hasSize(5);
    log.record(tried("192.0.2.2"));
    assertThat(written).hasSize(6);
    log.writeCounts();
    assertThat(written).hasSize(7);
    assertThat(written.getLast().after()).containsEntry("count", "45");
    log.writeCounts();
    assertThat(written).hasSize(7);
  }

  @Test
  void manyAddressesTogetherAreHeldToo() {
    for (int i = 0; i < 250; i++) {
      log.record(tried("192.0.2." + i));
    }
    assertThat(written).hasSize(100);
  }

  @Test
  void whatPeopleOfOursDoIsAlwaysWritten() {
    Actor ann = new Actor(Actor.Kind.USER, "u-1", "ann@example.com");
    for (int i = 0; i < 500; i++) {
      log.record(AuditEvent.done(ann, "user.sign-in", "user", "u-1"));
    }
    assertThat(written).hasSize(500);
  }

  @Test
  void timeGivesRoomAgain() {
    for (int i = 0; i < 50; i++) {
      log.record(tried("192.0.2.1"));
    }
    nanos += 60_000_000_000L;
    log.record(tried("192.0.2.1"));
    assertThat(written).hasSize(6);
  }
}
