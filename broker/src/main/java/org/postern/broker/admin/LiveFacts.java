package org.postern.broker.admin;

import java.util.Optional;
import org.postern.policystore.decision.Facts;
import org.postern.policystore.decision.Snapshot;

/** By which facts this broker decides about devices. Safe to ask on any thread; never blocks. */
@FunctionalInterface
public interface LiveFacts {

  /** The facts of a device that is linked here, were this the policy; empty if it is not. */
  Optional<Facts> factsOf(Snapshot policy, String deviceId);
}
