package org.postern.broker.clientside;

import org.postern.broker.access.DeviceAccess;
import org.postern.broker.access.Verdict;
import org.postern.tunnel.message.Open;
import org.postern.tunnel.message.ReasonCode;

/**
 * Why a flow is cut.
 *
 * @param text for the person; empty: the reason says it all
 */
record CutCause(ReasonCode reason, String text) {

  /** What made a flow forbidden that was permitted. */
  static CutCause of(
      Open open, Verdict.Forbidden forbidden, DeviceAccess before, DeviceAccess now) {
    if (forbidden.concernsSubject()) {
      return new CutCause(forbidden.reason(), "");
    }
    if (forbidden.reason() == ReasonCode.POLICY_APPROVAL_REQUIRED) {
      // The person had it open, so its name is no secret to them; and they can ask again.
      String target = open.getHost() + ":" + open.getPort();
      return new CutCause(
          forbidden.reason(), "the approval for it is over; ask again: postern request " + target);
    }
    return now.postureFault(before, open.getHost(), open.getPort(), open.getTransport())
        .map(text -> new CutCause(ReasonCode.POLICY_POSTURE, text))
        .orElseGet(() -> new CutCause(reason(forbidden), ""));
  }

  /** What the person can put right themselves keeps its name; the rest is policy's business. */
  private static ReasonCode reason(Verdict.Forbidden forbidden) {
    return switch (forbidden.reason()) {
      case POLICY_STEP_UP, POLICY_APPROVAL_REQUIRED -> forbidden.reason();
      default -> ReasonCode.POLICY_CHANGED;
    };
  }
}
