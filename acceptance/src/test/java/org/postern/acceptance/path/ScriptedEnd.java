package org.postern.acceptance.path;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLParameters;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Hello;

/** A connection to the broker's port, below the manners of any Postern program. */
final class ScriptedEnd implements AutoCloseable {
  private final BlockingQueue<Envelope> heard = new LinkedBlockingQueue<>();
  private final Channel channel;

  /** Returns when TLS stands. */
  ScriptedEnd(EventLoopGroup loops, int port, SslContext tls) throws InterruptedException {
    SslHandler handler = tls.newHandler(ByteBufAllocator.DEFAULT);
    SSLParameters parameters = handler.engine().getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm(null);
    handler.engine().setSSLParameters(parameters);
    channel =
        new Bootstrap()
            .group(loops)
            .channel(EpollSocketChannel.class)
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel made) {
                    made.pipeline().addLast(handler, new Ear());
                  }
                })
            .connect(InetAddress.getLoopbackAddress(), port)
            .sync()
            .channel();
    // Not asked of the channel: one that was refused and has closed by now has no handlers.
    handler.handshakeFuture().sync();
  }

  static Envelope hello(Hello.Kind kind) {
    return Envelope.newBuilder()
        .setHello(
            Hello.newBuilder()
                .setKind(kind)
                .setVersionMin(TunnelProtocol.VERSION)
                .setVersionMax(TunnelProtocol.VERSION)
                .setSoftware("test")
                .setInstance(ByteString.copyFrom(new byte[16])))
        .build();
  }

  void say(Envelope message) {
    ByteBuf bytes = channel.alloc().buffer();
    bytes.writeInt(message.getSerializedSize()).writeBytes(message.toByteArray());
    channel.writeAndFlush(bytes);
  }

  /** Inside TLS; returns when the kernel has them, or throws when the other end is gone. */
  void say(byte[] bytes) throws IOException, InterruptedException {
    if (!channel.writeAndFlush(Unpooled.wrappedBuffer(bytes)).await().isSuccess()) {
      throw new IOException("the broker has closed");
    }
  }

  /** A message inside TLS and bytes past it, in one segment: nobody can answer between them. */
  void sayWithRaw(Envelope message, byte[] raw) {
    channel
        .eventLoop()
        .execute(() -> {
          channel.config().setOption(EpollChannelOption.TCP_CORK, true);
          say(message);
          channel.pipeline().context(SslHandler.class).writeAndFlush(Unpooled.wrappedBuffer(raw));
          channel.config().setOption(EpollChannelOption.TCP_CORK, false);
        });
  }

  Envelope hears() throws InterruptedException {
    Envelope message = heard.poll(30, TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError("heard nothing in 30 s");
    }
    return message;
  }

  /** Whether nothing was said that has not been taken. */
  boolean silent() {
    return heard.isEmpty();
  }

  /** What was said at the very end; fails when nothing was. */
  Envelope lastHeard() throws InterruptedException {
    Envelope last = hears();
    while (!heard.isEmpty()) {
      last = hears();
    }
    return last;
  }

  boolean isOpen() {
    return channel.isOpen();
  }

  boolean ends() throws InterruptedException {
    return channel.closeFuture().await(30, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    channel.close().awaitUninterruptibly();
  }

  private final class Ear extends ByteToMessageDecoder {
    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out)
        throws InvalidProtocolBufferException {
      if (in.readableBytes() >= 4 && in.readableBytes() >= 4 + in.getInt(in.readerIndex())) {
        byte[] bytes = new byte[in.readInt()];
        in.readBytes(bytes);
        heard.add(Envelope.parseFrom(bytes));
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}
