package org.postern.broker.front;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolException;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for the PROXY protocol header (version 1 or 2) of a load balancer, and says where the
 * connection came from. One that is late, too long, or no header of a TCP connection closes the
 * connection. Of the connection that a load balancer makes for itself (LOCAL, UNKNOWN), to see
 * whether we are here, the source is the load balancer.
 */
final class ProxyHeader extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(ProxyHeader.class);

  private final FrontLimits limits;
  private final Consumer<InetSocketAddress> source;
  private @Nullable Future<?> deadline;

  /**
   * @param source told where the connection came from, on the event loop, before any byte behind
   *     the header; adds what handles these to the pipeline
   */
  private ProxyHeader(FrontLimits limits, Consumer<InetSocketAddress> source) {
    this.limits = limits;
    this.source = source;
  }

  /** Puts itself before whatever {@code source} adds. */
  static void expect(Channel channel, FrontLimits limits, Consumer<InetSocketAddress> source) {
    channel
        .pipeline()
        .addLast(
            new HAProxyMessageDecoder(limits.proxyHeaderExtraBytesMax(), true),
            new ProxyHeader(limits, source));
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    deadline =
        context
            .executor()
            .schedule(
                () -> refuse(context, "no PROXY header in time"),
                limits.helloDeadline().toMillis(),
                TimeUnit.MILLISECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    HAProxyMessage header = (HAProxyMessage) message;
    try {
      InetSocketAddress from = from(header, context.channel());
      context.pipeline().remove(this);
      source.accept(from);
    } catch (IllegalArgumentException e) {
      refuse(context, String.valueOf(e.getMessage()));
    } finally {
      header.release();
    }
  }

  private static InetSocketAddress from(HAProxyMessage header, Channel channel) {
    HAProxyProxiedProtocol protocol = header.proxiedProtocol();
    if (header.command() == HAProxyCommand.LOCAL || protocol == HAProxyProxiedProtocol.UNKNOWN) {
      return (InetSocketAddress) channel.remoteAddress();
    }
    String address = header.sourceAddress();
    if (address == null
        || (protocol != HAProxyProxiedProtocol.TCP4 && protocol != HAProxyProxiedProtocol.TCP6)) {
      throw new IllegalArgumentException(
          "PROXY header of %s (expected: TCP4, TCP6, UNKNOWN or LOCAL)".formatted(protocol));
    }
    try {
      return new InetSocketAddress(InetAddress.ofLiteral(address), header.sourcePort());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("PROXY header without a source address in numbers", e);
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    if (deadline != null) {
      deadline.cancel(false);
    }
  }

  private static void refuse(ChannelHandlerContext context, String reason) {
    LOG.warn("connection from proxy {} closed: {}", context.channel().remoteAddress(), reason);
    context.close();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof HAProxyProtocolException) {
      // What it says may be the peer's own words.
      refuse(
          context, "malformed PROXY header (expected: version 1 or 2, from --proxy-protocol-from)");
    } else {
      context.close();
    }
  }
}
