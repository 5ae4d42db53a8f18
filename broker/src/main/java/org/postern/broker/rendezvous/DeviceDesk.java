package org.postern.broker.rendezvous;

import org.postern.tunnel.message.CutDone;
import org.postern.tunnel.message.FlowClosed;
import org.postern.tunnel.message.Opened;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Refused;

/**
 * One linked device, as the meeting point sees it. All methods may be called by any thread; the
 * implementation hops to its own loop.
 */
public interface DeviceDesk {
  /** The whole SPIFFE id of the device. */
  String spiffeId();

  /** A connector dialled the application for a flow of this device. */
  void opened(String connectorId, Opened opened);

  /** A connector refused a flow of this device. */
  void refused(String connectorId, Refused refused);

  /** A connector confirms a cut. */
  void cutDone(String connectorId, CutDone cutDone);

  /** A connector reports the end of a flow. */
  void closedByConnector(String connectorId, FlowClosed closed);

  /** A connector is gone for good: its flows cannot be resumed. */
  void connectorGone(String connectorId, ReasonCode reason);
}
