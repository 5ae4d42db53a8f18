package org.postern.tunnel.link;

import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/** Turns a finished TLS handshake into the identity that it proved. */
@FunctionalInterface
public interface PeerCheck {
  /**
   * The peer's SPIFFE id, from the validated leaf. Called on the event loop; must not block.
   *
   * @throws SSLPeerUnverifiedException when the peer is nobody that may be at the other end of this
   *     connection (no certificate, wrong kind, revoked); its message is logged and never sent
   */
  String spiffeId(SSLSession session) throws SSLPeerUnverifiedException;
}
