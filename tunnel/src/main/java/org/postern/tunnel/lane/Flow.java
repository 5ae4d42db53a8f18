package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.flow.FlowKind;
import org.postern.tunnel.message.ReasonCode;

/**
 * A handle on one live flow. All methods on the endpoint's event loop only. After the flow has
 * ended they do nothing.
 */
public interface Flow {
  /** Its id. */
  long flowId();

  /** TCP or UDP. */
  FlowKind kind();

  /** The lane that it is on; null while it has none. */
  @Nullable ByteString laneId();

  /** False once the flow has ended. */
  boolean isLive();

  /** UDP only: sends one datagram (at most 65,507 bytes). Takes ownership of the buffer. */
  void sendDatagram(ByteBuf datagram);

  /** Ends the flow at both ends. */
  void reset(ReasonCode reason);
}
