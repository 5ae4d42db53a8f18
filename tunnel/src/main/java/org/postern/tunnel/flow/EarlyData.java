package org.postern.tunnel.flow;

import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCountUtil;
import java.util.List;

/**
 * What a program sent on a flow that the far end never let in.
 *
 * @param pieces its bytes, in order; whoever holds this releases them
 * @param finished the program will send no more
 */
public record EarlyData(List<ByteBuf> pieces, boolean finished) {
  /** Lets go of the bytes. */
  public void release() {
    pieces.forEach(ReferenceCountUtil::release);
  }
}
