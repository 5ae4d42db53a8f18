package org.postern.policystore.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.DenyReason;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.Transport;

class SnapshotTest {
  /** The measurement itself takes a little; one object a decision would be millions. */
  private static final long ALLOCATED_MAX = 50_000;

  @Test
  void connectorIsRefusedWhenRevokedUnknownMovedOrWithoutItsGroup() {
    PolicyConfiguration configuration =
        new PolicyConfiguration(
            List.of(),
            List.of(new ConnectorGroup("a"), new ConnectorGroup("b")),
            List.of(),
            List.of(),
            List.of(),
            List.of());
    Snapshot snapshot =
        Snapshot.build(
            1,
            configuration,
            new IdentityState(
                Map.of(),
                Map.of(),
                Map.of(),
                Map.of(
                    "c1", connector("c1", "a", ConnectorRecord.State.ENROLLED),
                    "c2", connector("c2", "a", ConnectorRecord.State.REVOKED),
                    "c3", connector("c3", "gone", ConnectorRecord.State.ENROLLED))));
    assertThat(snapshot.connectorRefusal("c1", "a")).isEmpty();
    assertThat(snapshot.connectorRefusal("c1", "b")).contains(DenyReason.CONNECTOR_REVOKED);
    assertThat(snapshot.connectorRefusal("c2", "a")).contains(DenyReason.CONNECTOR_REVOKED);
    assertThat(snapshot.connectorRefusal("c3", "gone")).contains(DenyReason.CONNECTOR_REVOKED);
    assertThat(snapshot.connectorRefusal("c4", "a")).contains(DenyReason.CONNECTOR_REVOKED);
  }

  private static ConnectorRecord connector(String id, String group, ConnectorRecord.State state) {
    return new ConnectorRecord(id, group, id, id, state);
  }

  @Test
  void decidingAllocatesNothing() {
    Snapshot snapshot =
        Snapshot.build(
            1,
            SyntheticPolicy.configuration(SyntheticPolicy.Size.LARGE, 7),
            SyntheticPolicy.identities(SyntheticPolicy.Size.LARGE, 7));
    SubjectView view = snapshot.subject("u1", "d1");
    String[] hosts = {
      SyntheticPolicy.host(17), "x.zone30.corp.internal", "10.0.3.4", "no.such.name.corp.internal"
    };
    long allows = 0;
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    // Code that is not compiled yet allocates what compiled code does not, and when it is compiled
    // is the virtual machine's affair: one quiet round of many shows that it can be done.
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 100 && least >= ALLOCATED_MAX; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 100_000; i++) {
        allows += ask(snapshot, view, hosts[i % hosts.length]);
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(allows).isNotNegative();
    assertThat(least).isLessThan(ALLOCATED_MAX);
  }

  private static int ask(Snapshot snapshot, SubjectView view, String host) {
    return snapshot.decide(view, host, 443, Transport.TCP, 5) instanceof Decision.Allow ? 1 : 0;
  }

  @Test
  void viewOfAnOlderSnapshotIsNotTrusted() {
    PolicyConfiguration configuration =
        SyntheticPolicy.configuration(SyntheticPolicy.Size.LARGE, 7);
    IdentityState identities = SyntheticPolicy.identities(SyntheticPolicy.Size.LARGE, 7);
    Snapshot old = Snapshot.build(1, configuration, identities);
    Snapshot now = old.withIdentities(2, IdentityState.EMPTY);
    SubjectView view = old.subject("u1", "d1");
    assertThat(now.decide(view, SyntheticPolicy.host(1), 443, Transport.TCP, 5))
        .isEqualTo(new Decision.Deny(null, DenyReason.USER_DISABLED));
    assertThat(now.namePlan(view, 5).names()).isEmpty();
    assertThat(now.namePlan(view, 5).domains()).containsExactly("corp.internal");
  }
}
