package org.postern.broker.access;

import java.util.List;
import java.util.Map;
import org.postern.policystore.decision.DialTargets;
import org.postern.tunnel.message.Obligations;
import org.postern.tunnel.message.ReasonCode;

/** The answer of policy to one flow, in the words of the wire. */
public sealed interface Verdict {
  /**
   * The flow may be opened.
   *
   * @param applicationId the application that the target belongs to
   * @param connectorGroups who may serve it
   * @param obligations what the connector must hold to
   * @param targetsByGroup what connectors dial, by their group; empty: the host that is asked for
   */
  record Permitted(
      String applicationId,
      List<String> connectorGroups,
      Obligations obligations,
      Map<String, DialTargets> targetsByGroup)
      implements Verdict {
    /** What a connector of one of the groups dials. */
    public DialTargets targets(String connectorGroup) {
      return targetsByGroup.isEmpty()
          ? DialTargets.HOST
          : targetsByGroup.getOrDefault(connectorGroup, DialTargets.NOTHING);
    }
  }

  /**
   * The flow may not be opened.
   *
   * @param reason for the log and for flows that were live
   * @param rule the rule that decided, for the log; empty if there was none
   * @param message the rule's words for the person; empty if it has none
   */
  record Forbidden(ReasonCode reason, String rule, String message) implements Verdict {
    /** True when it is the session, user or device that is not admitted, whatever the target. */
    public boolean concernsSubject() {
      return switch (reason) {
        case SESSION_EXPIRED, SESSION_REVOKED, USER_DISABLED, DEVICE_REVOKED -> true;
        default -> false;
      };
    }

    /**
     * What a device that asks learns: the same whether the application is forbidden or does not
     * exist, except where the person can do something about it, or the administrator has left words
     * for them.
     */
    public ReasonCode told() {
      return switch (reason) {
        case POLICY_STEP_UP, POLICY_APPROVAL_REQUIRED -> reason;
        case POLICY_DENIED -> message.isEmpty() ? ReasonCode.POLICY_NO_RULE : reason;
        default -> concernsSubject() ? reason : ReasonCode.POLICY_NO_RULE;
      };
    }
  }
}
