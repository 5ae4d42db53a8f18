package org.postern.clientconnector.link;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.postern.tunnel.message.NamePlan;

class NamesInPiecesTest {
  private final NamesInPieces pieces = new NamesInPieces();

  private static NamePlan piece(String name, boolean more) {
    return NamePlan.newBuilder().setPolicyVersion(7).addNames(name).setMore(more).build();
  }

  @Test
  void piecesHoldTogetherFromTheLastOn() {
    assertThat(pieces.add(piece("a.x", true))).isEmpty();
    assertThat(pieces.add(piece("b.x", true))).isEmpty();
    assertThat(pieces.add(piece("c.x", false)))
        .hasValueSatisfying(whole -> {
          assertThat(whole.getNamesList()).containsExactly("a.x", "b.x", "c.x");
          assertThat(whole.getMore()).isFalse();
          assertThat(whole.getPolicyVersion()).isEqualTo(7);
        });
    assertThat(pieces.add(piece("d.x", false)))
        .as("the next plan replaces it whole")
        .hasValueSatisfying(next -> assertThat(next.getNamesList()).containsExactly("d.x"));
  }

  @Test
  void aNewLinkBeginsAnew() {
    pieces.add(piece("a.x", true));
    pieces.forget();
    assertThat(pieces.add(piece("b.x", false)).orElseThrow().getNamesList()).containsExactly("b.x");
  }

  @Test
  void piecesWithoutAnEndAreNoticed() {
    NamePlan large = piece("x".repeat(200 << 10), true);
    int count = 0;
    while (!pieces.tooLarge()) {
      pieces.add(large);
      count++;
      assertThat(count).isLessThan(1_000);
    }
    assertThat(count).isGreaterThan(10);
  }
}
