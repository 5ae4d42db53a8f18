package org.postern.policystore.audit;

import java.time.Instant;
import java.util.Optional;

/// Which entries to list, newest first.
///
/// @param overrides only what is a [DecisionOverride]
/// @param before only entries with a smaller number
/// @param limit how many at most, 1 to 1,000
public record AuditQuery(
    Optional<String> actor,
    Optional<String> action,
    Optional<String> objectKind,
    Optional<String> objectName,
    Optional<Instant> since,
    boolean overrides,
    long before,
    int limit) {
  /// How many entries one question may have.
  public static final int LIMIT_MAX = 1_000;

  /// Refuses a limit outside its range.
  public AuditQuery {
    if (limit < 1 || limit > LIMIT_MAX) {
      throw new IllegalArgumentException("limit " + limit + " (expected: 1 to " + LIMIT_MAX + ")");
    }
  }

  /// The newest entries of all kinds.
  public static AuditQuery newest(int limit) {
    return new AuditQuery(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false,
        Long.MAX_VALUE,
        limit);
  }
}
