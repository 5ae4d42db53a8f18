package org.postern.broker.front;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;

/**
 * The rooms behind the tunnel door, as the front sees them.
 *
 * <p>The broker calls {@link #start} once before the port opens and {@link #stop} once after it has
 * been closed to newcomers. Both may block; neither is called on an event loop.
 */
public interface TunnelSide {

  /**
   * A sharable handler that takes over an accepted channel whose ClientHello offered the tunnel's
   * ALPN. It is added as the last handler of an active, registered epoll channel, on its event
   * loop; the bytes read so far are then fired through the pipeline again. It must add its {@link
   * io.netty.handler.ssl.SslHandler} at once (a {@link io.netty.channel.ChannelInitializer} does):
   * when that handshake succeeds, the channel is no longer counted among the address's strangers.
   */
  ChannelHandler door();

  /**
   * Is shown every accepted channel before its first read, before anybody knows which door it is
   * for. On the channel's event loop.
   */
  void prepare(Channel channel);

  /** Makes everything ready for the first peer. */
  void start();

  /** Tells the peers, closes their links, and waits a bounded time for that. */
  void stop();
}
