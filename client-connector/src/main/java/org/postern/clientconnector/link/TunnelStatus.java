package org.postern.clientconnector.link;

import java.util.List;

/**
 * What {@code postern status} shows of the tunnel. Times are milliseconds since the epoch; 0 is
 * unknown.
 *
 * @param linked whether the control link is up
 * @param broker host and port
 * @param linkText one sentence about the link
 * @param linkReason reason code of the last refusal, or empty
 * @param user e-mail address of the signed-in user, or empty
 * @param session active, sign_in_needed, disabled or unspecified
 * @param sessionExpiresMillis when the session ends by itself
 * @param certificateExpiresMillis when this device's certificate ends
 * @param lanes lanes to app connectors
 * @param flows live flows
 * @param ended the last flows that were refused, cut or lost, newest first
 * @param posture what this device reported of itself, and what came of it
 */
public record TunnelStatus(
    boolean linked,
    String broker,
    String linkText,
    String linkReason,
    String user,
    String session,
    long sessionExpiresMillis,
    long certificateExpiresMillis,
    int lanes,
    List<FlowLine> flows,
    List<EndLine> ended,
    Posture posture) {

  /** One live flow. */
  public record FlowLine(
      String target, String transport, String state, String decisionId, long startedMillis) {}

  /** The facts that were reported last, and what posture profiles came to. */
  public record Posture(List<FactLine> facts, List<ProfileLine> profiles) {}

  /** One fact; without a value it is not known, and missing says why. */
  public record FactLine(String kind, String subject, String value, String missing) {}

  /** One posture profile: true, false or unknown, and what keeps it from being true. */
  public record ProfileLine(String name, String result, String text, boolean inGrace) {}

  /** One flow that was refused, cut or lost, and why. */
  public record EndLine(
      String target, String reason, String text, String decisionId, long atMillis) {}
}
