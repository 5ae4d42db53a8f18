package org.postern.clientconnector.local.control;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.EarlyInbound;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.ReasonCode;

/**
 * One connection on the control socket: reads one line, answers it, and closes, or turns into the
 * bytes of a flow. A client sends nothing behind its line before it has read the answer.
 */
final class ControlConversation extends ChannelInboundHandlerAdapter {

  private final ControlHandler handler;
  private final LocalLimits limits;
  private final Outcomes outcomes;
  private @Nullable ByteBuf line;
  private boolean over;

  ControlConversation(ControlHandler handler, LocalLimits limits, Outcomes outcomes) {
    this.outcomes = outcomes;
    this.handler = handler;
    this.limits = limits;
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    if (line != null) {
      line.release();
      line = null;
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    try {
      if (over) {
        return;
      }
      if (line == null) {
        line = context.alloc().buffer(64, limits.controlLineLengthMax());
      }
      if (bytes.readableBytes() > line.maxWritableBytes()) {
        refuse(context.channel(), "PROTOCOL_ERROR", "the line is too long");
        return;
      }
      line.writeBytes(bytes);
      int end = line.indexOf(line.readerIndex(), line.writerIndex(), (byte) '\n');
      if (end >= 0) {
        boolean last = end == line.writerIndex() - 1;
        String text = line.toString(0, end, StandardCharsets.US_ASCII).strip();
        over = true;
        if (last) {
          obey(context, text);
        } else {
          refuse(context.channel(), "PROTOCOL_ERROR", "one line at a time");
        }
      }
    } finally {
      bytes.release();
    }
  }

  private void obey(ChannelHandlerContext context, String text) {
    int space = text.indexOf(' ');
    String verb = space < 0 ? text : text.substring(0, space);
    switch (verb) {
      case "status" -> answer(context.channel(), handler.status());
      case "down" -> answer(context.channel(), handler.down());
      case "why", "request", "requests" ->
          answer(
              context.channel(),
              handler.ask(verb, space < 0 ? "" : text.substring(space + 1).strip()));
      case "connect" -> connect(context, space < 0 ? "" : text.substring(space + 1));
      case "outcome" -> outcome(context.channel(), space < 0 ? "" : text.substring(space + 1));
      default ->
          refuse(
              context.channel(),
              "UNEXPECTED_MESSAGE",
              "unknown command (expected: status, down, why, request, requests, connect, outcome)");
    }
  }

  private static void answer(Channel channel, Future<String> json) {
    json.addListener((Future<String> done) -> {
      if (done.isSuccess()) {
        say(channel, "ok " + done.getNow()).addListener(ChannelFutureListener.CLOSE);
      } else {
        refuse(channel, "FAILED", String.valueOf(done.cause().getMessage()));
      }
    });
  }

  private void outcome(Channel channel, String number) {
    String why = outcomes.take(number.strip());
    say(channel, why.isEmpty() ? "ok" : "error " + why).addListener(ChannelFutureListener.CLOSE);
  }

  private void connect(ChannelHandlerContext context, String text) {
    Channel channel = context.channel();
    Target target;
    try {
      target = Target.parse(text.strip());
    } catch (IllegalArgumentException e) {
      refuse(channel, "PROTOCOL_ERROR", String.valueOf(e.getMessage()));
      return;
    }
    EarlyInbound.hold(channel);
    channel.pipeline().remove(this);
    long number = outcomes.next();
    handler.connect(
        target,
        channel,
        new ConnectListener() {
          @Override
          public void onOpened() {
            say(channel, "ok " + number);
          }

          @Override
          public void onBroken(ReasonCode reason, String why) {
            outcomes.broke(number, reason.name() + " " + why);
          }

          @Override
          public void onRefused(ReasonCode reason, String why) {
            refuse(channel, reason.name(), why);
          }
        });
  }

  private static void refuse(Channel channel, String code, String text) {
    say(channel, "error " + code + " " + text).addListener(ChannelFutureListener.CLOSE);
  }

  private static ChannelFuture say(Channel channel, String text) {
    String oneLine = text.replace('\n', ' ') + "\n";
    return channel.writeAndFlush(Unpooled.copiedBuffer(oneLine, StandardCharsets.UTF_8));
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (!over) {
      context.close(); // the other side closed its half before it finished its line
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
