package org.postern.clientconnector.link;

import org.postern.tunnel.message.ReasonCode;

/** Reason codes in words for the person at the device, with what to do next. */
public final class Reasons {
  private Reasons() {}

  /** One sentence, without a full stop. */
  public static String sentence(ReasonCode reason) {
    return switch (reason) {
      case POLICY_NO_RULE, POLICY_DENIED ->
          "there is no such application for you; ask your administrator if you expected one";
      case POLICY_APPROVAL_REQUIRED ->
          "somebody has to approve it first; ask: postern request HOST:PORT --reason TEXT";
      case POLICY_CHANGED -> "your access to this application has ended";
      case POLICY_CONNECTOR_GROUP -> "this application is reached another way now; connect again";
      case POLICY_POSTURE ->
          "your device no longer meets what this application asks of it; see 'postern status'";
      case POLICY_STEP_UP ->
          "your sign-in is too old or too weak for this application; run 'postern login URL"
              + " --again'";
      case SESSION_EXPIRED -> "your session has ended; run 'postern login'";
      case SESSION_REVOKED -> "your session was ended by an administrator; run 'postern login'";
      case USER_DISABLED -> "your account is disabled; ask your administrator";
      case DEVICE_REVOKED -> "this device is no longer admitted; ask your administrator";
      case NO_CONNECTOR -> "no app connector serves this application right now; try again later";
      case CONNECTOR_GONE, CONNECTOR_STOPPING ->
          "the app connector that carried this connection is gone; connect again";
      case NO_CARRIER, BROKER_OVERLOADED, CONNECTOR_OVERLOADED, RATE_LIMITED ->
          "too busy right now; try again";
      case LANE_UNKNOWN, GRANT_UNKNOWN_LANE ->
          "the way to the application changed while it was being opened; try again";
      case ANSWER_TIMEOUT -> "nobody answered in time; try again";
      case NAME_NOT_FOUND -> "the private network does not know this name";
      case RESOLVER_FAILED -> "the private network's name resolution failed; try again";
      case CONNECT_REFUSED -> "the application refused the connection";
      case CONNECT_TIMEOUT -> "the application did not answer in time";
      case CONNECT_UNREACHABLE -> "the application cannot be reached from its private network";
      case TARGET_FORBIDDEN -> "this address may not be dialled";
      case UPSTREAM_RESET -> "the application closed the connection abruptly";
      case IDLE_TIMEOUT -> "the connection was idle for too long";
      case AGE_EXPIRED -> "the connection reached its maximum age";
      case LANE_LOST, RESUME_FAILED, PEER_SILENT -> "the way to the application was lost";
      case LANE_WRONG_CONNECTOR ->
          "an app connector answered that may not serve this application; refused for your safety";
      case BROKER_STOPPING -> "the broker is stopping; the client connector reconnects by itself";
      case DEVICE_STOPPING -> "the client connector is stopping";
      default -> "refused: " + reason.name();
    };
  }

  /** True when the broker has no place for this device or its user any more. */
  static boolean endsEverything(ReasonCode reason) {
    return switch (reason) {
      case SESSION_EXPIRED, SESSION_REVOKED, USER_DISABLED, DEVICE_REVOKED -> true;
      default -> false;
    };
  }

  /** True when trying to resume once more is of no use. */
  static boolean isFinal(ReasonCode reason) {
    return switch (reason) {
      case CONNECTOR_GONE,
          RESUME_UNKNOWN_FLOW,
          RESUME_NOT_YOURS,
          POLICY_NO_RULE,
          POLICY_DENIED,
          POLICY_STEP_UP,
          POLICY_APPROVAL_REQUIRED,
          POLICY_CHANGED,
          POLICY_POSTURE,
          POLICY_CONNECTOR_GROUP,
          SESSION_EXPIRED,
          SESSION_REVOKED,
          USER_DISABLED,
          DEVICE_REVOKED,
          LANE_WRONG_CONNECTOR ->
          true;
      default -> false;
    };
  }
}
