package org.postern.identity;

import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Which peers may be at the other end of one connection. {@code rule::spiffeId} has the shape of
 * the tunnel's peer check. Rules are pure and safe on any thread; see {@link Peers}.
 */
@FunctionalInterface
public interface PeerRule {
  /**
   * Lets this peer in by returning.
   *
   * @throws SSLPeerUnverifiedException when this peer may not be there, saying which was expected
   */
  void check(SpiffeId peer) throws SSLPeerUnverifiedException;

  /** The id of the session's {@link VerifiedPeer}, if this rule lets it in. */
  default String spiffeId(SSLSession session) throws SSLPeerUnverifiedException {
    SpiffeId id = VerifiedPeer.of(session).id();
    check(id);
    return id.toString();
  }
}
