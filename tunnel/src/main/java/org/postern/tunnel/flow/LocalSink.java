package org.postern.tunnel.flow;

import io.netty.buffer.ByteBuf;

/**
 * The local end of a flow, as the mux sees it. None of these may call back into the mux before the
 * call into the mux that caused it has returned.
 */
public interface LocalSink {
  /**
   * Bytes from the peer, never more than the window. Takes ownership; {@link FlowMux#consumed} is
   * to be called when they were written.
   */
  void onData(ByteBuf data);

  /** No more bytes come; {@link FlowMux#finConsumed} is to be called when that was passed on. */
  void onFin();

  /** A datagram from the peer. Takes ownership. */
  void onDatagram(ByteBuf datagram);

  /** {@link FlowMux#readAllowance} was 0 and is not any more. */
  void onReadable();

  /** The flow has ended: in order, or the local end is to be reset. The last call. */
  void onClosed(FlowSummary summary);
}
