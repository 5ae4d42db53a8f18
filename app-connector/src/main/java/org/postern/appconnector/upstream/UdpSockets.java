package org.postern.appconnector.upstream;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.unix.Socket;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import org.postern.appconnector.config.ConnectorLimits;

/**
 * Makes one connected UDP socket per association: the kernel then drops what does not come from the
 * application, and reports its ICMP errors. Confined to one event loop.
 *
 * <p>Netty drops the empty datagrams that come to a socket which it connected itself, and stops
 * reading at them. An epoll socket is therefore connected before Netty sees it.
 */
final class UdpSockets {
  private final EventLoop loop;
  private final Bootstrap udp;
  private final boolean epoll;

  UdpSockets(EventLoop loop, SocketTypes sockets, ConnectorLimits.Udp limits) {
    this.loop = loop;
    this.epoll = sockets.datagram() == EpollDatagramChannel.class;
    Bootstrap sparse = new Bootstrap().group(loop);
    this.udp =
        (epoll ? sparse : sparse.channel(sockets.datagram()))
            .option(ChannelOption.AUTO_READ, false)
            .option(
                ChannelOption.RECVBUF_ALLOCATOR,
                new FixedRecvByteBufAllocator(limits.datagramBytesMax()))
            .handler(
                new ChannelInitializer<DatagramChannel>() {
                  @Override
                  protected void initChannel(DatagramChannel channel) {
                    // The owner of the flow adds what it needs.
                  }
                });
  }

  /** Tries the addresses in their order: connecting UDP fails only where there is no route. */
  Future<DialOutcome> connect(List<InetSocketAddress> addresses) {
    Promise<DialOutcome> promise = loop.newPromise();
    tryNext(addresses, 0, new DialFailures(), promise);
    return promise;
  }

  private void tryNext(
      List<InetSocketAddress> addresses,
      int index,
      DialFailures failures,
      Promise<DialOutcome> promise) {
    if (index == addresses.size()) {
      promise.trySuccess(failures.outcome());
      return;
    }
    InetSocketAddress address = addresses.get(index);
    ChannelFuture attempt;
    try {
      attempt = connect(address);
    } catch (IOException e) {
      failures.add(address.getAddress().getHostAddress(), e);
      tryNext(addresses, index + 1, failures, promise);
      return;
    }
    attempt.addListener(done ->
        loop.execute(() -> {
          Throwable cause = attempt.cause();
          if (cause != null) {
            failures.add(address.getAddress().getHostAddress(), cause);
            tryNext(addresses, index + 1, failures, promise);
          } else if (!promise.trySuccess(
              new DialOutcome.Connected(attempt.channel(), address, 0))) {
            attempt.channel().close();
          }
        }));
  }

  private ChannelFuture connect(InetSocketAddress address) throws IOException {
    if (!epoll) {
      return udp.connect(address);
    }
    Socket socket = Socket.newSocketDgram();
    try {
      socket.connect(address);
      int descriptor = socket.intValue();
      return udp.clone().channelFactory(() -> new EpollDatagramChannel(descriptor)).register();
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }
}
