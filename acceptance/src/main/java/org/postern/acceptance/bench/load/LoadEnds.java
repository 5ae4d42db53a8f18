package org.postern.acceptance.bench.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.proxy.Socks5ProxyHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.postern.acceptance.bench.Dial;
import org.postern.acceptance.ground.RunningProgram;
import org.postern.tunnel.link.EpollLoops;

/**
 * Event loops, TLS contexts and sockets for both ends of a load, all in this process. Certificates
 * are made by {@code openssl} into the given folder. Safe for use by several threads.
 */
public final class LoadEnds implements AutoCloseable {
  private static final int RECEIVE_BYTES = 256 * 1024;

  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(2, EpollLoops.handlers());
  private final Path certificate;
  private final Path key;
  private final SslContext server;

  private LoadEnds(Path certificate, Path key) throws SSLException {
    this.certificate = certificate;
    this.key = key;
    this.server =
        SslContextBuilder.forServer(certificate.toFile(), key.toFile())
            .sslProvider(SslProvider.OPENSSL)
            .protocols("TLSv1.3")
            .build();
  }

  /** Makes a certificate for 127.0.0.1, valid for two days, into the folder. */
  public static LoadEnds create(Path folder) throws Exception {
    Path certificate = folder.resolve("server.pem");
    Path key = folder.resolve("server.key");
    RunningProgram.run(
        Duration.ofSeconds(20),
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=bench",
        "-addext",
        "subjectAltName=DNS:localhost,IP:127.0.0.1",
        "-keyout",
        key.toString(),
        "-out",
        certificate.toString());
    return new LoadEnds(certificate, key);
  }

  public Path certificate() {
    return certificate;
  }

  public Path key() {
    return key;
  }

  /** Listens on a free loopback port. */
  public Channel listen(boolean tls, Supplier<ChannelHandler> handler) throws InterruptedException {
    return new ServerBootstrap()
        .group(loops)
        .channel(EpollServerSocketChannel.class)
        .option(ChannelOption.SO_BACKLOG, 4096)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(RECEIVE_BYTES))
        .childHandler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel channel) {
                if (tls) {
                  channel.pipeline().addLast(server.newHandler(channel.alloc()));
                }
                channel.pipeline().addLast(handler.get());
              }
            })
        .bind(InetAddress.getLoopbackAddress(), 0)
        .sync()
        .channel();
  }

  /**
   * A way to open connections through an entrance; TLS and SOCKS5 are done before the handler is
   * active.
   */
  public Dial.Maker dialer(Dial dial) throws SSLException {
    return switch (dial) {
      case Dial.HastySocks5 hasty -> handler -> hasten(hasty, handler);
      case Dial.Made made -> made.maker();
      case Dial.Tcp tcp -> new Dialer(tcp.entrance(), null, null);
      case Dial.Tls tls ->
          new Dialer(
              tls.entrance(),
              SslContextBuilder.forClient()
                  .sslProvider(SslProvider.OPENSSL)
                  .protocols("TLSv1.3")
                  .trustManager(tls.trusted().toFile())
                  .build(),
              null);
      case Dial.Socks5 socks ->
          new Dialer(
              InetSocketAddress.createUnresolved(socks.host(), socks.port()), null, socks.proxy());
    };
  }

  private void hasten(Dial.HastySocks5 hasty, ChannelHandler handler) {
    new Bootstrap()
        .group(loops)
        .channel(EpollSocketChannel.class)
        .option(ChannelOption.TCP_NODELAY, true)
        .handler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel channel) {
                channel.pipeline().addLast(new HastySocks(hasty), handler);
              }
            })
        .connect(hasty.proxy());
  }

  @Override
  public void close() {
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }

  /** Opens connections to one entrance. */
  private final class Dialer implements Dial.Maker {
    private final InetSocketAddress address;
    private final @Nullable SslContext tls;
    private final @Nullable InetSocketAddress proxy;
    private final Bootstrap bootstrap;

    private Dialer(
        InetSocketAddress address, @Nullable SslContext tls, @Nullable InetSocketAddress proxy) {
      this.address = address;
      this.tls = tls;
      this.proxy = proxy;
      this.bootstrap =
          new Bootstrap()
              .group(loops)
              .channel(EpollSocketChannel.class)
              .option(ChannelOption.TCP_NODELAY, true)
              .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 10_000);
      if (proxy != null) {
        bootstrap.disableResolver();
      }
    }

    @Override
    public void make(ChannelHandler handler) {
      bootstrap
          .clone()
          .handler(
              new ChannelInitializer<>() {
                @Override
                protected void initChannel(Channel channel) {
                  if (proxy != null) {
                    channel.pipeline().addLast(new Socks5ProxyHandler(proxy));
                  }
                  if (tls != null) {
                    channel.pipeline().addLast(secured(channel, tls));
                  }
                  channel.pipeline().addLast(handler);
                }
              })
          .connect(address)
          .addListener(connected -> {
            if (!connected.isSuccess()) {
              handlerFailed(handler, connected.cause());
            }
          });
    }

    private SslHandler secured(Channel channel, SslContext context) {
      return context.newHandler(channel.alloc(), address.getHostString(), address.getPort());
    }

    private static void handlerFailed(ChannelHandler handler, Throwable cause) {
      if (handler instanceof Failable failable) {
        failable.failed(cause);
      }
    }
  }

  /** A handler that wants to know when it never gets a connection. */
  public interface Failable {
    void failed(Throwable cause);
  }
}
