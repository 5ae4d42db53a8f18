package org.postern.appconnector.upstream;

import java.net.InetAddress;
import java.util.List;

/** What the network's resolver said about a name. */
sealed interface Resolution {

  /**
   * The name has addresses, in the order of the answers: never empty.
   *
   * @param addresses both families, at most {@code ConnectorLimits.Resolve.addressesPerName} each
   */
  record Found(List<InetAddress> addresses) implements Resolution {
    public Found {
      addresses = List.copyOf(addresses);
      if (addresses.isEmpty()) {
        throw new IllegalArgumentException("found without an address");
      }
    }
  }

  /** The name does not exist, or has no address. */
  record NotFound(String text) implements Resolution {}

  /** No resolver gave a usable answer in time. */
  record Failed(String text) implements Resolution {}
}
