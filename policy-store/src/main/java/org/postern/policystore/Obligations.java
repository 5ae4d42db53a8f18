package org.postern.policystore;

import java.time.Duration;

/// What the connector must hold to for the life of a flow to an application.
///
/// @param idleTimeout a flow without bytes for this long is closed; zero: the connector's default
/// @param ageMax a flow older than this is closed; zero: none
/// @param allowLoopback the application lives on the connector's own loopback, on purpose
/// @param allowLinkLocal the application has a link-local (metadata) address, on purpose
/// @param lanePerFlow each flow has a lane of its own
public record Obligations(
    Duration idleTimeout,
    Duration ageMax,
    boolean allowLoopback,
    boolean allowLinkLocal,
    boolean lanePerFlow) {

  /// Nothing beyond the defaults.
  public static final Obligations NONE =
      new Obligations(Duration.ZERO, Duration.ZERO, false, false, false);
}
