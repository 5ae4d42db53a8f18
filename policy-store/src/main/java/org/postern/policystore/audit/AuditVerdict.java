package org.postern.policystore.audit;

/// What a check of the whole log found.
public sealed interface AuditVerdict {
  /// Every entry is as it was written, none is missing.
  ///
  /// @param seq of the last entry, 0 if there is none
  /// @param hash of the last entry: note it elsewhere, and a later check can prove that the log up
  ///   to here was not cut off
  record Intact(long seq, String hash) implements AuditVerdict {}

  /// Something was changed, taken out or made up.
  ///
  /// @param seq of the first entry that does not fit
  record Broken(long seq, String what) implements AuditVerdict {}
}
