package org.postern.tunnel.link;

import java.net.InetSocketAddress;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.Rejected;
import org.postern.tunnel.message.Welcome;

/** The broker behind its {@link TunnelDoor}. Called on the connection's event loop. */
public interface DoorListener {
  /**
   * May this peer come in? Must not block.
   *
   * @param spiffeId what the peer's certificate proved
   * @param hello its first message; the version range has been checked already
   * @param from its address as seen by the front
   */
  Admission admit(String spiffeId, Hello hello, InetSocketAddress from);

  /** A control link was admitted and the Welcome written; who listens to it? */
  ControlLinkListener onControl(ControlLink link, Hello hello);

  /** A carrier was admitted and the Welcome written; who listens to it? */
  BrokerCarrierListener onCarrier(BrokerCarrier carrier, Hello hello);

  /** The answer to a Hello. */
  sealed interface Admission {}

  /** Come in. {@code version} and {@code ping_interval_seconds} are filled in by the door. */
  record Admit(Welcome welcome) implements Admission {}

  /** Stay out; the reason is sent, then the connection is closed. */
  record Refuse(Rejected rejected) implements Admission {}
}
