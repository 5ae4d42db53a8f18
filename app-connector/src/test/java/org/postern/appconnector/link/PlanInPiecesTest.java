package org.postern.appconnector.link;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.postern.tunnel.message.ServePlan;
import org.postern.tunnel.message.ServedApplication;

final class PlanInPiecesTest {
  private static ServePlan piece(String application, boolean more) {
    return ServePlan.newBuilder()
        .addApplications(ServedApplication.newBuilder().setApplicationId(application))
        .setPolicyVersion(3)
        .setMore(more)
        .build();
  }

  @Test
  void planHoldsWhenItsLastPieceCame() {
    PlanInPieces plan = new PlanInPieces();

    assertThat(plan.add(piece("a", true))).isEmpty();
    ServePlan whole = plan.add(piece("b", false)).orElseThrow();
    assertThat(whole.getApplicationsList())
        .extracting(ServedApplication::getApplicationId)
        .containsExactly("a", "b");
    assertThat(whole.getPolicyVersion()).isEqualTo(3);
    assertThat(plan.add(piece("c", false)).orElseThrow().getApplicationsCount()).isEqualTo(1);
  }

  @Test
  void whatALostLinkLeftBehindIsForgotten() {
    PlanInPieces plan = new PlanInPieces();
    assertThat(plan.add(piece("a", true))).isEmpty();
    plan.clear();

    assertThat(plan.add(piece("b", false)).orElseThrow().getApplicationsCount()).isEqualTo(1);
  }
}
