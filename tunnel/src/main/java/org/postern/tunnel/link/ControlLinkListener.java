package org.postern.tunnel.link;

import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.ReasonCode;

/** Hears what happens on a {@link ControlLink}. Called on the link's event loop; must not block. */
public interface ControlLinkListener {
  /**
   * A message other than Hello, Welcome, Rejected, Ping and Pong, which the link handles itself,
   * and other than lane messages, which are refused on a control link.
   */
  void onMessage(ControlLink link, Envelope message);

  /**
   * The link is gone. Exactly once, and the last call.
   *
   * @param reason why: ours, or what the peer's Rejected said; REASON_UNSPECIFIED when the
   *     connection simply ended
   */
  void onClosed(ControlLink link, ReasonCode reason, String text);
}
