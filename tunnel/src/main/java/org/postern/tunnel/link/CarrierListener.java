package org.postern.tunnel.link;

import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.ReasonCode;

/** Hears what happens on a {@link ParkedCarrier}. Called on its event loop; must not block. */
public interface CarrierListener {
  /** A connector's carrier was chosen: hand it to {@code LaneAcceptor}, or refuse. */
  void onOffer(ParkedCarrier carrier, LaneOffer offer);

  /** The carrier ended before a lane took it over. At most once; never after it became a lane. */
  void onClosed(ParkedCarrier carrier, ReasonCode reason, String text);
}
