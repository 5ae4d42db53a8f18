package org.postern.policystore;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// How long a sign-in is good for the applications it names. A rule that may match (a fact is
/// missing) counts too: the shortest times of such rules and of the first that surely matches hold.
///
/// @param ageMax a sign-in older than this must be renewed; zero: no limit but the session's own
/// @param idleMax a flow without bytes for this long is closed; zero: the application's own
public record SessionRule(
    String name,
    RuleMatch match,
    RuleMode mode,
    @Nullable Instant expires,
    Duration ageMax,
    Duration idleMax)
    implements Rule {}
