package org.postern.policystore.posture;

import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Truth;

/// What a posture profile came to for one device, and why.
///
/// @param result what decisions go by
/// @param inGrace the result is true only because the profile's grace is not over
/// @param findings one for each requirement; for a profile that was not examined, one that says why
/// @param until when to evaluate again although nothing was reported; null: never
public record ProfileResult(
    String profile,
    Truth result,
    boolean inGrace,
    List<Finding> findings,
    @Nullable Instant until) {
  /// Copies the list.
  public ProfileResult {
    findings = List.copyOf(findings);
  }

  /// What keeps the profile from being true, in words: what is not so before what is not known.
  /// Empty if nothing does.
  public String why() {
    String failed = texts(Truth.FALSE);
    return failed.isEmpty() ? texts(Truth.UNKNOWN) : failed;
  }

  private String texts(Truth truth) {
    return findings.stream()
        .filter(finding -> finding.truth() == truth)
        .map(Finding::text)
        .collect(Collectors.joining("; "));
  }
}
