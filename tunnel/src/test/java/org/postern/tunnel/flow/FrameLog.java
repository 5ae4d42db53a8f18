package org.postern.tunnel.flow;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.postern.tunnel.message.ReasonCode;

/** Writes decoded frames down in protocol words: {@code DATA 7 5 bytes}. */
final class FrameLog implements FrameSink {
  final List<String> lines = new ArrayList<>();

  @Override
  public void onData(long flowId, ByteBuf piece) {
    lines.add("DATA " + flowId + " " + piece.readableBytes() + " bytes");
    piece.release();
  }

  @Override
  public void onAck(long flowId, long offset, long window) {
    lines.add("ACK " + flowId + " " + offset + " +" + window);
  }

  @Override
  public void onFin(long flowId, long finalOffset) {
    lines.add("FIN " + flowId + " " + finalOffset);
  }

  @Override
  public void onReset(long flowId, int code) {
    ReasonCode reason = ReasonCode.forNumber(code);
    lines.add("RESET " + flowId + " " + (reason == null ? code : reason.name()));
  }

  @Override
  public void onDatagram(long flowId, ByteBuf datagram) {
    lines.add("DATAGRAM " + flowId + " " + datagram.readableBytes() + " bytes");
    datagram.release();
  }

  @Override
  public void onPing(long nonce) {
    lines.add("PING " + nonce);
  }

  @Override
  public void onPong(long nonce) {
    lines.add("PONG " + nonce);
  }

  @Override
  public void onResume(long flowId, long receiveOffset) {
    lines.add("RESUME " + flowId + " " + receiveOffset);
  }
}
