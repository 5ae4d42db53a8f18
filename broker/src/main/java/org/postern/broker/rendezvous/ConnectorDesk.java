package org.postern.broker.rendezvous;

import org.postern.tunnel.message.Cut;
import org.postern.tunnel.message.FlowTerms;
import org.postern.tunnel.message.Grant;

/**
 * One linked app connector, as the meeting point sees it. All methods may be called by any thread.
 */
public interface ConnectorDesk {
  /** The connector's opaque id, from its certificate. */
  String connectorId();

  /** The connector group, from its certificate. */
  String group();

  /** The whole SPIFFE id of the connector. */
  String spiffeId();

  /** Whether the last report said that this target answers; true while nothing was reported. */
  boolean reaches(String host, int port);

  /** Live and pending flows, to choose the least busy. */
  int load();

  /** Sends the grant on the connector's link. */
  void grant(Grant grant);

  /** Tells the connector that a live flow has other limits from now on. */
  void terms(FlowTerms terms);

  /** Tells the connector to cut one flow; it answers with CutDone. */
  void cut(Cut cut);

  /**
   * Takes one parked carrier out of the connector's park, preferring one on {@code preferred}, and
   * hands it to {@code taker} on the carrier's own loop; if none is parked, asks the connector for
   * more and waits for the limit {@link RendezvousLimits#carrierWait()}.
   */
  void takeCarrier(io.netty.channel.EventLoop preferred, CarrierTaker taker);
}
