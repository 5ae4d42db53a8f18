package org.postern.appconnector.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.postern.appconnector.config.ConnectorLimits;
import org.postern.tunnel.message.ApplicationHealth;
import org.postern.tunnel.message.ApplicationHealth.State;
import org.postern.tunnel.message.PortRange;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.ServePlan;
import org.postern.tunnel.message.ServedApplication;

final class HealthBoardTest {
  private static final ConnectorLimits.Health LIMITS = ConnectorLimits.Health.DEFAULT;
  private static final HealthTarget WEB = new HealthTarget("web", "web.test", 443);

  private final HealthBoard board = new HealthBoard(LIMITS, new Random(7));
  private long now = Duration.ofHours(1).toNanos();

  private static ServedApplication app(String id, String host, int low, int high) {
    return ServedApplication.newBuilder()
        .setApplicationId(id)
        .addHosts(host)
        .addTcp(PortRange.newBuilder().setLow(low).setHigh(high))
        .build();
  }

  private void plan(ServedApplication... applications) {
    board.plan(ServePlan.newBuilder().addAllApplications(List.of(applications)).build(), now);
  }

  private void pass(Duration duration) {
    now += duration.toNanos();
  }

  private Optional<HealthTarget> next() {
    return board.nextProbe(now).map(HealthBoard.Probe::target);
  }

  private void probeDown() {
    board.onProbeDown(next().orElseThrow(), ReasonCode.CONNECT_REFUSED, "no", now);
  }

  private void probeUp(long micros) {
    board.onProbeUp(next().orElseThrow(), micros, now);
  }

  @Test
  void everyPlannedTargetIsProbedAtOnceAndReportedOnce() {
    plan(app("web", "web.test", 443, 443));
    assertThat(next()).contains(WEB);
    assertThat(next()).isEmpty();
    board.onProbeUp(WEB, 500, now);
    assertThat(board.takeChanges(10))
        .singleElement()
        .satisfies(health -> {
          assertThat(health.getState()).isEqualTo(State.STATE_UP);
          assertThat(health.getHost()).isEqualTo("web.test");
          assertThat(health.getLatencyMicros()).isEqualTo(500);
        });
    assertThat(board.hasChanges()).isFalse();
  }

  @Test
  void unusedTargetIsLeftAloneLongerThanAUsedOne() {
    plan(app("web", "web.test", 443, 443));
    probeUp(500);
    pass(LIMITS.interval().multipliedBy(2));
    assertThat(next()).isEmpty();
    pass(LIMITS.intervalUnused());
    assertThat(next()).contains(WEB);
    board.onProbeUp(WEB, 500, now);
    board.onDialed(WEB, 400, now);
    pass(LIMITS.interval().multipliedBy(2));
    assertThat(next()).contains(WEB);
  }

  @Test
  void downTargetIsProbedSoonerThenLessOften() {
    plan(app("web", "web.test", 443, 443));
    List<Long> waits = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      probeDown();
      long due = board.nextDueNanos().orElseThrow();
      waits.add(Duration.ofNanos(due - now).toSeconds());
      now = due;
    }
    assertThat(waits.get(0)).isBetween(4L, 5L);
    assertThat(waits.get(5)).isBetween(25L, 35L);
    assertThat(board.takeChanges(10)).hasSize(1);
    assertThat(board.down()).isEqualTo(1);
  }

  @Test
  void failedDialAsksForAProbeInsteadOfCondemning() {
    plan(app("web", "web.test", 443, 443));
    probeUp(500);
    board.takeChanges(10);
    pass(Duration.ofSeconds(1));
    board.onDialFailed(WEB, now);
    assertThat(board.hasChanges()).isFalse();
    probeDown();
    assertThat(board.takeChanges(10))
        .singleElement()
        .satisfies(health -> {
          assertThat(health.getState()).isEqualTo(State.STATE_DOWN);
          assertThat(health.getText()).startsWith("CONNECT_REFUSED");
        });
  }

  @Test
  void successfulDialBringsADownTargetUp() {
    plan(app("web", "web.test", 443, 443));
    probeDown();
    board.takeChanges(10);
    board.onDialed(WEB, 300, now);
    assertThat(board.takeChanges(10))
        .extracting(ApplicationHealth::getState)
        .containsExactly(State.STATE_UP);
  }

  @Test
  void wideRangesAndUnplannedHostsAreLearnedFromDialsAndForgottenWhenUnused() {
    plan(app("any", "*", 1, 1));
    plan(app("wide", "wide.test", 1000, 2000));
    assertThat(board.size()).isZero();
    HealthTarget learned = new HealthTarget("wide", "wide.test", 1500);
    board.onDialed(learned, 100, now);
    assertThat(board.size()).isEqualTo(1);
    pass(LIMITS.usedWithin().plus(LIMITS.intervalUnused()));
    assertThat(next()).isEmpty();
    assertThat(board.size()).isZero();
  }

  @Test
  void dialOfAnApplicationThatIsNotServedIsNotRemembered() {
    board.onDialed(new HealthTarget("stranger", "x.test", 1), 100, now);
    assertThat(board.size()).isZero();
  }

  @Test
  void withdrawnApplicationIsForgottenEvenWhileItIsProbed() {
    plan(app("web", "web.test", 443, 443));
    HealthTarget probed = next().orElseThrow();
    plan();
    board.onProbeUp(probed, 1, now);
    assertThat(board.size()).isZero();
    assertThat(board.hasChanges()).isFalse();
  }

  @Test
  void newLinkIsToldEverythingThatIsKnown() {
    plan(app("web", "web.test", 443, 444));
    probeUp(1);
    board.takeChanges(10);
    board.reportAllAgain();
    assertThat(board.takeChanges(10)).hasSize(1);
  }

  @Test
  void smallChangesOfLatencyAreNoNewsLargeOnesAre() {
    plan(app("web", "web.test", 443, 443));
    probeUp(10_000);
    board.takeChanges(10);
    board.onDialed(WEB, 11_000, now);
    assertThat(board.hasChanges()).isFalse();
    for (int i = 0; i < 20; i++) {
      board.onDialed(WEB, 90_000, now);
    }
    assertThat(board.hasChanges()).isTrue();
  }

  @Test
  void targetsAreBounded() {
    ConnectorLimits.Health d = LIMITS;
    HealthBoard small =
        new HealthBoard(
            new ConnectorLimits.Health(
                d.interval(),
                d.intervalDown(),
                d.intervalUnused(),
                d.usedWithin(),
                d.timeout(),
                d.probesPerSecond(),
                3,
                d.reportInterval(),
                d.reportDelay()),
            new Random(7));
    ServePlan.Builder plan = ServePlan.newBuilder();
    for (int i = 0; i < 10; i++) {
      plan.addApplications(app("app" + i, "h" + i + ".test", 1, 4));
    }
    small.plan(plan.build(), now);
    assertThat(small.size()).isEqualTo(3);
  }
}
