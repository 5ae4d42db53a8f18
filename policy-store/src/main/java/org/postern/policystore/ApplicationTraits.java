package org.postern.policystore;

import java.util.List;

/// What an application is beside its hosts, ports and connector groups.
///
/// @param labels sorted
/// @param exists the kinds of client that it exists for, in their order, at least one. For any
///   other kind, or an unknown one, nothing is there; its hosts stay its own all the same
public record ApplicationTraits(
    List<Label> labels,
    Matching matching,
    HealthMode health,
    List<ClientType> exists,
    Bypass bypass) {

  /// What an application is when the document says nothing.
  public static final ApplicationTraits DEFAULT =
      new ApplicationTraits(
          List.of(),
          Matching.EXCLUSIVE,
          HealthMode.CONTINUOUS,
          List.of(ClientType.values()),
          Bypass.NEVER);

  /// Sorts the lists.
  public ApplicationTraits {
    labels = labels.stream().distinct().sorted().toList();
    exists = exists.stream().distinct().sorted().toList();
  }

  /// Whether an application lets wider patterns take part in its hosts.
  public enum Matching {
    /// Its hosts are carved out of the wider patterns over them.
    EXCLUSIVE,
    /// Wider patterns over its hosts count too, as long as all that are narrower are inclusive.
    INCLUSIVE
  }

  /// How connectors look after its servers.
  public enum HealthMode {
    /// Probed all the time.
    CONTINUOUS,
    /// Known only from flows.
    ON_ACCESS,
    /// Taken to be well.
    NONE
  }

  /// Whether clients leave its names alone.
  public enum Bypass {
    /// Forwarding rules decide.
    NEVER,
    /// Always, whatever the rules say.
    ALWAYS,
    /// While the device is known to be on a trusted network, any of them.
    ON_TRUSTED_NETWORK
  }
}
