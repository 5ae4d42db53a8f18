package org.postern.broker.clientside;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.message.NamePlan;

final class NamePiecesTest {
  private static NamePlan plan(int names) {
    return NamePlan.newBuilder()
        .setPolicyVersion(7)
        .addDomains("corp.internal")
        .addCidrs("10.0.0.0/8")
        .addBypassed("*.print.corp.internal")
        .addConnectorGroups("vpc-a")
        .addSearchDomains("corp.internal")
        .addAllNames(
            IntStream.range(0, names)
                .mapToObj(i -> "application-%06d.partner.example".formatted(i))
                .toList())
        .build();
  }

  @Test
  void fiftyThousandNamesFitIntoMessagesAndAreWholeTogether() {
    NamePlan plan = plan(50_000);
    NamePieces.Cut cut = NamePieces.of(plan);

    assertThat(cut.leftOut()).isZero();
    assertThat(cut.pieces())
        .hasSizeGreaterThan(1)
        .allMatch(piece ->
            piece.getSerializedSize() < TunnelLimits.DEFAULT.messages().afterWelcomeMax() / 2);
    List<NamePlan> pieces = cut.pieces();
    assertThat(pieces.subList(0, pieces.size() - 1)).allMatch(NamePlan::getMore);
    assertThat(pieces.getLast().getMore()).isFalse();
    NamePlan.Builder whole = NamePlan.newBuilder();
    pieces.forEach(whole::mergeFrom);
    assertThat(whole.clearMore().build()).isEqualTo(plan);
  }

  @Test
  void whatIsBeyondTheLimitIsLeftOutAndCounted() {
    NamePlan plan = plan(100_000);
    NamePieces.Cut cut = NamePieces.of(plan);
    int sent = cut.pieces().stream().mapToInt(NamePlan::getNamesCount).sum();

    assertThat(cut.leftOut()).isPositive();
    assertThat(sent + cut.leftOut()).isEqualTo(100_000);
    assertThat(cut.pieces().stream().mapToInt(NamePlan::getSerializedSize).sum())
        .isLessThan(TunnelLimits.DEFAULT.messages().outboundMax());
    assertThat(cut.pieces().getFirst().getDomainsList()).containsExactly("corp.internal");
  }

  @Test
  void smallPlanIsOneMessage() {
    assertThat(NamePieces.of(plan(3)).pieces()).containsExactly(plan(3));
    assertThat(NamePieces.of(plan(0)).pieces()).containsExactly(plan(0));
  }
}
