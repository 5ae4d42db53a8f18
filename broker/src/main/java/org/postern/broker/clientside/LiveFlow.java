package org.postern.broker.clientside;

import com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.message.Obligations;
import org.postern.tunnel.message.Open;
import org.postern.tunnel.message.ReasonCode;

/**
 * One flow of one device from its grant to its end. Confined to the device's loop.
 *
 * <pre>
 * PENDING -- Opened --> LIVE -- FlowClosed --> (gone)
 *    |                   |
 *    +------ cut --------+--> CUTTING -- CutDone, or the lane is cut --> (gone)
 * </pre>
 */
final class LiveFlow {
  enum State {
    PENDING,
    LIVE,
    CUTTING
  }

  final Open open;
  final String connectorId;
  final String decisionId;
  final String applicationId;
  final long sinceMillis;

  /** What the connector holds to for it. */
  Obligations obligations;

  ByteString laneId;
  State state = State.PENDING;
  long deadlineNanos;
  @Nullable ReasonCode cutReason;

  /** The decision that is in force for it: the first one, or the one that ends it. */
  String lastDecisionId;

  /** While this is a resumption that was not answered yet: the flow as it was. */
  @Nullable LiveFlow before;

  LiveFlow(
      Open open,
      String connectorId,
      ByteString laneId,
      String decisionId,
      String applicationId,
      Obligations obligations,
      long sinceMillis) {
    this.obligations = obligations;
    this.open = open;
    this.connectorId = connectorId;
    this.laneId = laneId;
    this.decisionId = decisionId;
    this.lastDecisionId = decisionId;
    this.applicationId = applicationId;
    this.sinceMillis = sinceMillis;
  }

  /** Whether a request to resume speaks of this flow. */
  boolean isFor(Open request) {
    return open.getHost().equals(request.getHost())
        && open.getPort() == request.getPort()
        && open.getTransport() == request.getTransport()
        && connectorId.equals(request.getConnectorId());
  }

  /** Host and port. */
  String target() {
    return open.getHost() + ":" + open.getPort();
  }

  long flowId() {
    return open.getFlowId();
  }
}
