package org.postern.broker.clientside;

import org.jspecify.annotations.Nullable;
import org.postern.broker.access.DeviceAccess;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.NamePlan;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one device is told without asking: its session, and which names are ours. Confined to the
 * device's loop.
 */
final class PlanOnBroker {
  private static final Logger LOG = LoggerFactory.getLogger(PlanOnBroker.class);

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
      send(plan);
    }
    holdsUntilMillis = access.planUntil();
    return holdsUntilMillis;
  }

  private void send(NamePlan plan) {
    NamePieces.Cut cut = NamePieces.of(plan);
    if (cut.leftOut() > 0) {
      LOG.error(
          "{}: {} of {} names are left out of its name plan (expected: at most {} bytes; list a"
              + " suffix of theirs under domains, which takes one entry for all below it)",
          device.spiffeId(),
          cut.leftOut(),
          plan.getNamesCount(),
          NamePieces.PLAN_BYTES_MAX);
    }
    for (NamePlan piece : cut.pieces()) {
      device.link().send(Envelope.newBuilder().setNamePlan(piece).build());
    }
  }
}
