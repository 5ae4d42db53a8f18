package org.postern.broker.rendezvous;

import org.postern.tunnel.message.Renew;
import org.postern.tunnel.message.RenewRefused;
import org.postern.tunnel.message.Renewed;

/**
 * Renews the certificate of a peer that asks for it on its control link. Callable by any thread.
 */
public interface Renewal {
  /**
   * Renews for the identity that the link's certificate proved; never blocks, answers later on any
   * thread.
   */
  void renew(String spiffeId, Renew request, Reply reply);

  /** The answer; one of the two, once. */
  interface Reply {
    /** The new chain. */
    void renewed(Renewed renewed);

    /** Why not. */
    void refused(RenewRefused refused);
  }
}
