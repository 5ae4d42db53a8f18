package org.postern.broker.rendezvous;

import org.postern.tunnel.link.BrokerCarrier;
import org.postern.tunnel.message.LaneAnswer;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.LaneRefused;

/**
 * A connector's carrier that was taken out of the park, together with what it will say to an offer.
 * Confined to the carrier's event loop.
 */
public interface OfferDesk {
  /** The carrier. */
  BrokerCarrier carrier();

  /** Sends the offer; exactly one of the listener's methods is called afterwards. */
  void offer(LaneOffer offer, Listener listener);

  /** What a connector says to an offer. */
  interface Listener {
    /** The connector takes the lane. */
    void answered(LaneAnswer answer);

    /** The connector does not; its carrier is closed. */
    void refused(LaneRefused refused);

    /** The carrier ended without an answer. */
    void lost();
  }
}
