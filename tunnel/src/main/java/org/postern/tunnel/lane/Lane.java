package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;

/**
 * An end-to-end TLS session between one device and one app connector, as one of them holds it:
 * inner TLS is finished and checked, outer TLS is gone. Owner: {@link #eventLoop()}.
 *
 * <p>Put the reader at the end of the channel's pipeline, on its loop, and call {@link #start}:
 * what arrived since the handshake is held until then.
 *
 * @param id its 16 bytes
 * @param peerId SPIFFE id that the certificate at the other end proved
 * @param channel reads and writes plain bytes of the lane
 */
public record Lane(ByteString id, String peerId, Channel channel) {
  /** Length of a lane id. */
  public static final int ID_BYTES = 16;

  /** Loop that owns it. */
  public EventLoop eventLoop() {
    return channel.eventLoop();
  }

  /** Gives the reader what arrived meanwhile. On the lane's loop, once the reader is in place. */
  public void start() {
    if (channel.pipeline().get(LaneHold.class) != null) {
      channel.pipeline().remove(LaneHold.class);
    }
  }

  /** Closes the lane (with close_notify). Any thread; idempotent. */
  public void close() {
    channel.close();
  }
}
