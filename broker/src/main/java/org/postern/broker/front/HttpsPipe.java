package org.postern.broker.front;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageEncoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.postern.tunnel.link.PeerAddress;

/**
 * Joins an accepted connection to the HTTPS door, which listens on a Unix domain socket that only
 * this process's user can reach. The first thing sent is a PROXY protocol v2 header with the peer's
 * address, so that the address cannot be claimed by anybody else.
 */
final class HttpsPipe {
  private final Path socket;

  HttpsPipe(Path socket) {
    this.socket = socket;
  }

  /**
   * Takes over a channel that has no handler of ours left, on its event loop.
   *
   * @param received the bytes read so far; ownership passes to the pipe
   */
  void take(Channel client, ByteBuf received) {
    client.config().setAutoRead(false);
    ChannelFuture connected =
        new Bootstrap()
            .group(client.eventLoop())
            .channel(EpollDomainSocketChannel.class)
            .handler(new Pump(client))
            .connect(new DomainSocketAddress(socket.toFile()));
    Channel door = connected.channel();
    connected.addListener(done -> {
      if (!done.isSuccess() || !client.isActive()) {
        received.release();
        client.close();
        door.close();
        return;
      }
      join(client, door, received);
    });
  }

  private static void join(Channel client, Channel door, ByteBuf received) {
    door.pipeline().addFirst(HAProxyMessageEncoder.INSTANCE);
    door.write(header(client), door.voidPromise());
    door.pipeline().remove(HAProxyMessageEncoder.INSTANCE);
    door.writeAndFlush(received, door.voidPromise());
    client.pipeline().addLast(new Pump(door));
    client.config().setAutoRead(true);
  }

  private static HAProxyMessage header(Channel client) {
    InetSocketAddress from = (InetSocketAddress) PeerAddress.of(client);
    InetSocketAddress to = (InetSocketAddress) client.localAddress();
    boolean v6 = from.getAddress() instanceof Inet6Address;
    boolean toIsV6 = to.getAddress() instanceof Inet6Address;
    return new HAProxyMessage(
        HAProxyProtocolVersion.V2,
        HAProxyCommand.PROXY,
        v6 ? HAProxyProxiedProtocol.TCP6 : HAProxyProxiedProtocol.TCP4,
        text(from),
        toIsV6 == v6 ? text(to) : v6 ? "::" : "0.0.0.0", // a header has addresses of one kind
        from.getPort(),
        to.getPort());
  }

  private static String text(InetSocketAddress address) {
    String text = address.getAddress().getHostAddress();
    int scope = text.indexOf('%');
    return scope < 0 ? text : text.substring(0, scope);
  }
}
