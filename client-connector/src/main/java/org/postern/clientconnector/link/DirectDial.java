package org.postern.clientconnector.link;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.ReasonCode;

/**
 * A program came through our proxy for a name that policy has us leave alone: it is resolved by the
 * machine's own resolver and dialled from here, as the program would have done without us. Confined
 * to the client's loop; the resolver is asked on a thread of its own.
 */
final class DirectDial {
  private static final int CONNECT_MILLIS = 10_000;
  private static final int LINGER_OFF = -1;

  private final EventLoop loop;
  private final Target target;
  private final Channel local;
  private final ConnectListener listener;

  private DirectDial(EventLoop loop, Target target, Channel local, ConnectListener listener) {
    this.loop = loop;
    this.target = target;
    this.local = local;
    this.listener = listener;
  }

  /** As {@code Gateway.connect}. */
  static void start(EventLoop loop, Target target, Channel local, ConnectListener listener) {
    new DirectDial(loop, target, local, listener).resolve();
  }

  private void resolve() {
    Thread.ofVirtual()
        .name("client-direct-lookup")
        .start(() -> {
          try {
            List<InetAddress> found = List.of(InetAddress.getAllByName(target.host()));
            loop.execute(() -> dial(found, 0));
          } catch (UnknownHostException e) {
            loop.execute(() -> refuse(ReasonCode.NAME_NOT_FOUND, "this name does not resolve"));
          }
        });
  }

  private void refuse(ReasonCode reason, String text) {
    if (local.isActive()) {
      listener.onRefused(reason, "%s, dialled without Postern: %s".formatted(target, text));
    }
  }

  private void dial(List<InetAddress> addresses, int next) {
    if (!local.isActive()) {
      return;
    }
    new Bootstrap()
        .group(loop)
        .channel(EpollSocketChannel.class)
        .option(ChannelOption.AUTO_READ, false)
        .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
        .handler(new ChannelInboundHandlerAdapter())
        .connect(new InetSocketAddress(addresses.get(next), target.port()))
        .addListener((ChannelFuture done) -> {
          if (done.isSuccess()) {
            join(done.channel());
          } else if (next + 1 < addresses.size()) {
            dial(addresses, next + 1);
          } else {
            boolean late = done.cause() instanceof io.netty.channel.ConnectTimeoutException;
            refuse(
                late ? ReasonCode.CONNECT_TIMEOUT : ReasonCode.CONNECT_REFUSED,
                late ? "nobody answered in time" : "the connection was refused");
          }
        });
  }

  private void join(Channel remote) {
    if (!local.isActive()) {
      remote.close();
      return;
    }
    listener.onOpened();
    resetIfLost(remote, true);
    resetIfLost(local, true);
    Pump up = new Pump(remote);
    Pump down = new Pump(local);
    up.other = down;
    down.other = up;
    remote.pipeline().addLast(down);
    local.pipeline().addLast(up);
    remote.read();
    local.read();
  }

  /**
   * Whether the kernel resets the connection when it is closed, by us or because this process dies:
   * neither side may take that for the end of what the other had to say. As with flows.
   */
  private static void resetIfLost(Channel channel, boolean reset) {
    if (channel instanceof SocketChannel && channel.isActive()) {
      channel.config().setOption(ChannelOption.SO_LINGER, reset ? 0 : LINGER_OFF);
    }
  }

  /** Passes on what it reads; reads on when that has been written. */
  private static final class Pump extends ChannelInboundHandlerAdapter {
    private final Channel to;
    private @Nullable Pump other;
    private boolean endPassedOn;

    Pump(Channel to) {
      this.to = to;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      to.write(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      to.writeAndFlush(Unpooled.EMPTY_BUFFER)
          .addListener(written -> {
            if (written.isSuccess()) {
              context.read();
            } else {
              context.close();
            }
          });
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof ChannelInputShutdownEvent) {
        to.writeAndFlush(Unpooled.EMPTY_BUFFER)
            .addListener(written -> {
              if (written.isSuccess()) {
                passEndOn(context.channel());
              }
            });
      }
    }

    /** All that was said has been written, and now its end; the last of two ends it all. */
    private void passEndOn(Channel from) {
      endPassedOn = true;
      ((DuplexChannel) to).shutdownOutput();
      if (other != null && other.endPassedOn) {
        resetIfLost(to, false);
        resetIfLost(from, false);
        to.close();
        from.close();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      to.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}
