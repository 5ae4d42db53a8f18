package org.postern.policystore.audit;

import java.time.Instant;

/// An event as it stands in the log.
///
/// @param seq 1 for the first, without gaps
/// @param at to the microsecond
/// @param event with masked fields
/// @param hash of this entry and all before it, hexadecimal
public record AuditEntry(long seq, Instant at, AuditEvent event, String hash) {}
