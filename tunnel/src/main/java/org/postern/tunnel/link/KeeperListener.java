package org.postern.tunnel.link;

import java.time.Duration;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.ReasonCode;

/**
 * Hears what happens to the link that a {@link LinkKeeper} keeps up. Called on the keeper's loop.
 */
public interface KeeperListener {
  /** A link is up: announce everything again, the broker remembers nothing. */
  void onUp(ControlLink link);

  /** A message on the link that is up. */
  void onMessage(ControlLink link, Envelope message);

  /**
   * The link went down, or an attempt to bring it up failed.
   *
   * @param reason why
   * @param retryIn how long until the next attempt
   */
  void onDown(ReasonCode reason, String text, Duration retryIn);
}
