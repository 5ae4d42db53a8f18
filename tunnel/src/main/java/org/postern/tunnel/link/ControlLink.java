package org.postern.tunnel.link;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Welcome;

/**
 * The one long-lived connection on which a peer and a broker exchange messages, seen from either
 * end. It lives from the Welcome until {@link ControlLinkListener#onClosed}, which comes exactly
 * once. Owner: its {@link #eventLoop()}; all methods may be called from any thread.
 */
public interface ControlLink {
  /** SPIFFE id that the peer's certificate proved. */
  String peerId();

  /** The dialer's first message. */
  Hello hello();

  /** The broker's answer to it. */
  Welcome welcome();

  /** 16 bytes that tell a reconnect of the peer from its restart. */
  ByteString instance();

  /** Loop on which the listener is called. */
  EventLoop eventLoop();

  /**
   * Where the peer's bytes come from; behind an egress proxy, the proxy; see {@link PeerAddress}.
   */
  SocketAddress remoteAddress();

  /** False once the link is closing or closed. */
  boolean isOpen();

  /**
   * Sends a message; messages of one thread keep their order. After the link has closed the message
   * is dropped: {@link ControlLinkListener#onClosed} is what tells. When the peer lets more than
   * {@code outboundMax} bytes pile up, the link is closed with PEER_SILENT.
   */
  void send(Envelope message);

  /** Tells the peer why (Rejected) and closes. Idempotent. */
  void close(ReasonCode reason, String text);

  /** As {@link #close(ReasonCode, String)}; asks the peer to stay away for a while. */
  void close(ReasonCode reason, String text, int retryAfterSeconds);
}
