package org.postern.broker.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postern.policystore.Application;
import org.postern.policystore.ApplicationTraits;
import org.postern.policystore.ApplicationTraits.HealthMode;
import org.postern.policystore.ClientType;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.HostPattern;
import org.postern.policystore.Obligations;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.decision.Snapshot;

/** What each health mode of an application asks of connectors, and whether they are believed. */
final class HealthModesTest {
  private static Application application(HealthMode mode) {
    return new Application(
        mode.name().toLowerCase(java.util.Locale.ROOT),
        List.of(new HostPattern.ExactName("a" + mode.name().length() + ".corp.internal")),
        List.of(new PortRange(443, 443)),
        List.of(),
        List.of("vpc-a"),
        new Obligations(Duration.ZERO, Duration.ZERO, false, false, false),
        new ApplicationTraits(
            List.of(),
            ApplicationTraits.Matching.EXCLUSIVE,
            mode,
            List.of(ClientType.values()),
            ApplicationTraits.Bypass.NEVER));
  }

  @Test
  void continuousIsProbedOnAccessIsKnownFromDialsAndNoneIsAlwaysWell() {
    List<Application> applications = new ArrayList<>();
    for (HealthMode mode : HealthMode.values()) {
      applications.add(application(mode));
    }
    Snapshot snapshot =
        Snapshot.build(
            1,
            new PolicyConfiguration(
                List.of(),
                List.of(new ConnectorGroup("vpc-a")),
                applications,
                List.of(),
                List.of(),
                List.of()),
            IdentityState.EMPTY);
    FlowAccess access =
        new FlowAccess(
            () -> snapshot,
            new PostureDesk(
                () -> snapshot, PostureMemory.NONE, PostureReportLimits.DEFAULT, Clock.systemUTC()),
            SourceMemory.NONE,
            Clock.systemUTC(),
            DecisionLog.FORGETFUL,
            Countries.NONE);
    assertThat(
            access.planFor("vpc-a").getApplicationsList().stream()
                .filter(each -> each.getHostsCount() > 0)
                .map(each -> each.getApplicationId()))
        .as("probed")
        .containsExactly("continuous");
    assertThat(access.isTakenToBeWell("continuous")).isFalse();
    assertThat(access.isTakenToBeWell("on_access")).isFalse();
    assertThat(access.isTakenToBeWell("none")).isTrue();
    assertThat(access.isTakenToBeWell("unknown")).isFalse();
  }
}
