package org.postern.policystore;

import java.util.List;

/// A network on which a device is better thought of. Its name is its id.
///
/// @param sources addresses from which its devices reach the broker. With any, the broker judges by
///   the address that it sees itself, and a missing address is a missing fact; with none, the
///   device's own report is taken, and a missing report is a missing fact
public record TrustedNetwork(String name, List<AddressRange> sources) {
  /// Copies the list.
  public TrustedNetwork {
    sources = List.copyOf(sources);
  }
}
