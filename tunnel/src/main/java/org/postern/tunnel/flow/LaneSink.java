package org.postern.tunnel.flow;

import io.netty.buffer.ByteBuf;

/** Where the frames of a lane go. Never calls back into the mux. */
public interface LaneSink {
  /** False while so much waits to be sent that no more should be added. */
  boolean isWritable();

  /** Sends bytes in order, sooner or later. Takes ownership. */
  void write(ByteBuf bytes);
}
