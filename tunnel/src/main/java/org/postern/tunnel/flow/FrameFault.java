package org.postern.tunnel.flow;

import org.postern.tunnel.message.ReasonCode;

/** The peer broke the framing: the lane cannot be understood any more. No stack trace. */
final class FrameFault extends Exception {
  private static final long serialVersionUID = 1L;

  private final ReasonCode reason;

  FrameFault(ReasonCode reason, String text) {
    super(text, null, false, false);
    this.reason = reason;
  }

  ReasonCode reason() {
    return reason;
  }

  String text() {
    return String.valueOf(getMessage());
  }
}
