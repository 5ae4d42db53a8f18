package org.postern.broker.front;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.link.PeerAddress;

/**
 * The broker's one listening port. Counts strangers by address, reads each ClientHello, and hands
 * the connection to the tunnel door or to the HTTPS door. {@link #open} and {@link #close} block
 * and are called once each, not on an event loop.
 */
public final class OnePort {
  private static final int BACKLOG = 4_096;

  /** From a connection's own loop to its owner's, and on to the device's. */
  private static final int HOPS_AT_CLOSE = 3;

  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(32 * 1024, 128 * 1024);

  private final FrontLimits limits;
  private final EventLoopGroup loops;
  private final TunnelSide tunnel;
  private final String tunnelAlpn;
  private final HttpsPipe https;
  private final StrangerGate gate;
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private @Nullable Channel listening;

  /**
   * A port that is not open yet.
   *
   * @param loops epoll event loops, shared with the tunnel side; the caller closes them
   * @param httpsSocket Unix domain socket of the HTTPS door
   * @param nanoTime a monotonic clock, nanoseconds
   */
  public OnePort(
      FrontLimits limits,
      EventLoopGroup loops,
      TunnelSide tunnel,
      String tunnelAlpn,
      Path httpsSocket,
      LongSupplier nanoTime) {
    this.limits = limits;
    this.loops = loops;
    this.tunnel = tunnel;
    this.tunnelAlpn = tunnelAlpn;
    this.https = new HttpsPipe(httpsSocket);
    this.gate = new StrangerGate(limits, nanoTime);
  }

  /** As {@link #open(InetSocketAddress, TrustedProxies)}, with no load balancer before it. */
  public InetSocketAddress open(InetSocketAddress address) {
    return open(address, TrustedProxies.NONE);
  }

  /**
   * Listens.
   *
   * @param proxies load balancers that say where a connection is from
   * @return the address bound, with the real port when 0 was asked for
   * @throws IllegalStateException when the address cannot be bound
   */
  public InetSocketAddress open(InetSocketAddress address, TrustedProxies proxies) {
    var bound =
        new ServerBootstrap()
            .group(loops)
            .channel(EpollServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .childHandler(new Accepted(proxies))
            .bind(address)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IllegalStateException(
          "cannot listen on %s: %s; choose another --listen address or stop what holds it"
              .formatted(address, bound.cause().getMessage()),
          bound.cause());
    }
    listening = bound.channel();
    return (InetSocketAddress) bound.channel().localAddress();
  }

  /** Stops accepting. Connections that are open stay. */
  public void close() {
    if (listening != null) {
      listening.close().awaitUninterruptibly();
    }
  }

  /**
   * Closes every accepted connection that is still open; for the very end. When it returns, the
   * loops may be stopped.
   */
  public void closeConnections() {
    connections.close().awaitUninterruptibly();
    // A closed connection tells its own loop, which tells the loop of whoever waits for it: a loop
    // that is stopped earlier would refuse to hear that.
    for (int hop = 0; hop < HOPS_AT_CLOSE; hop++) {
      for (EventExecutor each : loops) {
        each.submit(() -> {}).awaitUninterruptibly();
      }
    }
  }

  /** Connections that have not authenticated, for the status page. */
  public int strangers() {
    return gate.total();
  }

  private final class Accepted extends ChannelInitializer<Channel> {
    private final TrustedProxies proxies;

    Accepted(TrustedProxies proxies) {
      this.proxies = proxies;
    }

    @Override
    protected void initChannel(Channel channel) {
      if (!(channel.remoteAddress() instanceof InetSocketAddress from)) {
        channel.close();
        return;
      }
      if (proxies.contains(from.getAddress())) {
        expectHeader(channel, from);
        return;
      }
      Optional<StrangerGate.Permit> permit = gate.enter(from.getAddress());
      if (permit.isEmpty()) {
        reset(channel);
        return;
      }
      connections.add(channel);
      tunnel.prepare(channel);
      serve(channel, permit.get());
    }

    private void expectHeader(Channel channel, InetSocketAddress proxy) {
      Optional<StrangerGate.Permit> unknown = gate.enterUnknown();
      if (unknown.isEmpty()) {
        reset(channel);
        return;
      }
      channel.closeFuture().addListener(closed -> unknown.get().giveBack());
      connections.add(channel);
      tunnel.prepare(channel);
      ProxyHeader.expect(
          channel,
          limits,
          from -> {
            unknown.get().giveBack();
            Optional<StrangerGate.Permit> permit = gate.enter(from.getAddress());
            if (permit.isEmpty()) {
              reset(channel);
              return;
            }
            if (!from.equals(proxy)) {
              PeerAddress.isBehindProxy(channel, from);
            }
            serve(channel, permit.get());
          });
    }

    private void serve(Channel channel, StrangerGate.Permit permit) {
      channel.closeFuture().addListener(closed -> permit.giveBack());
      channel.pipeline().addLast(new PortHandler(limits, tunnelAlpn, tunnel.door(), https, permit));
    }

    /** A reset costs no TIME_WAIT here, which is what a flood would want. */
    private void reset(Channel channel) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
      channel.close();
    }
  }
}
