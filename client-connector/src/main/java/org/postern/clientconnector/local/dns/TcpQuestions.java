package org.postern.clientconnector.local.dns;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.timeout.IdleStateHandler;
import java.util.concurrent.TimeUnit;
import org.postern.clientconnector.local.LocalLimits;

/**
 * DNS over TCP from a program (RFC 7766): questions are answered one after the other, and reading
 * stops while one is under way, so that a connection holds one question and one answer at most.
 */
public final class TcpQuestions extends SimpleChannelInboundHandler<ByteBuf> {

  private static final int IDLE_SECONDS = 10;

  private final NameServer server;
  private int underWay;

  private TcpQuestions(NameServer server) {
    this.server = server;
  }

  /** Serves an accepted channel; auto-read may be off. */
  public static void serve(Channel channel, NameServer server, LocalLimits limits) {
    ChannelPipeline pipeline = channel.pipeline();
    pipeline.addLast(
        new IdleStateHandler(0, 0, IDLE_SECONDS, TimeUnit.SECONDS),
        new LengthFieldBasedFrameDecoder(limits.dnsMessageLengthMax(), 0, 2, 0, 2),
        new LengthFieldPrepender(2),
        new TcpQuestions(server));
    channel.config().setAutoRead(false);
    channel.read();
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
    underWay++;
    server.answer(
        message,
        Forwarder.Transport.TCP,
        answer -> {
          underWay--;
          context.writeAndFlush(answer);
          if (underWay == 0) {
            context.read();
          }
        });
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (underWay == 0) {
      context.read();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    context.close(); // idle, or the program closed its half
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
