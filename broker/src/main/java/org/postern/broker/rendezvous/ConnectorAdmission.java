package org.postern.broker.rendezvous;

import java.util.Optional;
import org.postern.identity.SpiffeId;
import org.postern.tunnel.message.ReasonCode;

/** Says whether an app connector may be linked. Callable by any thread; never blocks. */
@FunctionalInterface
public interface ConnectorAdmission {
  /** Why not; empty if it may. */
  Optional<ReasonCode> faultOf(SpiffeId.ConnectorId id);
}
