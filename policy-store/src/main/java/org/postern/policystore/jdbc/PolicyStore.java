package org.postern.policystore.jdbc;

import java.time.InstantSource;
import javax.sql.DataSource;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.SecretSealer;
import org.postern.policystore.yaml.PolicyDocument;

/// The configuration in the database. Blocking; any thread.
@SuppressWarnings("DoNotCallSuggester")
public final class PolicyStore {
  private final Database database;

  /// Over a data source.
  public PolicyStore(
      DataSource source, SecretSealer sealer, InstantSource clock, PolicyLimits limits) {
    this.database = new Database(source);
  }

  /// Makes the configuration what the document says, in one transaction, or changes nothing. See
  /// [PolicyDocument] for what it replaces. Applying the same document again changes nothing and
  /// does not move the version. Concurrent applies stand in line.
  ///
  /// @param author who, for the history
  /// @param dryRun only say what would change
  public ApplyResult apply(PolicyDocument document, String author, boolean dryRun) {
    throw new UnsupportedOperationException("the store lands next");
  }

  /// The configuration as it is now; inline client secrets as
  /// [org.postern.policystore.ClientSecret.Kept].
  public PolicyConfiguration load() {
    throw new UnsupportedOperationException("the store lands next");
  }

  /// The policy version now.
  public long version() {
    return database
        .first(
            "read the policy version", row -> row.getLong(1), "select version from policy_version")
        .orElseThrow();
  }
}
