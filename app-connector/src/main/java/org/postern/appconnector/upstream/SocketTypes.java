package org.postern.appconnector.upstream;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import org.postern.tunnel.link.EpollLoops;

/**
 * The kernel interface that the event loops and all their sockets use.
 *
 * @param loops makes the handlers of event loops
 * @param stream TCP
 * @param datagram UDP
 */
public record SocketTypes(
    IoHandlerFactory loops,
    Class<? extends SocketChannel> stream,
    Class<? extends DatagramChannel> datagram) {

  /** Epoll where it is, else the JDK's selector. */
  public static SocketTypes best() {
    return Epoll.isAvailable()
        ? new SocketTypes(
            EpollLoops.handlers(), EpollSocketChannel.class, EpollDatagramChannel.class)
        : new SocketTypes(
            NioIoHandler.newFactory(), NioSocketChannel.class, NioDatagramChannel.class);
  }
}
