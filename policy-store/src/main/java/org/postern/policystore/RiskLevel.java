package org.postern.policystore;

/// How risky a subject is held to be by whoever watches. "Nobody said" is a missing fact, not a
/// level.
public enum RiskLevel {
  /// Nothing stands out.
  LOW,
  /// Something stands out.
  MEDIUM,
  /// Much stands out.
  HIGH,
  /// Taken over, most likely.
  CRITICAL
}
