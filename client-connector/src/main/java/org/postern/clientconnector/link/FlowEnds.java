package org.postern.clientconnector.link;

import org.postern.tunnel.message.Cut;
import org.postern.tunnel.message.ReasonCode;

/** Hears of every flow that ended otherwise than by itself. Called on the client's loop. */
interface FlowEnds {
  void ended(OutFlow flow, ReasonCode reason, String text);

  /**
   * The broker's word about a flow that has ended already: its reset came by the lane, and was
   * faster.
   */
  void explained(Cut cut);
}
