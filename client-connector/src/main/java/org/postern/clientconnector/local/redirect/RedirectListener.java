package org.postern.clientconnector.local.redirect;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.EarlyInbound;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.IpAddress;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.ReasonCode;

/**
 * The loopback listener, on 127.0.0.1 and on ::1, that the kernel takes permitted TCP to. Each
 * connection still knows where the program wanted to go (SO_ORIGINAL_DST); one that was not
 * redirected, as a web page could make it, knows nothing and is reset. Owned by the event loop.
 */
public final class RedirectListener {

  private static final int DNS_PORT = 53;

  /** What the listener asks about addresses and names. */
  public interface Surroundings {

    /** Whether it is the resolver's, or the twin of that. */
    boolean isResolver(IpAddress address);

    /** The name (or address literal) behind an address that a program dialled; null: nobody's. */
    @Nullable String hostOf(IpAddress address);

    /** A connection to this address begins. */
    void hold(IpAddress address);

    /** A connection to this address ended. */
    void release(IpAddress address);

    /** Serves DNS over TCP on this channel. */
    void serveDns(Channel channel);
  }

  private final LocalLimits limits;
  private final Gateway gateway;
  private final Surroundings surroundings;
  private int connections;
  private int dnsConnections;

  /** A listener without a port yet; all its ports together have the limits. */
  public RedirectListener(LocalLimits limits, Gateway gateway, Surroundings surroundings) {
    this.limits = limits;
    this.gateway = gateway;
    this.surroundings = surroundings;
  }

  /**
   * Listens on a free port of 127.0.0.1; the channel's address tells which, closing it closes it.
   */
  public Future<Channel> listen(EventLoop loop) {
    return listen(
        loop,
        SocketProtocolFamily.INET,
        "127.0.0.1",
        OriginalDestination::overIpv4,
        accepted -> {});
  }

  /**
   * Listens on a free port of ::1; it fails where this machine has no ::1. When the channel is
   * closed, connections that it accepted are reset: the machine may have lost the address that they
   * came by, and no packet would ever end them.
   */
  public Future<Channel> listenOverIpv6(EventLoop loop) {
    ChannelGroup accepted = new DefaultChannelGroup(loop);
    return listen(
            loop, SocketProtocolFamily.INET6, "::1", OriginalDestination::overIpv6, accepted::add)
        .addListener((Future<Channel> done) -> {
          if (done.isSuccess()) {
            done.getNow()
                .closeFuture()
                .addListener(closed -> accepted.forEach(RedirectListener::reset));
          }
        });
  }

  private Future<Channel> listen(
      EventLoop loop,
      SocketProtocolFamily family,
      String loopback,
      OriginalDestination.Reader reader,
      Consumer<Channel> onAccepted) {
    Promise<Channel> listening = loop.newPromise();
    new ServerBootstrap()
        .group(loop, loop)
        .channelFactory(() -> new EpollServerSocketChannel(family))
        .option(ChannelOption.SO_BACKLOG, 1_024)
        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .childOption(ChannelOption.AUTO_READ, false)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childHandler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel accepted) {
                onAccepted.accept(accepted);
                accepted.pipeline().addLast(new Arrival(reader));
              }
            })
        .bind(new InetSocketAddress(InetAddress.ofLiteral(loopback), 0))
        .addListener((ChannelFuture done) -> {
          if (done.isSuccess()) {
            listening.setSuccess(done.channel());
          } else {
            listening.setFailure(done.cause());
          }
        });
    return listening;
  }

  /** Connections now. */
  public int connections() {
    return connections;
  }

  /** Waits only for the moment when the channel can tell where it was going. */
  private final class Arrival extends ChannelInboundHandlerAdapter {
    private final OriginalDestination.Reader reader;

    Arrival(OriginalDestination.Reader reader) {
      this.reader = reader;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      Channel channel = context.channel();
      channel.pipeline().remove(this);
      OriginalDestination destination = reader.of(channel);
      if (destination == null) {
        reset(channel);
      } else if (surroundings.isResolver(destination.address())) {
        serveDns(channel, destination);
      } else {
        open(channel, destination);
      }
    }
  }

  private void serveDns(Channel channel, OriginalDestination destination) {
    if (destination.port() != DNS_PORT || dnsConnections >= limits.dnsTcpConnectionsMax()) {
      reset(channel);
      return;
    }
    dnsConnections++;
    channel.closeFuture().addListener(closed -> dnsConnections--);
    surroundings.serveDns(channel);
  }

  private void open(Channel channel, OriginalDestination destination) {
    String host = surroundings.hostOf(destination.address());
    if (host == null || connections >= limits.redirectedConnectionsMax()) {
      reset(channel);
      return;
    }
    connections++;
    EventLoop owner = channel.eventLoop(); // a flow may take the channel to another one
    surroundings.hold(destination.address());
    channel
        .closeFuture()
        .addListener(closed ->
            owner.execute(() -> {
              connections--;
              surroundings.release(destination.address());
            }));
    EarlyInbound.hold(channel);
    gateway.connect(
        new Target(host, destination.port()),
        channel,
        new ConnectListener() {
          @Override
          public void onOpened() {}

          @Override
          public void onRefused(ReasonCode reason, String text) {
            reset(channel);
          }
        });
  }

  private static void reset(Channel channel) {
    if (channel.isOpen()) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
      channel.close();
    }
  }
}
