package org.postern.tunnel.link;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.util.Objects;

/**
 * The broker's door for devices and connectors: outer TLS, who is it, Hello, admission. One per
 * broker; thread-safe.
 */
public final class TunnelDoor {
  private static final int KEEP_IDLE_SECONDS = 60;
  private static final int KEEP_INTERVAL_SECONDS = 15;
  private static final int KEEP_COUNT = 4;

  private final DoorConfig config;
  private final DoorListener listener;

  /** Everybody who comes in is shown to the listener. */
  public TunnelDoor(DoorConfig config, DoorListener listener) {
    this.config = Objects.requireNonNull(config, "config");
    this.listener = Objects.requireNonNull(listener, "listener");
  }

  /**
   * Sets the socket options of an accepted channel; to be called in {@code initChannel}, also for
   * channels that turn out not to be for the tunnel.
   */
  public void prepare(Channel channel) {
    channel.config().setOption(ChannelOption.TCP_NODELAY, true);
    channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
    if (channel instanceof EpollSocketChannel socket) {
      // Once it is a lane, nobody here asks whether the peer is still there but the kernel.
      socket.config().setTcpKeepIdle(KEEP_IDLE_SECONDS);
      socket.config().setTcpKeepIntvl(KEEP_INTERVAL_SECONDS);
      socket.config().setTcpKeepCnt(KEEP_COUNT);
    }
  }

  /**
   * Puts the door's handlers at the end of the pipeline. The handler that peeked removes itself
   * next and so replays what it has read. On the channel's loop.
   *
   * @param from the peer's address, for admission and logs
   */
  public void install(Channel channel, InetSocketAddress from) {
    SslHandler tls = config.tls().get().newHandler(channel.alloc());
    tls.setHandshakeTimeoutMillis(config.limits().deadlines().handshake().toMillis());
    Wire wire = new Wire(channel, config.limits(), new DoorGreeting(config, listener, from));
    channel.pipeline().addLast(tls, wire);
  }
}
