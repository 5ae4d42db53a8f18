package org.postern.broker.access;

import java.net.InetAddress;
import java.util.Optional;

/** Tells the country of an address. Never blocks; any thread. */
@FunctionalInterface
public interface Countries {
  /** Knows none. */
  Countries NONE = address -> Optional.empty();

  /** ISO 3166 alpha-2 in upper case; empty: not known. */
  Optional<String> of(InetAddress address);
}
