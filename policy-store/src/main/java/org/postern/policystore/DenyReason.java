package org.postern.policystore;

/// Why the answer is no. The numbers are those of `ReasonCode` in `tunnel.proto`.
public enum DenyReason {
  /// No rule allows it; also: there is no such application.
  POLICY_NO_RULE(1),
  /// A rule denies it.
  POLICY_DENIED(2),
  /// The sign-in is too old or too weak for it; a fresh, stronger one would do.
  POLICY_STEP_UP(4),
  /// An approver has to say yes first.
  POLICY_APPROVAL_REQUIRED(5),
  /// The session's time is over.
  SESSION_EXPIRED(10),
  /// The session was ended, or its identity provider is no longer configured, or there never was
  /// one.
  SESSION_REVOKED(11),
  /// The user is disabled or unknown.
  USER_DISABLED(12),
  /// The device is quarantined, removed, unknown, or somebody else's.
  DEVICE_REVOKED(13),
  /// The connector is revoked, unknown, or its group is no longer configured.
  CONNECTOR_REVOKED(14);

  private final int code;

  DenyReason(int code) {
    this.code = code;
  }

  /// The number on the wire.
  public int code() {
    return code;
  }
}
