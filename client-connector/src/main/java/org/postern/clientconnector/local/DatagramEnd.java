package org.postern.clientconnector.local;

import io.netty.buffer.ByteBuf;
import org.postern.tunnel.message.ReasonCode;

/** The receiving side of a UDP association; called on the event loop only. */
public interface DatagramEnd {

  /**
   * One datagram from the application, its boundaries kept.
   *
   * @param payload ownership passes to the receiver
   */
  void onDatagram(ByteBuf payload);

  /** The association is over: refused, idle, cut or closed. The last call. */
  void onClosed(ReasonCode reason, String text);
}
