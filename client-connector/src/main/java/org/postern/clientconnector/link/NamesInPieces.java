package org.postern.clientconnector.link;

import java.util.Optional;
import org.postern.tunnel.message.NamePlan;

/**
 * Puts the pieces of a name plan together. What holds is the last whole plan; a new control link
 * begins anew. Confined to the device's loop.
 */
final class NamesInPieces {
  /** Of all pieces: twice what a broker sends. */
  static final int BYTES_MAX = 4 << 20;

  private NamePlan.Builder begun = NamePlan.newBuilder();
  private int bytes;

  /** The plan, when this was its last piece. */
  Optional<NamePlan> add(NamePlan piece) {
    begun.mergeFrom(piece);
    bytes += piece.getSerializedSize();
    if (piece.getMore()) {
      return Optional.empty();
    }
    NamePlan whole = begun.clearMore().build();
    forget();
    return Optional.of(whole);
  }

  /** Whether the pieces that have come are more than any broker sends. */
  boolean tooLarge() {
    return bytes > BYTES_MAX;
  }

  /** Forgets what has begun. */
  void forget() {
    begun = NamePlan.newBuilder();
    bytes = 0;
  }
}
