package org.postern.broker.rendezvous;

import org.postern.tunnel.message.ServePlan;

/** Says which applications a connector group serves. Callable by any thread; never blocks. */
@FunctionalInterface
public interface ServePlanSource {
  /** The plan of one connector group by the current policy. */
  ServePlan planFor(String connectorGroup);
}
