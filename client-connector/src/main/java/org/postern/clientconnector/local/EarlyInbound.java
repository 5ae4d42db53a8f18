package org.postern.clientconnector.local;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.flow.EarlyData;

/**
 * Keeps what a program sent, and the news that it will send no more, until somebody reads: to the
 * gateway, which comes to the channel later, it looks as if all of it had waited in the socket.
 *
 * <p>Needed although auto-read is off: when a program half-closes, the epoll transport reads what
 * is left at once, whoever asked. What is held is therefore bounded by the socket's receive buffer.
 */
public final class EarlyInbound extends ChannelDuplexHandler {

  /** Null once somebody reads. */
  private @Nullable Queue<Object> held = new ArrayDeque<>();

  private boolean replaying;

  private EarlyInbound() {}

  /** Holds everything from now on; auto-read is switched off. */
  public static void hold(Channel channel) {
    hold(channel, new EarlyData(List.of(), false));
  }

  /**
   * The same for a channel that was read already: what was read comes first for the next reader.
   * Takes ownership of it.
   */
  public static void hold(Channel channel, EarlyData before) {
    channel.config().setAutoRead(false);
    EarlyInbound handler = channel.pipeline().get(EarlyInbound.class);
    if (handler == null) {
      handler = new EarlyInbound();
      channel.pipeline().addLast(handler);
    }
    handler.holdAgain(before);
  }

  private void holdAgain(EarlyData before) {
    Queue<Object> all = new ArrayDeque<>(before.pieces());
    if (before.finished()) {
      all.add(new Event(ChannelInputShutdownEvent.INSTANCE));
    }
    if (held != null) {
      all.addAll(held);
    }
    held = all;
    replaying = false;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (held == null) {
      context.fireChannelRead(message);
    } else {
      held.add(message);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (held == null) {
      context.fireUserEventTriggered(event);
    } else {
      held.add(new Event(event));
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (held == null) {
      context.fireChannelReadComplete();
    }
  }

  @Override
  public void read(ChannelHandlerContext context) {
    if (held == null || held.isEmpty()) {
      held = null;
      context.read();
    } else if (!replaying) {
      replaying = true;
      // Not from inside the caller's read(): it does not expect an answer before that returns.
      context.executor().execute(() -> replay(context));
    }
  }

  private void replay(ChannelHandlerContext context) {
    Queue<Object> messages = held;
    if (messages == null || !replaying) {
      return; // removed, or held again, meanwhile
    }
    held = null;
    replaying = false;
    for (Object message : messages) {
      if (message instanceof Event event) {
        context.fireUserEventTriggered(event.event());
      } else {
        context.fireChannelRead(message);
      }
    }
    context.fireChannelReadComplete();
    if (context.channel().config().isAutoRead()) {
      context.read();
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    if (held != null) {
      held.forEach(ReferenceCountUtil::release);
      held = null;
    }
  }

  private record Event(Object event) {}
}
