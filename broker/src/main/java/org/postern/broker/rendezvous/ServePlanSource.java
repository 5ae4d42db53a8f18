package org.postern.broker.rendezvous;

import org.postern.tunnel.message.ServePlan;

/** Says which applications a connector group serves. Callable by any thread; never blocks. */
public interface ServePlanSource {
  /** The plan of one connector group by the current policy. */
  ServePlan planFor(String connectorGroup);

  /** Whether an application counts as reachable whatever connectors report of it. */
  boolean isTakenToBeWell(String applicationId);
}
