package org.postern.identity;

import java.util.Set;
import java.util.function.Predicate;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.postern.identity.SpiffeId.BrokerId;
import org.postern.identity.SpiffeId.ClientId;
import org.postern.identity.SpiffeId.ConnectorId;

/** The rules there are for the other end of a connection. */
public final class Peers {
  private Peers() {}

  /** A broker. */
  public static PeerRule broker() {
    return only("a broker", BrokerId.class::isInstance);
  }

  /** A user's device. */
  public static PeerRule client() {
    return only("a client connector", ClientId.class::isInstance);
  }

  /** An app connector of any group. */
  public static PeerRule connector() {
    return only("an app connector", ConnectorId.class::isInstance);
  }

  /** An app connector of one of these groups. */
  public static PeerRule connectorIn(Set<String> groups) {
    Set<String> allowed = Set.copyOf(groups);
    return only(
        "an app connector of group " + String.join(" or ", allowed),
        id -> id instanceof ConnectorId connector && allowed.contains(connector.group()));
  }

  /** Exactly this peer. */
  public static PeerRule exactly(SpiffeId expected) {
    return only(expected.toString(), expected::equals);
  }

  /** Those who dial a broker's tunnel door: devices, workloads, connectors, browser gateways. */
  public static PeerRule dialer() {
    return only("a client or app connector", id -> !(id instanceof BrokerId));
  }

  private static PeerRule only(String expected, Predicate<SpiffeId> allowed) {
    return id -> {
      if (!allowed.test(id)) {
        throw new SSLPeerUnverifiedException("peer is " + id + "; expected " + expected);
      }
    };
  }
}
