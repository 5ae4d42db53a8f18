package org.postern.tunnel.link;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.TunnelLimits.KeepAlive;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Ping;
import org.postern.tunnel.message.Pong;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Rejected;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection between an end and a broker, right behind its outer {@link SslHandler}: cuts bytes
 * into messages, answers Pings, notices silence, ends things in an orderly way. What the messages
 * mean is its {@link Role}'s business, which changes from greeting to link or carrier.
 *
 * <p>One handler does all of it on purpose: a broker holds tens of thousands of these, idle.
 * Everything here belongs to the channel's event loop; {@link #run} brings callers there.
 */
final class Wire extends ByteToMessageDecoder {
  private static final Logger log = LoggerFactory.getLogger(Wire.class);

  private final Channel channel;
  private @Nullable ChannelHandlerContext context;
  private final TunnelLimits limits;
  private Role role;
  private boolean secured;
  private boolean welcomed;

  private boolean ending;
  private boolean leaving;
  private boolean stripped;
  private ReasonCode endReason = ReasonCode.REASON_UNSPECIFIED;
  private String endText = "connection ended";
  private int endRetryAfter;

  private @Nullable ScheduledFuture<?> deadline;
  private final Flushes flushes = new Flushes(() -> run(this::flush));
  private final Pulse pulse = new Pulse(this::ping, this::giveUp);
  private long pings;

  Wire(Channel channel, TunnelLimits limits, Role role) {
    this.channel = channel;
    this.limits = limits;
    this.role = role;
    setSingleDecode(false);
  }

  Channel channel() {
    return channel;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  /** Messages leave from here: behind us a lane's inner TLS may be in the making. */
  private ChannelHandlerContext context() {
    return Objects.requireNonNull(context, "not in a pipeline");
  }

  void close() {
    context().close();
  }

  TunnelLimits limits() {
    return limits;
  }

  boolean isOpen() {
    return !ending && !stripped && channel.isActive();
  }

  /** The greeting is over: from now on messages may be larger, and mean other things. */
  void become(Role next) {
    role = next;
    welcomed = true;
    cancelDeadline();
  }

  /** Runs on the loop that owns the wire when it is run, which may change before it is. */
  void run(Runnable task) {
    EventLoop loop = channel.eventLoop();
    if (loop.inEventLoop()) {
      task.run();
    } else {
      loop.execute(() -> run(task));
    }
  }

  /** Ends the wire with HELLO_TIMEOUT or the like unless {@link #become} comes first. */
  void expectWithin(Duration time, ReasonCode otherwise, String text) {
    cancelDeadline();
    deadline =
        channel
            .eventLoop()
            .schedule(() -> fail(otherwise, text, 0), time.toNanos(), TimeUnit.NANOSECONDS);
  }

  void cancelDeadline() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }

  /**
   * Sends a message, unless the wire is ending.
   *
   * @return completes when it has left for the socket
   */
  ChannelFuture send(Envelope message) {
    flushes.after(message, channel.eventLoop());
    return write(message);
  }

  private void flush() {
    flushes.done();
    if (!stripped) {
      context().flush();
    }
  }

  private ChannelFuture write(Envelope message) {
    if (!isOpen()) {
      return channel.newFailedFuture(new TunnelException(endReason, endText));
    }
    ChannelFuture written = context().write(EnvelopeCodec.encode(channel.alloc(), message));
    if (!channel.isWritable() && channel.bytesBeforeWritable() > limits.messages().outboundMax()) {
      endAs(
          ReasonCode.PEER_SILENT,
          "peer does not read: more than %d bytes wait for it"
              .formatted(limits.messages().outboundMax()),
          0);
      closeNow();
    }
    return written;
  }

  /** Tells the peer why, and closes. The first reason counts. */
  void fail(ReasonCode reason, String text, int retryAfterSeconds) {
    Rejected rejected =
        Rejected.newBuilder()
            .setReason(reason)
            .setText(text)
            .setRetryAfterSeconds(retryAfterSeconds)
            .build();
    sayAndClose(Envelope.newBuilder().setRejected(rejected).build(), reason, text);
  }

  /** As {@link #fail} with another last message. */
  void sayAndClose(Envelope last, ReasonCode reason, String text) {
    if (ending || stripped) {
      return;
    }
    endAs(reason, text, 0);
    leaving = secured && channel.isActive();
    if (leaving) {
      Goodbye.say(context(), last);
    } else {
      context().close();
      channel.eventLoop().schedule(this::closeNow, Goodbye.SECONDS_MAX, TimeUnit.SECONDS);
    }
  }

  /** Without close_notify, and without waiting for what could not be written. */
  private void closeNow() {
    channel.unsafe().close(channel.unsafe().voidPromise());
  }

  private void endAs(ReasonCode reason, String text, int retryAfterSeconds) {
    if (!ending) {
      ending = true;
      endReason = reason;
      endText = text;
      endRetryAfter = retryAfterSeconds;
      stopKeepAlive();
      cancelDeadline();
    }
  }

  /** Asks a silent peer, and gives it up in the end; see {@link Pulse#start}. */
  void startKeepAlive(KeepAlive times, int quietTicksBeforePing) {
    pulse.start(channel.eventLoop(), times, quietTicksBeforePing);
  }

  void stopKeepAlive() {
    pulse.stop();
  }

  private void ping() {
    if (isOpen()) {
      send(Envelope.newBuilder().setPing(Ping.newBuilder().setNonce(++pings)).build());
    }
  }

