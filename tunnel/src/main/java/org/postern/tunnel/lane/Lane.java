package org.postern.tunnel.lane;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;

/**
 * An end-to-end TLS session between one device and one app connector, as one of them holds it:
 * inner TLS is finished and checked, outer TLS is gone. Owner: {@link #eventLoop()}.
 *
 * @param id its name
 * @param peerId SPIFFE id that the certificate at the other end proved
 * @param channel reads and writes plain bytes of the lane
 */
public record Lane(LaneId id, String peerId, Channel channel) {
  /** Loop that owns it. */
  public EventLoop eventLoop() {
    return channel.eventLoop();
  }

  /**
   * Puts the reader of the lane at the end of the pipeline. What arrived since the handshake was
   * held, and is read by it now. On the lane's loop, once.
   */
  public void open(ChannelHandler reader) {
    channel.pipeline().addLast(reader);
  }

  /** Closes the lane (with close_notify). Any thread; idempotent. */
  public void close() {
    channel.close();
  }
}
