package org.postern.tunnel.flow;

import io.netty.buffer.ByteBuf;

/** Receives frames, decoded and of legal size, in order. Flow ids are 0 to 2^32-1. */
interface FrameSink {
  /** A piece of a DATA payload, never empty. The callee owns the buffer. */
  void onData(long flowId, ByteBuf piece);

  void onAck(long flowId, long offset, long window);

  void onFin(long flowId, long finalOffset);

  void onReset(long flowId, int code);

  /** A whole datagram. The callee owns the buffer. */
  void onDatagram(long flowId, ByteBuf datagram);

  void onPing(long nonce);

  void onPong(long nonce);

  void onResume(long flowId, long receiveOffset);
}
