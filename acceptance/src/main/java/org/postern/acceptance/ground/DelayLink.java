package org.postern.acceptance.ground;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.postern.tunnel.link.EpollLoops;

/**
 * A long cable: a TCP relay that delivers every byte a fixed time after it came, each way, because
 * the kernel here has no netem. Only bytes wait: the connection itself is opened at once on both
 * sides. Holds at most {@value #IN_FLIGHT_BYTES_MAX} bytes on the way, per connection and
 * direction, and then stops reading. One event loop of its own.
 */
public final class DelayLink implements AutoCloseable {
  /** 200 ms at 1.6 Gbit/s. */
  public static final int IN_FLIGHT_BYTES_MAX = 40 * 1024 * 1024;

  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, EpollLoops.handlers());
  private final Channel listener;

  private DelayLink(InetSocketAddress near, InetSocketAddress far, Duration delayEachWay)
      throws InterruptedException {
    long nanos = delayEachWay.toNanos();
    listener =
        new ServerBootstrap()
            .group(loop)
            .channel(EpollServerSocketChannel.class)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel accepted) {
                    join(accepted, far, nanos);
                  }
                })
            .bind(near)
            .sync()
            .channel();
  }

  /** Listens on the near address (port 0: any) and dials the far one. */
  public static DelayLink open(InetSocketAddress near, InetSocketAddress far, Duration delayEachWay)
      throws InterruptedException {
    return new DelayLink(near, far, delayEachWay);
  }

  /** Where the near end listens. */
  public InetSocketAddress near() {
    return (InetSocketAddress) listener.localAddress();
  }

  @Override
  public void close() {
    listener.close();
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  private static void join(Channel near, InetSocketAddress far, long nanos) {
    Bootstrap dial =
        new Bootstrap()
            .group(near.eventLoop())
            .channel(EpollSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.AUTO_READ, false)
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .handler(new ChannelInboundHandlerAdapter());
    dial.connect(far)
        .addListener(
            (ChannelFutureListener)
                connected -> {
                  if (!connected.isSuccess()) {
                    near.close();
                    return;
                  }
                  Channel other = connected.channel();
                  near.pipeline().addLast(new Cable(other, nanos));
                  other.pipeline().addLast(new Cable(near, nanos));
                  near.config().setAutoRead(true);
                  other.config().setAutoRead(true);
                });
  }

  /** One direction; both channels are on one event loop, so plain fields do. */
  private static final class Cable extends ChannelInboundHandlerAdapter {
    private final Channel to;
    private final long nanos;
    private int inFlight;

    Cable(Channel to, long nanos) {
      this.to = to;
      this.nanos = nanos;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ByteBuf bytes = (ByteBuf) message;
      int size = bytes.readableBytes();
      inFlight += size;
      if (inFlight > IN_FLIGHT_BYTES_MAX) {
        context.channel().config().setAutoRead(false);
      }
      later(
          context,
          () -> {
            if (!to.isActive()) {
              ReferenceCountUtil.release(bytes);
              return;
            }
            to.writeAndFlush(bytes).addListener(written -> delivered(context.channel(), size));
          });
    }

    private void delivered(Channel from, int size) {
      inFlight -= size;
      if (inFlight <= IN_FLIGHT_BYTES_MAX / 2 && from.isActive()) {
        from.config().setAutoRead(true);
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event == ChannelInputShutdownEvent.INSTANCE) {
        later(context, () -> ((DuplexChannel) to).shutdownOutput());
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      later(context, to::close);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }

    private void later(ChannelHandlerContext context, Runnable task) {
      context.channel().eventLoop().schedule(task, nanos, TimeUnit.NANOSECONDS);
    }
  }
}
