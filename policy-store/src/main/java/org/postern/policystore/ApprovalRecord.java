package org.postern.policystore;

import java.time.Instant;

/// An approver's word that one person may reach one application for a time. It is in force from its
/// beginning until, not including, its end, unless it was taken back.
///
/// @param revoked taken back before its end
public record ApprovalRecord(
    String id,
    String userId,
    String application,
    Instant startsAt,
    Instant endsAt,
    boolean revoked) {}
