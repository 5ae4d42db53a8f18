package org.postern.policystore.yaml;

import java.util.List;
import org.postern.policystore.PolicyLimits;

/// Reads policy documents. Never throws for what a document holds. Any thread.
@SuppressWarnings("DoNotCallSuggester")
public final class PolicyParser {
  /// What came of reading a document.
  public sealed interface Result {
    /// It is well formed.
    record Parsed(PolicyDocument document) implements Result {}

    /// It is not: all mistakes, in the order of the text, up to the limit.
    record Failed(List<PolicyError> errors) implements Result {}
  }

  private final PolicyLimits limits;

  /// With limits on what may be read.
  public PolicyParser(PolicyLimits limits) {
    this.limits = limits;
  }

  /// Reads one document.
  public Result parse(String yaml) {
    throw new UnsupportedOperationException("the parser lands next " + limits);
  }
}
