package org.postern.tunnel;

import org.postern.tunnel.message.ReasonCode;

/**
 * A peer refused, failed or broke the protocol: an outcome with a code, not a bug of ours. It has
 * no stack trace, because what matters is who did what, and strangers must not be able to make us
 * build traces.
 */
public final class TunnelException extends Exception {
  private static final long serialVersionUID = 1L;

  private final ReasonCode reason;
  private final String text;
  private final int retryAfterSeconds;

  /** With a reason, and a text for a person. */
  public TunnelException(ReasonCode reason, String text) {
    this(reason, text, 0);
  }

  /** As above; the peer asked not to be called again for so many seconds (0: it did not say). */
  public TunnelException(ReasonCode reason, String text, int retryAfterSeconds) {
    super(reason.name() + ": " + text, null, false, false);
    this.text = text;
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** What happened. */
  public ReasonCode reason() {
    return reason;
  }

  /** Text for a person, without the code. */
  public String text() {
    return text;
  }

  /** Seconds that the peer wants us to stay away; 0 when it did not say. */
  public int retryAfterSeconds() {
    return retryAfterSeconds;
  }
}
