package org.postern.policystore;

import java.time.Instant;

/// A signed-in user on a device. A device has at most one live session.
///
/// @param revoked ended before its time, by an administrator, a sign-out or a newer sign-in
public record SessionRecord(
    String id,
    String userId,
    String deviceId,
    String provider,
    Instant authenticatedAt,
    Instant expiresAt,
    boolean revoked) {}
