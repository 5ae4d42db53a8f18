package org.postern.clientconnector.local;

import org.postern.tunnel.message.ReasonCode;

/** The outcome of {@link Gateway#connect}; called once, on the event loop. */
public interface ConnectListener {

  /** The application's connection stands. Bytes from it follow. */
  void onOpened();

  /**
   * The flow is refused.
   *
   * @param text one sentence for a person, without secrets
   */
  void onRefused(ReasonCode reason, String text);
}
