package org.postern.broker.admin;

import java.time.Instant;

/**
 * One open flow, as an administrator sees it.
 *
 * @param flowId the device's number for it
 * @param deviceId whose flow
 * @param user e-mail address or name of the signed-in user
 * @param application name of the application
 * @param target host and port that the program asked for
 * @param connectorId the connector that dials
 * @param decisionId what the user sees and the log knows
 * @param since when it was granted
 */
public record LiveFlow(
    long flowId,
    String deviceId,
    String user,
    String application,
    String target,
    String connectorId,
    String decisionId,
    Instant since) {}
