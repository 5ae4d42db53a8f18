package org.postern.clientconnector.local.socks;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.LocalLimits;

/**
 * UDP ASSOCIATE of SOCKS5 (RFC 1928 section 7): each association has a UDP port of its own, on the
 * address that the program's TCP connection came to, and ends with that connection.
 *
 * <p>Owned by the event loop.
 */
final class UdpAssociations {

  /** Longest datagram in bytes that UDP carries, header of SOCKS included. */
  private static final int DATAGRAM_LENGTH_MAX = 65_507;

  private final Gateway gateway;
  private final LocalLimits limits;
  private final EventLoop loop;
  private int associations;

  UdpAssociations(Gateway gateway, LocalLimits limits, EventLoop loop) {
    this.gateway = gateway;
    this.limits = limits;
    this.loop = loop;
  }

  /**
   * Opens an association for a program, and answers its request.
   *
   * @param tcp the connection that asked; nobody else handles its bytes any more
   * @param sourcePort the port that the program says it sends from; 0 if it does not know yet
   */
  void open(Channel tcp, int sourcePort) {
    if (associations >= limits.socksAssociationsMax()) {
      refuse(tcp);
      return;
    }
    associations++;
    tcp.closeFuture().addListener(closed -> associations--);
    tcp.pipeline().addLast(new Life());
    InetSocketAddress program = (InetSocketAddress) tcp.remoteAddress();
    UdpRelay relay =
        new UdpRelay(gateway, limits, loop, program.getAddress(), sourcePort, tcp::close);
    new Bootstrap()
        .group(loop)
        .channel(Epoll.isAvailable() ? EpollDatagramChannel.class : NioDatagramChannel.class)
        .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(DATAGRAM_LENGTH_MAX))
        .handler(relay)
        .bind(new InetSocketAddress(((InetSocketAddress) tcp.localAddress()).getAddress(), 0))
        .addListener((ChannelFuture bound) -> {
          if (!bound.isSuccess()) {
            refuse(tcp);
            return;
          }
          Channel udp = bound.channel();
          tcp.closeFuture().addListener(closed -> udp.close());
          InetSocketAddress address = (InetSocketAddress) udp.localAddress();
          ByteBuf reply = tcp.alloc().buffer(22).writeByte(Socks5.VERSION).writeShort(0);
          SocksAddress.write(reply, address.getAddress(), address.getPort());
          tcp.writeAndFlush(reply);
        });
  }

  private static void refuse(Channel tcp) {
    tcp.writeAndFlush(Socks5.failure()).addListener(ChannelFutureListener.CLOSE);
  }

  /** The TCP connection of an association says nothing any more; that it is there is enough. */
  private static final class Life extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ReferenceCountUtil.release(message);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      context.close(); // the program closed its half
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}
