package org.postern.tunnel.link;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.ReasonCode;

/**
 * Keeps one control link to one broker up: dials, listens, and dials again with {@link Backoff}
 * when it ends. A Rejected that asks for patience gets it. Owner: the loop; the methods may be
 * called from any thread.
 */
public final class LinkKeeper {
  private final BrokerDialer dialer;
  private final EventLoop loop;
  private final Supplier<Hello> hello;
  private final KeeperListener listener;
  private final Retry retry;
  private volatile @Nullable ControlLink link;
  private boolean dialling;
  private boolean closed;

  /** Does nothing until {@link #start}. {@code hello} is asked at every dial. */
  public LinkKeeper(
      BrokerDialer dialer,
      EventLoop loop,
      Supplier<Hello> hello,
      KeeperListener listener,
      Backoff backoff) {
    this.dialer = dialer;
    this.loop = loop;
    this.hello = hello;
    this.listener = listener;
    this.retry = new Retry(loop, backoff, this::dial);
  }

  /** Starts dialling. Once. */
  public void start() {
    loop.execute(this::dial);
  }

  /** The link, if it is up. */
  public Optional<ControlLink> current() {
    return Optional.ofNullable(link);
  }

  /** Dials at once if it is waiting to dial again (the network changed). */
  public void retryNow() {
    loop.execute(retry::now);
  }

  /** Closes the link for good; the listener hears no more. Idempotent. */
  public void close(ReasonCode reason, String text) {
    loop.execute(() -> {
      closed = true;
      retry.stop();
      ControlLink current = link;
      link = null;
      if (current != null) {
        current.close(reason, text);
      }
    });
  }

  private void dial() {
    if (closed || dialling || link != null) {
      return;
    }
    dialling = true;
    dialer.control(loop, hello.get(), new Listening()).addListener(this::onDialled);
  }

  private void onDialled(Future<? super ControlLink> dialled) {
    dialling = false;
    if (!dialled.isSuccess()) {
      Throwable cause = dialled.cause();
      int patience = cause instanceof TunnelException fault ? fault.retryAfterSeconds() : 0;
      down(BrokerDialer.reasonOf(cause), BrokerDialer.textOf(cause), patience);
      return;
    }
    ControlLink up = (ControlLink) dialled.getNow();
    if (closed) {
      up.close(ReasonCode.REASON_UNSPECIFIED, "no longer wanted");
      return;
    }
    link = up;
    retry.succeeded();
    listener.onUp(up);
  }

  private void down(ReasonCode reason, String text, int retryAfterSeconds) {
    if (!closed) {
      listener.onDown(reason, text, retry.failed(retryAfterSeconds));
    }
  }

  private final class Listening implements ControlLinkListener {
    @Override
    public void onMessage(ControlLink from, Envelope message) {
      if (!closed) {
        listener.onMessage(from, message);
      }
    }

    @Override
    public void onClosed(ControlLink gone, ReasonCode reason, String text) {
      if (gone.equals(link)) {
        link = null;
        int patience = gone instanceof WireControlLink wired ? wired.retryAfterSeconds() : 0;
        down(reason, text, patience);
      }
    }
  }
}
