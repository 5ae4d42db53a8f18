package org.postern.broker.clientside;

import com.google.protobuf.CodedOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.postern.tunnel.message.NamePlan;

/**
 * A name plan in pieces that fit into messages, however many names there are, up to a limit on all
 * of them.
 */
final class NamePieces {
  /** Of one piece: far below the largest message that a peer takes. */
  static final int PIECE_BYTES_MAX = 256 << 10;

  /**
   * Of all pieces: they may all wait to be written at once, and a device keeps them in memory. Some
   * 50,000 names.
   */
  static final int PLAN_BYTES_MAX = 2 << 20;

  private static final int FIELD_TAG_BYTES = 1;

  private final NamePlan whole;
  private final List<NamePlan> pieces = new ArrayList<>();
  private NamePlan.Builder piece;
  private int pieceBytes;
  private int allBytes;
  private int leftOut;

  private NamePieces(NamePlan whole) {
    this.whole = whole;
    this.piece = empty();
  }

  /**
   * The pieces of a plan.
   *
   * @param pieces at least one; all but the last say that there is more
   * @param leftOut names that are beyond the limit, and in none of them
   */
  record Cut(List<NamePlan> pieces, int leftOut) {}

  static Cut of(NamePlan plan) {
    if (plan.getSerializedSize() <= PIECE_BYTES_MAX) {
      return new Cut(List.of(plan), 0);
    }
    NamePieces cut = new NamePieces(plan);
    // What fewer entries say more with comes first: it is the single names that are too many.
    cut.all(plan.getDomainsList(), NamePlan.Builder::addDomains);
    cut.all(plan.getSearchDomainsList(), NamePlan.Builder::addSearchDomains);
    cut.all(plan.getBypassedList(), NamePlan.Builder::addBypassed);
    cut.all(plan.getConnectorGroupsList(), NamePlan.Builder::addConnectorGroups);
    cut.all(plan.getCidrsList(), NamePlan.Builder::addCidrs);
    cut.all(plan.getNamesList(), NamePlan.Builder::addNames);
    cut.pieces.add(cut.piece.build());
    return new Cut(List.copyOf(cut.pieces), cut.leftOut);
  }

  private void all(List<String> texts, BiConsumer<NamePlan.Builder, String> add) {
    for (String text : texts) {
      int bytes = FIELD_TAG_BYTES + CodedOutputStream.computeStringSizeNoTag(text);
      if (allBytes + bytes > PLAN_BYTES_MAX) {
        leftOut++;
        continue;
      }
      if (pieceBytes + bytes > PIECE_BYTES_MAX) {
        pieces.add(piece.setMore(true).build());
        piece = empty();
        pieceBytes = 0;
      }
      add.accept(piece, text);
      pieceBytes += bytes;
      allBytes += bytes;
    }
  }

  private NamePlan.Builder empty() {
    return NamePlan.newBuilder().setPolicyVersion(whole.getPolicyVersion());
  }
}
