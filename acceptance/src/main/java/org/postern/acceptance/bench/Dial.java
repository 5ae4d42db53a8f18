package org.postern.acceptance.bench;

import io.netty.channel.ChannelHandler;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/** How a load reaches the entrance of a contender. */
public sealed interface Dial {
  /** Plain TCP. */
  record Tcp(InetSocketAddress entrance) implements Dial {}

  /** TLS 1.3; the certificate of the other end must chain to this one. */
  record Tls(InetSocketAddress entrance, Path trusted) implements Dial {}

  /** Not dialled at all: whoever is in the middle makes them, both ends being in this process. */
  record Made(Maker maker) implements Dial {}

  /** Makes connections. */
  interface Maker {
    /** The handler sees channelActive when bytes may be written. */
    void make(ChannelHandler handler);
  }

  /**
   * As {@link Socks5}, by a program that sends its first bytes with the request, as one does whose
   * connection was taken over without its knowing. Its handler does not see the proxy's answers.
   */
  record HastySocks5(InetSocketAddress proxy, String host, int port) implements Dial {}

  /** SOCKS5 without authentication; the target's name is resolved behind the proxy. */
  record Socks5(InetSocketAddress proxy, String host, int port) implements Dial {}
}