  private void giveUp() {
    endAs(ReasonCode.PEER_SILENT, "nothing heard for too long", 0);
    context().close();
  }

  /** Moves the channel to another loop; {@code done} completes there. */
  <T> void moveTo(EventLoop target, Promise<T> done, T value) {
    if (target.equals(channel.eventLoop())) {
      done.trySuccess(value);
      return;
    }
    KeepAlive times = pulse.times();
    stopKeepAlive();
    cancelDeadline();
    channel
        .deregister()
        .addListener(left -> {
          if (!left.isSuccess() || !channel.isOpen()) {
            done.tryFailure(new TunnelException(endReason, endText));
            return;
          }
          target.register(channel).addListener(arrived -> arrived(arrived, times, done, value));
        });
  }

  private <T> void arrived(Future<?> arrived, @Nullable KeepAlive times, Promise<T> done, T value) {
    if (!arrived.isSuccess() || !isOpen()) {
      done.tryFailure(new TunnelException(endReason, endText));
      return;
    }
    if (times != null) {
      startKeepAlive(times, pulse.quietTicksBeforeAsking());
    }
    done.trySuccess(value);
  }

  /**
   * Takes itself and outer TLS off the channel, and leaves a bare socket. No close_notify is sent.
   *
   * @throws TunnelException RAW_BYTES_TOO_EARLY when the peer said more than it was entitled to
   */
  void strip() throws TunnelException {
    if (!isOpen()) {
      throw new TunnelException(endReason, endText);
    }
    if (actualReadableBytes() > 0) {
      fail(ReasonCode.RAW_BYTES_TOO_EARLY, "bytes after the last message", 0);
      throw new TunnelException(endReason, endText);
    }
    context().flush();
    stripped = true;
    stopKeepAlive();
    cancelDeadline();
    channel.pipeline().remove(this);
    channel.pipeline().remove(SslHandler.class);
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    pulse.heard();
    if (ending) {
      in.skipBytes(in.readableBytes());
      return;
    }
    try {
      int bytesMax =
          welcomed ? limits.messages().afterWelcomeMax() : limits.messages().beforeWelcomeMax();
      Envelope message = EnvelopeCodec.decode(in, bytesMax);
      if (message != null) {
        onMessage(message);
      }
    } catch (TunnelException e) {
      fail(e.reason(), e.text(), 0);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
    super.channelReadComplete(ctx);
    if (!stripped && role.nothingMoreExpected()) {
      // An OpenSSL engine answers a record that it cannot read with an alert, and keeps the error
      // to itself until it is asked to write the next time: ask it.
      ctx.flush();
    }
  }

  @Override
  protected void decodeLast(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    // Half a message at the end of the connection means nothing.
  }

  private void onMessage(Envelope message) throws TunnelException {
    switch (message.getBodyCase()) {
      case PING ->
          send(
              Envelope.newBuilder()
                  .setPong(Pong.newBuilder().setNonce(message.getPing().getNonce()))
                  .build());
      case PONG -> {}
      case REJECTED -> {
        Rejected rejected = message.getRejected();
        endAs(rejected.getReason(), rejected.getText(), rejected.getRetryAfterSeconds());
        context().close();
      }
      case BODY_NOT_SET -> {
        if (!welcomed) {
          throw Role.unexpected(message, "a greeting");
        }
      }
      default -> role.onMessage(this, message);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
    if (event instanceof SslHandshakeCompletionEvent completion && !secured) {
      onHandshake(completion);
      return;
    }
    super.userEventTriggered(ctx, event);
  }

  private void onHandshake(SslHandshakeCompletionEvent completion) {
    if (!completion.isSuccess()) {
      boolean late = completion.cause() instanceof SslHandshakeTimeoutException;
      endAs(
          late ? ReasonCode.HELLO_TIMEOUT : ReasonCode.PROTOCOL_ERROR,
          "TLS handshake: " + CauseText.of(completion.cause()),
          0);
      context().close();
      return;
    }
    secured = true;
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    try {
      if (!TunnelProtocol.ALPN.equals(tls.applicationProtocol())) {
        throw new TunnelException(
            ReasonCode.PROTOCOL_ERROR,
            "ALPN %s (expected: %s)".formatted(tls.applicationProtocol(), TunnelProtocol.ALPN));
      }
      role.onSecured(this, tls.engine().getSession());
    } catch (TunnelException e) {
      fail(e.reason(), e.text(), 0);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    if (!stripped) {
      endAs(endReason, endText, 0);
      stripped = true;
      log.debug("{}: {} {}", channel.remoteAddress(), endReason.name(), endText);
      // Before a lane in the making hears it: we know why, it does not.
      role.onEnded(endReason, endText, endRetryAfter);
    }
    super.channelInactive(ctx);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    switch (cause) {
      case DecoderException broken when broken.getCause() instanceof SSLException tls ->
          endAs(
              secured ? role.brokenRecord() : ReasonCode.PROTOCOL_ERROR,
              "TLS: " + CauseText.of(tls),
              0);
      case SSLException tls -> endAs(role.brokenRecord(), "TLS: " + CauseText.of(tls), 0);
      case IOException lost ->
          endAs(ReasonCode.REASON_UNSPECIFIED, "connection lost: " + CauseText.of(lost), 0);
      default -> {
        log.error("{}: a handler of ours failed", channel.remoteAddress(), cause);
        endAs(ReasonCode.PROTOCOL_ERROR, "internal error", 0);
      }
    }
    if (!leaving) { // or else what was said may be on its way still
      context().close();
    }
  }
}
