package org.postern.tunnel.link;

import org.postern.tunnel.message.LaneAnswer;
import org.postern.tunnel.message.LaneRefused;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.ReasonCode;

/** Hears what happens on a {@link BrokerCarrier}. Called on its event loop; must not block. */
public interface BrokerCarrierListener {
  /** The peer (a device) wants a lane. Once per carrier. Sizes of its fields have been checked. */
  void onLaneRequest(BrokerCarrier carrier, LaneRequest request);

  /** The peer (a connector) takes the lane that it was offered. Only after an offer, once. */
  void onLaneAnswer(BrokerCarrier carrier, LaneAnswer answer);

  /** The peer (a connector) refuses the lane that it was offered; the carrier closes next. */
  void onLaneRefused(BrokerCarrier carrier, LaneRefused refused);

  /** The carrier ended. Once, unless {@code LaneRelay} took it over: then its listener is told. */
  void onClosed(BrokerCarrier carrier, ReasonCode reason, String text);
}
