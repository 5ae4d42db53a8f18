package org.postern.tunnel.flow;

/** What became of a grant at the connector's end. */
public enum GrantOutcome {
  /** The flow is let in: dial, then attach or refuse. */
  GRANTED,
  /** The device has reset the flow already: do not dial. */
  ALREADY_RESET,
  /** The lane is not (or no longer) attached here: GRANT_UNKNOWN_LANE. */
  UNKNOWN_LANE,
  /** A flow of that id lives already: PROTOCOL_ERROR. */
  DUPLICATE,
  /** The device has as many flows as it may: TOO_MANY_FLOWS. */
  TOO_MANY_FLOWS,
  /** With resume: no such flow is held here: RESUME_UNKNOWN_FLOW. */
  UNKNOWN_FLOW
}
