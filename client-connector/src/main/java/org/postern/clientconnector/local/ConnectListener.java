package org.postern.clientconnector.local;

import org.postern.tunnel.message.ReasonCode;

/**
 * The outcome of {@link Gateway#connect}, on the event loop: one of the first two, once; after
 * {@link #onOpened}, perhaps the third.
 */
public interface ConnectListener {

  /** The application's connection stands. Bytes from it follow. */
  void onOpened();

  /**
   * The flow is refused.
   *
   * @param text one sentence for a person, without secrets
   */
  void onRefused(ReasonCode reason, String text);

  /**
   * The flow, which was open, has ended otherwise than by itself: cut, reset or lost. At most once,
   * in the same turn of the event loop in which the channel is closed.
   *
   * @param text as in {@link #onRefused}
   */
  default void onBroken(ReasonCode reason, String text) {}
}
