package org.postern.policystore.audit;

import java.util.List;

/// Writes down what was done. Blocking; any thread except event loops. Throws if it cannot be
/// written: what is not in the log did not happen, so answer with an error then.
///
/// Inside a transaction of one's own nothing may be locked after this that others lock before it.
@FunctionalInterface
public interface AuditLog {
  /// Forgets everything; for tests of rooms that are not about the log.
  AuditLog FORGETFUL = events -> {};

  /// Appends events, in order, all or none.
  void recordAll(List<AuditEvent> events);

  /// Appends one event.
  default void record(AuditEvent event) {
    recordAll(List.of(event));
  }
}
