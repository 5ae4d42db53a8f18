package org.postern.tunnel.link;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.proxy.HttpProxyHandler;
import io.netty.handler.proxy.ProxyHandler;
import io.netty.handler.proxy.Socks5ProxyHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.resolver.NoopAddressResolverGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.function.BiFunction;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.TunnelLimits.KeepAlive;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.ReasonCode;

/**
 * Dials one broker: TCP (through the egress proxy, if there is one), outer TLS 1.3, Hello, Welcome.
 * Thread-safe; keeps no state between dials. Futures fail with a {@link TunnelException} when the
 * broker (or what answers in its place) is at fault, with an {@link java.io.IOException} when the
 * way to it is.
 */
public final class BrokerDialer {
  private final DialerConfig config;

  /** Dials as the configuration says. */
  public BrokerDialer(DialerConfig config) {
    this.config = config;
  }

  /** What it was made with. */
  public DialerConfig config() {
    return config;
  }

  /**
   * Dials a control link. {@code kind} and the version range of the Hello are filled in. The future
   * completes on {@code loop} before the listener hears its first message.
   */
  public Future<ControlLink> control(EventLoop loop, Hello hello, ControlLinkListener listener) {
    return dial(
        loop,
        hello.toBuilder().setKind(Hello.Kind.KIND_CONTROL),
        (wire, greeted) -> {
          var greeting = new WireControlLink.Greeting(greeted.hello(), greeted.welcome());
          var link = new WireControlLink(wire, greeted.peerId(), greeting, true);
          link.listen(listener);
          wire.become(link);
          wire.startKeepAlive(
              asWelcomed(config.limits().control(), greeted.welcome().getPingIntervalSeconds()), 1);
          return link;
        });
  }

  /** Dials a carrier; as {@link #control}. */
  public Future<ParkedCarrier> park(EventLoop loop, Hello hello, CarrierListener listener) {
    return dial(
        loop,
        hello.toBuilder().setKind(Hello.Kind.KIND_CARRIER),
        (wire, greeted) -> {
          var carrier = new ParkedCarrier(wire, greeted.peerId(), greeted.welcome(), listener);
          wire.become(carrier.role());
          wire.startKeepAlive(
              asWelcomed(config.limits().carrier(), greeted.welcome().getPingIntervalSeconds()), 1);
          return carrier;
        });
  }

  /** The broker may ask for rarer Pings than ours, as long as we still notice its death. */
  private static KeepAlive asWelcomed(KeepAlive ours, int intervalSeconds) {
    Duration asked = Duration.ofSeconds(intervalSeconds);
    boolean sensible =
        asked.compareTo(ours.interval()) > 0
            && asked.multipliedBy(2).compareTo(ours.silenceMax()) <= 0;
    return sensible ? new KeepAlive(asked, ours.silenceMax()) : ours;
  }

  private <T> Future<T> dial(
      EventLoop loop, Hello.Builder hello, BiFunction<Wire, DialGreeting.Greeted, T> becomes) {
    Promise<T> promise = loop.newPromise();
    Hello complete =
        hello.setVersionMin(TunnelProtocol.VERSION).setVersionMax(TunnelProtocol.VERSION).build();
    var greeting = new DialGreeting<>(config, complete, promise, becomes);
    String host = config.proxy().map(EgressProxy::host).orElse(config.target().host());
    Thread.ofVirtual()
        .name("resolve-" + host)
        .start(() -> {
          try {
            Queue<InetAddress> addresses =
                new ArrayDeque<>(List.of(config.resolver().resolve(host)));
            loop.execute(() -> connect(loop, addresses, greeting, promise));
          } catch (UnknownHostException e) {
            promise.tryFailure(e);
          }
        });
    return promise;
  }

  private void connect(
      EventLoop loop, Queue<InetAddress> addresses, Role greeting, Promise<?> promise) {
    InetAddress address = addresses.poll();
    if (address == null) {
      promise.tryFailure(new UnknownHostException("no address for " + config.target().host()));
      return;
    }
    attempt(loop, address, greeting)
        .addListener((ChannelFuture connected) -> {
          if (connected.isSuccess()) {
            return;
          }
          if (addresses.isEmpty()) {
            promise.tryFailure(connected.cause());
          } else {
            connect(loop, addresses, greeting, promise);
          }
        });
  }

  private ChannelFuture attempt(EventLoop loop, InetAddress address, Role greeting) {
    DialerConfig.Target target = config.target();
    int timeoutMillis = (int) config.limits().deadlines().connect().toMillis();
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(socketType(loop))
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeoutMillis)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_KEEPALIVE, true)
            .resolver(NoopAddressResolverGroup.INSTANCE)
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    config
                        .proxy()
                        .map(proxy -> proxyHandler(proxy, address))
                        .ifPresent(channel.pipeline()::addLast);
                    channel
                        .pipeline()
                        .addLast(tls(channel), new Wire(channel, config.limits(), greeting));
                  }
                });
    return config.proxy().isPresent()
        ? bootstrap.connect(InetSocketAddress.createUnresolved(target.host(), target.port()))
        : bootstrap.connect(new InetSocketAddress(address, target.port()));
  }

  private static Class<? extends SocketChannel> socketType(EventLoop loop) {
    return loop instanceof IoEventLoop io && io.isCompatible(EpollIoHandle.class)
        ? EpollSocketChannel.class
        : NioSocketChannel.class;
  }

  private ProxyHandler proxyHandler(EgressProxy proxy, InetAddress address) {
    InetSocketAddress at = new InetSocketAddress(address, proxy.port());
    ProxyHandler handler =
        switch (proxy.kind()) {
          case HTTP_CONNECT ->
              proxy
                  .login()
                  .map(login -> new HttpProxyHandler(at, login.user(), login.password()))
                  .orElseGet(() -> new HttpProxyHandler(at));
          case SOCKS5 ->
              proxy
                  .login()
                  .map(login -> new Socks5ProxyHandler(at, login.user(), login.password()))
                  .orElseGet(() -> new Socks5ProxyHandler(at));
        };
    handler.setConnectTimeoutMillis(config.limits().deadlines().connect().toMillis());
    return handler;
  }

  private SslHandler tls(Channel channel) {
    DialerConfig.Target target = config.target();
    SslHandler tls = config.tls().get().newHandler(channel.alloc(), target.host(), target.port());
    SSLEngine engine = tls.engine();
    SSLParameters parameters = engine.getSSLParameters();
    // A broker is known by its SPIFFE id, which the peer check judges, not by its host name.
    parameters.setEndpointIdentificationAlgorithm(null);
    engine.setSSLParameters(parameters);
    tls.setHandshakeTimeoutMillis(config.limits().deadlines().handshake().toMillis());
    return tls;
  }

  /** The reason that a failed dial has, for logs and for {@link KeeperListener}. */
  static ReasonCode reasonOf(Throwable cause) {
    return cause instanceof TunnelException fault ? fault.reason() : ReasonCode.REASON_UNSPECIFIED;
  }

  /** The text of it. */
  static String textOf(Throwable cause) {
    return cause instanceof TunnelException fault
        ? fault.text()
        : String.valueOf(cause.getMessage());
  }
}
