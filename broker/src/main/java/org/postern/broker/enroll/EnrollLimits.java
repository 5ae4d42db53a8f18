package org.postern.broker.enroll;

import java.time.Duration;

/**
 * Every limit of enrollment.
 *
 * @param deviceCertificate validity of a device's certificate, never beyond its session
 * @param connectorCertificate validity of an app connector's certificate
 * @param textMax characters of a name that a peer gives itself
 */
public record EnrollLimits(Duration deviceCertificate, Duration connectorCertificate, int textMax) {

  /** What the product ships with. */
  public static final EnrollLimits DEFAULT =
      new EnrollLimits(Duration.ofHours(24), Duration.ofDays(7), 64);
}
