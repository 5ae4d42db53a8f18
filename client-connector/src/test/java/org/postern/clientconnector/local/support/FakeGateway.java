package org.postern.clientconnector.local.support;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.postern.clientconnector.local.Association;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.DatagramEnd;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.PortRange;
import org.postern.clientconnector.local.Resolution;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.ReasonCode;

/**
 * A gateway without a tunnel: TCP goes to the same port of 127.0.0.1, a datagram comes back as it
 * was, and UDP port 9 is refused. Answers to questions take a set time, as a broker's would.
 */
public final class FakeGateway implements Gateway {

  private final EventLoop loop;
  private final long resolveMicros;
  private final Map<String, Resolution.Permitted> permitted = new ConcurrentHashMap<>();
  private final Set<String> bypassed = ConcurrentHashMap.newKeySet();
  private final Map<String, Integer> asked = new ConcurrentHashMap<>();
  private final AtomicInteger associationsMade = new AtomicInteger();
  private final AtomicInteger associationsOpen = new AtomicInteger();

  /** A gateway on a loop whose answers about names take this long. */
  public FakeGateway(EventLoop loop, long resolveMicros) {
    this.loop = loop;
    this.resolveMicros = resolveMicros;
  }

  /** Permits a name on these TCP ports and on every UDP port. */
  public void permit(String name, List<PortRange> tcp) {
    permitted.put(name, new Resolution.Permitted(tcp, List.of(new PortRange(1, 65_535)), 1));
  }

  /** From now on the broker says that a name is not ours. */
  public void bypass(String name) {
    bypassed.add(name);
  }

  /** From now on the name does not exist. */
  public void forbid(String name) {
    permitted.remove(name);
  }

  /** How often a name was asked about. */
  public int askedAbout(String name) {
    return asked.getOrDefault(name, 0);
  }

  /** How many UDP flows were asked for, refused ones included. */
  public int associationsMade() {
    return associationsMade.get();
  }

  /** How many UDP flows are open. */
  public int associationsOpen() {
    return associationsOpen.get();
  }

  @Override
  public Future<Resolution> resolve(String host) {
    asked.merge(host, 1, Integer::sum);
    Resolution.Permitted known = permitted.get(host);
    Resolution ours = known == null ? new Resolution.Unknown(1) : known;
    Resolution answer = bypassed.contains(host) ? new Resolution.Bypassed(1) : ours;
    if (resolveMicros == 0) {
      return loop.newSucceededFuture(answer);
    }
    Promise<Resolution> promise = loop.newPromise();
    loop.schedule(() -> promise.setSuccess(answer), resolveMicros, TimeUnit.MICROSECONDS);
    return promise;
  }

  @Override
  public void connect(Target target, Channel local, ConnectListener listener) {
    boolean address = target.host().matches("[0-9.]+|2001:[0-9a-f:]+");
    if (!address && !permitted.containsKey(target.host())) {
      listener.onRefused(ReasonCode.POLICY_NO_RULE, "no rule allows it");
      return;
    }
    new Bootstrap()
        .group(loop)
        .channel(EpollSocketChannel.class)
        .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .option(ChannelOption.AUTO_READ, false)
        .handler(new ChannelInboundHandlerAdapter())
        .connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), target.port()))
        .addListener((ChannelFuture done) -> {
          if (!done.isSuccess()) {
            listener.onRefused(ReasonCode.CONNECT_REFUSED, "nobody listens");
            return;
          }
          listener.onOpened();
          local.pipeline().addLast(new Pump(done.channel()));
          done.channel().pipeline().addLast(new Pump(local));
          local.read();
          done.channel().read();
        });
  }

  @Override
  public Association associate(Target target, DatagramEnd local) {
    associationsMade.incrementAndGet();
    if (target.port() != 9) {
      associationsOpen.incrementAndGet();
    } else {
      loop.execute(() -> local.onClosed(ReasonCode.POLICY_NO_RULE, "no rule allows it"));
    }
    return new Association() {
      private boolean closed;

      @Override
      public void send(ByteBuf payload) {
        if (closed || target.port() == 9) {
          payload.release();
        } else {
          local.onDatagram(payload);
        }
      }

      @Override
      public void close() {
        if (!closed) {
          closed = true;
          associationsOpen.decrementAndGet();
          local.onClosed(ReasonCode.IDLE_TIMEOUT, "closed");
        }
      }
    };
  }

  private static final class Pump extends ChannelInboundHandlerAdapter {
    private final Channel other;

    Pump(Channel other) {
      this.other = other;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      other
          .writeAndFlush(message)
          .addListener(
              (ChannelFutureListener)
                  written -> {
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
        ((DuplexChannel) other).shutdownOutput();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      other.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}
