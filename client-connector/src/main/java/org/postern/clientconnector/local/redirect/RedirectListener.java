package org.postern.clientconnector.local.redirect;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.RawUnixChannelOption;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.EarlyInbound;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.ReasonCode;

/**
 * The one loopback listener that the kernel takes permitted TCP to. Each connection still knows
 * where the program wanted to go (SO_ORIGINAL_DST); one that was not redirected, as a web page
 * could make it, knows nothing and is reset. Owned by the event loop.
 */
public final class RedirectListener {

  private static final int SOL_IP = 0;
  private static final int SO_ORIGINAL_DST = 80;
  private static final int SOCKADDR_IN_LENGTH = 16;
  private static final int DNS_PORT = 53;
  private static final RawUnixChannelOption ORIGINAL_DESTINATION =
      new RawUnixChannelOption("SO_ORIGINAL_DST", SOL_IP, SO_ORIGINAL_DST, SOCKADDR_IN_LENGTH);

  /** What the listener asks about addresses and names. */
  public interface Surroundings {

    /** Address of the resolver. */
    int resolverAddress();

    /** The name (or address literal) behind an address that a program dialled; null: nobody's. */
    @Nullable String hostOf(int address);

    /** A connection to this address begins. */
    void hold(int address);

    /** A connection to this address ended. */
    void release(int address);

    /** Serves DNS over TCP on this channel. */
    void serveDns(Channel channel);
  }

  private record Destination(int address, int port) {}

  private final LocalLimits limits;
  private final Gateway gateway;
  private final Surroundings surroundings;
  private int connections;
  private int dnsConnections;
  private int port;

  private RedirectListener(LocalLimits limits, Gateway gateway, Surroundings surroundings) {
    this.limits = limits;
    this.gateway = gateway;
    this.surroundings = surroundings;
  }

  /** A listener with the channel that closes its port. */
  public record Listening(RedirectListener listener, Channel channel) {}

  /** Listens on a free port of 127.0.0.1. */
  public static Future<Listening> listen(
      EventLoop loop, LocalLimits limits, Gateway gateway, Surroundings surroundings) {
    RedirectListener listener = new RedirectListener(limits, gateway, surroundings);
    Promise<Listening> listening = loop.newPromise();
    new ServerBootstrap()
        .group(loop, loop)
        .channelFactory(() -> new EpollServerSocketChannel(SocketProtocolFamily.INET))
        .option(ChannelOption.SO_BACKLOG, 1_024)
        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .childOption(ChannelOption.AUTO_READ, false)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childHandler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel accepted) {
                accepted.pipeline().addLast(listener.new Arrival());
              }
            })
        .bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0))
        .addListener((ChannelFuture done) -> {
          if (done.isSuccess()) {
            listener.port = ((InetSocketAddress) done.channel().localAddress()).getPort();
            listening.setSuccess(new Listening(listener, done.channel()));
          } else {
            listening.setFailure(done.cause());
          }
        });
    return listening;
  }

  /** The port that was taken. */
  public int port() {
    return port;
  }

  /** Connections now. */
  public int connections() {
    return connections;
  }

  /** Waits only for the moment when the channel can tell where it was going. */
  private final class Arrival extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext context) {
      Channel channel = context.channel();
      channel.pipeline().remove(this);
      Destination destination = originalDestination(channel);
      if (destination == null) {
        reset(channel);
      } else if (destination.address() == surroundings.resolverAddress()) {
        serveDns(channel, destination);
      } else {
        open(channel, destination);
      }
    }
  }

  private void serveDns(Channel channel, Destination destination) {
    if (destination.port() != DNS_PORT || dnsConnections >= limits.dnsTcpConnectionsMax()) {
      reset(channel);
      return;
    }
    dnsConnections++;
    channel.closeFuture().addListener(closed -> dnsConnections--);
    surroundings.serveDns(channel);
  }

  private void open(Channel channel, Destination destination) {
    String host = surroundings.hostOf(destination.address());
    if (host == null || connections >= limits.redirectedConnectionsMax()) {
      reset(channel);
      return;
    }
    connections++;
    surroundings.hold(destination.address());
    channel
        .closeFuture()
        .addListener(closed -> {
          connections--;
          surroundings.release(destination.address());
        });
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

  /** struct sockaddr_in: family (2, host order), port (2), address (4), zero (8). */
  private @Nullable Destination originalDestination(Channel channel) {
    ByteBuffer address;
    try {
      address = channel.config().getOption(ORIGINAL_DESTINATION);
    } catch (ChannelException e) {
      return null; // not a redirected connection
    }
    if (address == null || address.remaining() < 8) {
      return null;
    }
    int start = address.position();
    int wantedPort = address.getShort(start + 2) & 0xffff;
    int wanted = address.getInt(start + 4);
    boolean direct = wantedPort == port && wanted >>> 24 == 127;
    return direct || wantedPort == 0 ? null : new Destination(wanted, wantedPort);
  }
}
