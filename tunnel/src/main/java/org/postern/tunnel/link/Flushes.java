package org.postern.tunnel.link;

import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;
import org.postern.tunnel.message.Envelope;

/**
 * When messages that were written leave: those of one turn of the loop together, because a record
 * and a system call cost more than a message. Belongs to the wire's loop.
 */
final class Flushes {
  /** Milliseconds that a message which nobody waits for may wait for another one. */
  private static final long UNHURRIED_MILLIS = 20;

  private final Runnable flush;
  private boolean due;
  private boolean dueLater;

  /** With what flushes; it must find its own way to the loop, and then call {@link #done}. */
  Flushes(Runnable flush) {
    this.flush = flush;
  }

  /** The message was, or is about to be, written; what is only for the record can wait. */
  void after(Envelope message, EventLoop loop) {
    if (message.getBodyCase() == Envelope.BodyCase.FLOW_CLOSED) {
      unhurried(loop);
    } else if (!due) {
      due = true;
      loop.execute(flush);
    }
  }

  private void unhurried(EventLoop loop) {
    if (!due && !dueLater) {
      dueLater = true;
      loop.schedule(flush, UNHURRIED_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  void done() {
    due = false;
    dueLater = false;
  }
}
