package org.postern.broker.connectorside;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class FlowCountTest {
  private static final String DEVICE = "spiffe://test.example/client/u/d";
  private final FlowCount count = new FlowCount();

  @BeforeEach
  void threeFlows() {
    count.granted();
    count.granted();
    count.granted();
  }

  @Test
  void cutFlowCountsOutOnceAlthoughTwoMessagesSayThatItIsOver() {
    count.cut(DEVICE, 7);
    count.over(DEVICE, 7);
    count.cutDone(DEVICE, 7);
    assertThat(count.get()).isEqualTo(2);
  }

  @Test
  void cutFlowThatTheConnectorNeverHadCountsOutWithItsConfirmation() {
    count.cut(DEVICE, 7);
    count.cutDone(DEVICE, 7);
    count.cutDone(DEVICE, 7);
    assertThat(count.get()).isEqualTo(2);
  }

  @Test
  void flowsThatEndByThemselvesCountOutOneByOne() {
    count.over(DEVICE, 1);
    count.over(DEVICE, 2);
    assertThat(count.get()).isEqualTo(1);
  }
}
