package org.postern.tunnel.lane;

import io.netty.buffer.ByteBuf;
import org.postern.tunnel.message.ReasonCode;

/** The local end of a UDP flow. Called on the endpoint's event loop; must not block. */
public interface DatagramEnd {
  /** A datagram came from the peer. The callee owns the buffer and must release it. */
  void onDatagram(ByteBuf datagram);

  /** The flow has ended; nothing more comes. */
  void onClosed(ReasonCode reason);
}
