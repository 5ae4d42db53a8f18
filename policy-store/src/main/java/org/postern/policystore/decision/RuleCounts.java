package org.postern.policystore.decision;

/// What a rule did. An access rule decides; a session rule sets the times of what is let in; a
/// forwarding rule shapes the name plan of a device, and counts once for each plan.
///
/// @param hits decisions that it made
/// @param reports decisions that it would have made, were it not report-only
/// @param changes of these, how many would have been another answer
/// @param lastHitMillis when it last did or would have done something, in milliseconds since the
///   epoch, to a second; 0: never
public record RuleCounts(long hits, long reports, long changes, long lastHitMillis) {}
