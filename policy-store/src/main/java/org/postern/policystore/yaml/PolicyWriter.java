package org.postern.policystore.yaml;

import org.postern.policystore.PolicyConfiguration;

/// Writes a configuration as canonical YAML: same configuration, same bytes. What it writes can be
/// applied again and changes nothing. Inline client secrets are written as `clientSecretKept:
/// true`.
@SuppressWarnings("DoNotCallSuggester")
public final class PolicyWriter {
  private PolicyWriter() {}

  /// The whole configuration as one document.
  public static String write(PolicyConfiguration configuration) {
    throw new UnsupportedOperationException("the writer lands next");
  }
}
