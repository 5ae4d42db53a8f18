package org.postern.clientconnector.local.socks;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.LocalLimits;

/**
 * One loopback port that speaks SOCKS5 (RFC 1928, CONNECT and UDP ASSOCIATE) and HTTP CONNECT (RFC
 * 9110 section 9.3.6), told apart by the first byte. For machines where nothing may be intercepted.
 *
 * <p>A page in a browser cannot use it: a page can make a browser send GET or POST here, and both
 * are refused; it cannot make it send CONNECT or the bytes of SOCKS. Nothing else is served.
 *
 * <p>Owned by the event loop.
 */
public final class LoopbackProxy {

  private final EventLoop loop;
  private final LocalLimits limits;
  private final Gateway gateway;
  private final UdpAssociations associations;
  private int connections;
  private int refusedForLimit;

  private LoopbackProxy(EventLoop loop, LocalLimits limits, Gateway gateway) {
    this.loop = loop;
    this.limits = limits;
    this.gateway = gateway;
    this.associations = new UdpAssociations(gateway, limits, loop);
  }

  /**
   * Listens.
   *
   * @param address a loopback address; port 0 takes a free one
   * @return the listening channel; closing it closes the port, connections live on
   */
  public static Future<Channel> listen(
      InetSocketAddress address, EventLoop loop, LocalLimits limits, Gateway gateway) {
    Promise<Channel> listening = loop.newPromise();
    if (!address.getAddress().isLoopbackAddress()) {
      return listening.setFailure(
          new IOException(
              "proxy address: "
                  + address.getAddress().getHostAddress()
                  + " (expected: a loopback"
                  + " address, or everybody nearby could use it)"));
    }
    LoopbackProxy proxy = new LoopbackProxy(loop, limits, gateway);
    proxy
        .bootstrap()
        .bind(address)
        .addListener((io.netty.channel.ChannelFuture done) -> {
          if (done.isSuccess()) {
            listening.setSuccess(done.channel());
          } else {
            listening.setFailure(
                new IOException(
                    "proxy address: cannot listen on " + address + " (expected: a free port)",
                    done.cause()));
          }
        });
    return listening;
  }

  private ServerBootstrap bootstrap() {
    return new ServerBootstrap()
        .group(loop, loop)
        .channel(
            Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childHandler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel accepted) {
                onAccepted(accepted);
              }
            });
  }

  private void onAccepted(Channel accepted) {
    if (connections >= limits.loopbackConnectionsMax()) {
      refusedForLimit++;
      accepted.config().setOption(ChannelOption.SO_LINGER, 0);
      accepted.close();
      return;
    }
    connections++;
    accepted.closeFuture().addListener(closed -> loop.execute(() -> connections--));
    accepted.pipeline().addLast(new Handshake(gateway, associations, limits, loop));
  }

  int refusedForLimit() {
    return refusedForLimit;
  }
}
