package org.postern.broker.connectorside;

import java.util.ArrayList;
import java.util.List;
import org.postern.tunnel.message.ServePlan;
import org.postern.tunnel.message.ServedApplication;

/** A plan in pieces that fit into messages, however many applications there are. */
final class PlanPieces {
  /** Far below the largest message that a peer takes. */
  private static final int BYTES_MAX = 256 << 10;

  private PlanPieces() {}

  /** At least one; all but the last say that there is more. */
  static List<ServePlan> of(ServePlan plan) {
    if (plan.getSerializedSize() <= BYTES_MAX) {
      return List.of(plan);
    }
    List<ServePlan> pieces = new ArrayList<>();
    ServePlan.Builder piece = empty(plan);
    int bytes = 0;
    for (ServedApplication each : plan.getApplicationsList()) {
      int size = each.getSerializedSize();
      if (bytes + size > BYTES_MAX && bytes > 0) {
        pieces.add(piece.setMore(true).build());
        piece = empty(plan);
        bytes = 0;
      }
      piece.addApplications(each);
      bytes += size;
    }
    pieces.add(piece.build());
    return pieces;
  }

  private static ServePlan.Builder empty(ServePlan plan) {
    return ServePlan.newBuilder().setPolicyVersion(plan.getPolicyVersion());
  }
}
