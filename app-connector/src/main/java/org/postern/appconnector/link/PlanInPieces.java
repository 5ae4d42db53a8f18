package org.postern.appconnector.link;

import java.util.Optional;
import org.postern.tunnel.message.ServePlan;

/** Puts a plan together that comes in several messages. Confined to the control loop. */
final class PlanInPieces {
  private ServePlan.Builder pieces = ServePlan.newBuilder();

  /** A message came; the plan, when it was the last. */
  Optional<ServePlan> add(ServePlan piece) {
    pieces.addAllApplications(piece.getApplicationsList());
    if (piece.getMore()) {
      return Optional.empty();
    }
    ServePlan whole = pieces.setPolicyVersion(piece.getPolicyVersion()).build();
    clear();
    return Optional.of(whole);
  }

  /** A new link begins anew. */
  void clear() {
    pieces = ServePlan.newBuilder();
  }
}
