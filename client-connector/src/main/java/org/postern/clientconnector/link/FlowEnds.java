package org.postern.clientconnector.link;

import org.postern.tunnel.message.ReasonCode;

/** Hears of every flow that ended otherwise than by itself. Called on the client's loop. */
interface FlowEnds {
  void ended(OutFlow flow, ReasonCode reason, String text);
}
