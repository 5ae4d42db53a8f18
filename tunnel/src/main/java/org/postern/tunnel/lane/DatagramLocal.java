package org.postern.tunnel.lane;

import io.netty.buffer.ByteBuf;
import org.postern.tunnel.flow.FlowSummary;
import org.postern.tunnel.flow.LocalSink;

/** The local end of a UDP flow, towards its {@link DatagramEnd}. */
record DatagramLocal(DatagramEnd end) implements LocalSink {
  @Override
  public void onData(ByteBuf data) {
    data.release();
    throw new AssertionError("DATA for a UDP flow");
  }

  @Override
  public void onFin() {
    throw new AssertionError("FIN for a UDP flow");
  }

  @Override
  public void onDatagram(ByteBuf datagram) {
    end.onDatagram(datagram);
  }

  @Override
  public void onReadable() {}

  @Override
  public void onClosed(FlowSummary summary) {
    end.onClosed(summary.reason());
  }
}
