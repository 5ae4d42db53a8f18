package org.postern.tunnel.link;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.net.SocketAddress;

/**
 * Where the peer of an accepted connection is: at the other end of it, unless a load balancer that
 * is believed has said where the connection came from before it. On the channel's event loop.
 */
public final class PeerAddress {
  private static final AttributeKey<SocketAddress> BEHIND_PROXY =
      AttributeKey.valueOf(PeerAddress.class, "behind-proxy");

  private PeerAddress() {}

  /** The peer is at this address from now on. Said once, before anybody asks. */
  public static void isBehindProxy(Channel channel, SocketAddress peer) {
    channel.attr(BEHIND_PROXY).set(peer);
  }

  /** Where the peer is. */
  public static SocketAddress of(Channel channel) {
    // Asked first: an attribute that is looked for is made, and a broker holds many channels.
    return channel.hasAttr(BEHIND_PROXY)
        ? channel.attr(BEHIND_PROXY).get()
        : channel.remoteAddress();
  }
}
