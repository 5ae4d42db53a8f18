package org.postern.tunnel.link;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLParameters;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Hello;

/** A peer that holds a good certificate and says whatever the test wants. */
final class ScriptedPeer {
  final BlockingQueue<Envelope> heard = new LinkedBlockingQueue<>();
  final Channel channel;

  /** Returns when TLS stands, or throws what stood in its way. */
  ScriptedPeer(EventLoopGroup loops, int port, SslContext context) throws Exception {
    SslHandler handler = context.newHandler(ByteBufAllocator.DEFAULT);
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
    // Not asked of the channel: one that has closed by now has no handlers any more.
    handler.handshakeFuture().sync();
  }

  static Envelope hello(Hello.Kind kind) {
    return Envelope.newBuilder()
        .setHello(TestBroker.hello().toBuilder().setKind(kind).setVersionMin(1).setVersionMax(1))
        .build();
  }

  ScriptedPeer say(Envelope message) {
    channel.writeAndFlush(EnvelopeCodec.encode(channel.alloc(), message));
    return this;
  }

  ScriptedPeer say(byte... bytes) {
    channel.writeAndFlush(Unpooled.wrappedBuffer(bytes));
    return this;
  }

  /** Past TLS. */
  void sayRaw(byte... bytes) {
    channel
        .eventLoop()
        .execute(() ->
            channel
                .pipeline()
                .context(SslHandler.class)
                .writeAndFlush(Unpooled.wrappedBuffer(bytes)));
  }

  Envelope hears() throws InterruptedException {
    Envelope message = heard.poll(30, TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError("heard nothing in 30 s");
    }
    return message;
  }

  private final class Ear extends ByteToMessageDecoder {
    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out)
        throws Exception {
      Envelope message = EnvelopeCodec.decode(in, Integer.MAX_VALUE);
      if (message != null) {
        heard.add(message);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
