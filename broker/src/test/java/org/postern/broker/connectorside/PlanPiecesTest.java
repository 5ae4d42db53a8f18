package org.postern.broker.connectorside;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.message.ServePlan;
import org.postern.tunnel.message.ServedApplication;

final class PlanPiecesTest {
  private static ServePlan plan(int applications) {
    return ServePlan.newBuilder()
        .setPolicyVersion(7)
        .addAllApplications(
            IntStream.range(0, applications)
                .mapToObj(i ->
                    ServedApplication.newBuilder()
                        .setApplicationId("application-" + i)
                        .addHosts("application-" + i + ".corp.internal")
                        .build())
                .toList())
        .build();
  }

  @Test
  void fiftyThousandApplicationsFitIntoMessages() {
    ServePlan plan = plan(50_000);
    List<ServePlan> pieces = PlanPieces.of(plan);

    assertThat(pieces)
        .hasSizeGreaterThan(1)
        .allMatch(piece ->
            piece.getSerializedSize() < TunnelLimits.DEFAULT.messages().afterWelcomeMax() / 2)
        .allMatch(piece -> piece.getPolicyVersion() == 7);
    assertThat(pieces.subList(0, pieces.size() - 1)).allMatch(ServePlan::getMore);
    assertThat(pieces.getLast().getMore()).isFalse();
    assertThat(pieces.stream().flatMap(piece -> piece.getApplicationsList().stream()))
        .isEqualTo(plan.getApplicationsList());
  }

  @Test
  void smallPlanIsOneMessage() {
    assertThat(PlanPieces.of(plan(3))).containsExactly(plan(3));
    assertThat(PlanPieces.of(plan(0))).containsExactly(plan(0));
  }
}
