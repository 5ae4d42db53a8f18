package org.postern.tunnel.link;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;

/**
 * The broker's door for devices and connectors: outer TLS, who is it, Hello, admission. One per
 * broker; thread-safe.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class TunnelDoor {
  /** Everybody who comes in is shown to the listener. */
  public TunnelDoor(DoorConfig config, DoorListener listener) {}

  /**
   * Must be called for every accepted channel before its first read (in {@code initChannel}), also
   * for those that turn out not to be for the tunnel: it sets a receive allocator that adapts as
   * usual until the channel is spliced.
   */
  public void prepare(Channel channel) {
    throw new UnsupportedOperationException();
  }

  /**
   * Puts the door's handlers at the end of the pipeline. The handler that peeked removes itself
   * next and so replays what it has read. On the channel's loop.
   *
   * @param from the peer's address, for admission and logs
   */
  public void install(Channel channel, InetSocketAddress from) {
    throw new UnsupportedOperationException();
  }
}
