package org.postern.appconnector.enroll;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/** An HTTPS door that answers what the test says: (path, body) to "status, newline, body". */
public final class FakeDoor implements AutoCloseable {
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final SslContext tls;
  private final Channel channel;
  private final List<String> requests = new CopyOnWriteArrayList<>();

  public FakeDoor(SslContext tls, BiFunction<String, String, String> answers)
      throws InterruptedException {
    this.tls = tls;
    this.channel =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel accepted) {
                    accepted
                        .pipeline()
                        .addLast(tls.newHandler(accepted.alloc()), new Http(answers));
                  }
                })
            .bind(NetUtil.LOCALHOST4, 0)
            .sync()
            .channel();
  }

  public URI uri() {
    return URI.create(
        "https://127.0.0.1:" + ((InetSocketAddress) channel.localAddress()).getPort());
  }

  /** Whole requests, heads and bodies. */
  public List<String> requests() {
    return requests;
  }

  @Override
  public void close() {
    channel.close().awaitUninterruptibly();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    ReferenceCountUtil.release(tls);
  }

  private final class Http extends SimpleChannelInboundHandler<ByteBuf> {
    private final BiFunction<String, String, String> answers;
    private final StringBuilder request = new StringBuilder();

    Http(BiFunction<String, String, String> answers) {
      this.answers = answers;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, ByteBuf bytes) {
      request.append(bytes.toString(StandardCharsets.UTF_8));
      int head = request.indexOf("\r\n\r\n");
      if (head < 0) {
        return;
      }
      String lengthHeader = request.toString().replaceAll("(?is).*content-length: *(\\d+).*", "$1");
      int length = lengthHeader.matches("\\d+") ? Integer.parseInt(lengthHeader) : 0;
      String body = request.substring(head + 4);
      if (body.length() < length) {
        return;
      }
      requests.add(request.toString());
      String[] answer = answers.apply(request.toString().split(" ", 3)[1], body).split("\n", 2);
      ByteBuf response =
          Unpooled.copiedBuffer(
              "HTTP/1.1 "
                  + answer[0]
                  + " x\r\nConnection: close\r\nContent-Length: "
                  + answer[1].length()
                  + "\r\n\r\n"
                  + answer[1],
              StandardCharsets.UTF_8);
      ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
