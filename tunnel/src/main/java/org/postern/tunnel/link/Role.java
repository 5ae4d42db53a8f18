package org.postern.tunnel.link;

import javax.net.ssl.SSLSession;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.ReasonCode;

/** What a {@link Wire} is used for at the moment. Called on its event loop. */
interface Role {
  /** The outer handshake is finished. */
  void onSecured(Wire wire, SSLSession session) throws TunnelException;

  /** A message other than Ping, Pong and Rejected. A throw ends the wire with that reason. */
  void onMessage(Wire wire, Envelope message) throws TunnelException;

  /** The connection has ended. Once, unless the wire was stripped before. */
  void onEnded(ReasonCode reason, String text, int retryAfterSeconds);

  /** True when the peer has said all that it may say on top of outer TLS. */
  default boolean nothingMoreExpected() {
    return false;
  }

  /** What it means when the outer TLS layer cannot read what the peer sends. */
  default ReasonCode brokenRecord() {
    return ReasonCode.PROTOCOL_ERROR;
  }

  static TunnelException unexpected(Envelope message, String expected) {
    return new TunnelException(
        ReasonCode.UNEXPECTED_MESSAGE,
        "%s (expected: %s)".formatted(message.getBodyCase().name(), expected));
  }
}
