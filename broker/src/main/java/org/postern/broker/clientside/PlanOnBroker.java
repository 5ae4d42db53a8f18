package org.postern.broker.clientside;

import org.jspecify.annotations.Nullable;
import org.postern.broker.access.DeviceAccess;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.NamePlan;

/**
 * What one device is told without asking: its session, and which names are ours. Confined to the
 * device's loop.
 */
final class PlanOnBroker {
  private final DeviceOnBroker device;
  private @Nullable NamePlan sent;
  private long holdsUntilMillis = Long.MAX_VALUE;

  PlanOnBroker(DeviceOnBroker device) {
    this.device = device;
  }

  /** A new link knows of nothing yet. */
  void attached() {
    sent = null;
  }

  /**
   * Tells what changed.
   *
   * @return when time alone may change it, in milliseconds since the epoch
   */
  long tell(DeviceAccess access, long nowMillis) {
    device.link().send(Envelope.newBuilder().setSessionState(access.sessionState()).build());
    NamePlan plan = access.namePlan();
    // With its version, and when its time is over: the device forgets which names it was told not
    // to exist.
    if (!plan.equals(sent) || nowMillis >= holdsUntilMillis) {
      sent = plan;
      device.link().send(Envelope.newBuilder().setNamePlan(plan).build());
    }
    holdsUntilMillis = access.planUntil();
    return holdsUntilMillis;
  }
}
