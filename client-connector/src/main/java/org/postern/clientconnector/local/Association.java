package org.postern.clientconnector.local;

import io.netty.buffer.ByteBuf;

/** The sending side of a UDP association; used on the event loop only. */
public interface Association {

  /**
   * Sends one datagram towards the application, or drops it.
   *
   * @param payload at most 65,507 bytes; ownership passes to the association
   */
  void send(ByteBuf payload);

  /** Ends the association; {@link DatagramEnd#onClosed} follows. Closing twice is harmless. */
  void close();
}
