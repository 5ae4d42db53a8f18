package org.postern.broker.clientside;

import org.postern.identity.SpiffeId;

/**
 * One live or pending flow, for the administrator.
 *
 * @param flowId the device's number for it
 * @param userId whose
 * @param deviceId on which device
 * @param application name of the application
 * @param target host and port that the program asked for
 * @param connectorId the connector that dials
 * @param decisionId what the user sees and the log knows
 * @param sinceMillis when it was granted, since the epoch
 */
public record FlowLine(
    long flowId,
    String userId,
    String deviceId,
    String application,
    String target,
    String connectorId,
    String decisionId,
    long sinceMillis) {

  static FlowLine of(SpiffeId.ClientId device, LiveFlow flow) {
    return new FlowLine(
        flow.flowId(),
        device.user(),
        device.device(),
        flow.applicationId,
        flow.open.getHost() + ":" + flow.open.getPort(),
        flow.connectorId,
        flow.decisionId,
        flow.sinceMillis);
  }
}
