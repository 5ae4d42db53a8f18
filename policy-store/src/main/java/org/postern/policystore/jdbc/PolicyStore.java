package org.postern.policystore.jdbc;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.SecretSealer;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.audit.ChangeSummary;
import org.postern.policystore.yaml.PolicyDocument;
import org.postern.policystore.yaml.PolicyError;

/// The configuration in the database. Blocking; any thread.
public final class PolicyStore {
  /// How long a change waits for its turn behind those of others; less than the time in which an
  /// HTTPS request has to be answered, so that whoever is told to come again has changed nothing.
  public static final Duration TURN_MAX = Duration.ofSeconds(20);

  private static final String LOCK_NOT_AVAILABLE = "55P03";

  private final Database database;
  private final SecretSealer sealer;
  private final InstantSource clock;
  private final PolicyLimits limits;
  private final AuditTrail audit;
  private final Duration patience;

  /// Over a data source.
  public PolicyStore(
      DataSource source, SecretSealer sealer, InstantSource clock, PolicyLimits limits) {
    this(source, sealer, clock, limits, TURN_MAX);
  }

  PolicyStore(
      DataSource source,
      SecretSealer sealer,
      InstantSource clock,
      PolicyLimits limits,
      Duration patience) {
    this.patience = patience;
    this.database = new Database(source);
    this.sealer = sealer;
    this.clock = clock;
    this.limits = limits;
    this.audit = new AuditTrail(source, sealer, new SecureRandom(), clock);
  }

  /// Makes the configuration what the document says, in one transaction, or changes nothing. See
  /// [PolicyDocument] for what it replaces. Applying the same document again changes nothing and
  /// does not move the version. Concurrent applies stand in line, for at most [#TURN_MAX]; then a
  /// [PolicyBusyException] says that nothing was changed.
  ///
  /// @param author who, for the history
  /// @param dryRun only say what would change
  public ApplyResult apply(PolicyDocument document, String author, boolean dryRun) {
    return apply(document, PolicyChange.by(author, dryRun));
  }

  /// The same, reviewed, on condition that the configuration is the one that the author has seen,
  /// and written into history and audit log in the same transaction.
  public ApplyResult apply(PolicyDocument document, PolicyChange change) {
    return inLine(
        "apply the policy document",
        (connection, now) -> applyOn(connection, document, change, now));
  }

  /// The same for a document that is made of the configuration as it is when its turn has come:
  /// nobody can be faster, at this broker or another. An exception of the edit changes nothing.
  public ApplyResult edit(Edit edit, PolicyChange change) {
    return inLine(
        "edit the policy", (connection, now) -> applyOn(connection, edit.on(now), change, now));
  }

  /// Makes the document of an edit. Called inside the transaction; must not block.
  @FunctionalInterface
  public interface Edit {
    /// What is wanted, given what there is.
    PolicyDocument on(Versioned now);
  }

  private interface Turn {
    ApplyResult take(Connection connection, Versioned now) throws SQLException;
  }

  private ApplyResult inLine(String what, Turn turn) {
    audit.prepare();
    return database.transaction(
        what,
        connection -> {
          stepInLine(connection);
          long version = configurationVersion(connection);
          return turn.take(
              connection, new Versioned(ConfigurationTables.read(connection), version));
        });
  }

  private void stepInLine(Connection connection) throws SQLException {
    Database.update(connection, "set local lock_timeout = " + patience.toMillis());
    try {
      Database.list(
          connection,
          row -> "",
          "select pg_advisory_xact_lock(hashtextextended('postern apply', 0))");
    } catch (SQLException e) {
      if (LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
        throw new PolicyBusyException(e);
      }
      throw e;
    }
    Database.update(connection, "set local lock_timeout to default");
  }

  private ApplyResult applyOn(
      Connection connection, PolicyDocument document, PolicyChange change, Versioned now)
      throws SQLException {
    if (change.expected().isPresent() && change.expected().getAsLong() != now.version()) {
      return new ApplyResult.Conflict(change.expected().getAsLong(), now.version());
    }
    PolicyConfiguration before = now.configuration();
    List<PolicyError> errors = document.errorsOver(before, limits, AdminRoles.names(connection));
    if (!errors.isEmpty()) {
      return new ApplyResult.Refused(errors);
    }
    PolicyConfiguration after = withKnownSecrets(connection, document.over(before));
    ConfigurationDifference difference = new ConfigurationDifference(before, after);
    if (difference.changes().isEmpty()) {
      return new ApplyResult.Applied(List.of(), version(connection), now.version(), before);
    }
    PolicyChange.Findings findings = change.review().review(before, after);
    if (!findings.errors().isEmpty()) {
      return new ApplyResult.Refused(findings.errors().stream().map(document::placed).toList());
    }
    if (!change.dryRun()) {
      new ConfigurationWriter(connection, sealer).write(difference, after);
      ConfigurationHistory.note(
          connection,
          change,
          clock.instant(),
          new ConfigurationHistory.Made(difference.changes(), after));
      audit.append(connection, events(connection, change, difference, findings));
    }
    return new ApplyResult.Applied(
        difference.changes(), version(connection), configurationVersion(connection), after);
  }

  private static List<AuditEvent> events(
      Connection connection,
      PolicyChange change,
      ConfigurationDifference difference,
      PolicyChange.Findings findings)
      throws SQLException {
    String version = Long.toString(configurationVersion(connection));
    Map<String, String> fields = new TreeMap<>();
    fields.put("version", version);
    fields.putAll(
        ChangeSummary.of(
            difference.changes(),
            "postern admin history "
                + version
                + ", and the entries config.* of this request, one for each"));
    List<AuditEvent> events = new ArrayList<>();
    events.add(
        AuditEvent.done(change.author(), "policy.apply", "policy", "version " + version)
            .changing(Map.of(), fields)
            .because(change.message())
            .in(change.requestId(), change.from()));
    events.addAll(findings.events());
    return events;
  }

  /// The version of the configuration alone; people and devices do not move it.
  public long configurationVersion() {
    return database.transaction(
        "read the configuration version", PolicyStore::configurationVersion);
  }

  private static long configurationVersion(Connection connection) throws SQLException {
    return Database.first(
            connection, row -> row.getLong(1), "select configuration_version from policy_version")
        .orElseThrow();
  }

  /// An inline secret that is the stored one is no change: sealing it again would look like one.
  private PolicyConfiguration withKnownSecrets(
      Connection connection, PolicyConfiguration configuration) throws SQLException {
    List<IdentityProvider> providers = new ArrayList<>();
    for (IdentityProvider provider : configuration.identityProviders()) {
      boolean known =
          provider.secret() instanceof ClientSecret.Inline(String value)
              && isStored(connection, provider.name(), value);
      providers.add(known ? provider.with(new ClientSecret.Kept()) : provider);
    }
    return configuration.withIdentityProviders(providers);
  }

  private boolean isStored(Connection connection, String provider, String secret)
      throws SQLException {
    Optional<byte[]> sealed =
        Database.first(
            connection,
            row -> row.getBytes(1),
            "select secret_sealed from identity_provider"
                + " where name = ? and secret_sealed is not null",
            provider);
    return sealed.isPresent()
        && MessageDigest.isEqual(
            sealer.open(sealed.get(), ClientSecrets.context(provider)),
            secret.getBytes(StandardCharsets.UTF_8));
  }

  /// The configuration as it is now; inline client secrets as [ClientSecret.Kept].
  public PolicyConfiguration load() {
    return database.transaction(
        "read the configuration",
        connection -> {
          connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
          return ConfigurationTables.read(connection);
        });
  }

  /// The configuration with its version.
  public Versioned loadVersioned() {
    return database.transaction(
        "read the configuration",
        connection -> {
          connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
          return new Versioned(
              ConfigurationTables.read(connection), configurationVersion(connection));
        });
  }

  /// A configuration and its version.
  public record Versioned(PolicyConfiguration configuration, long version) {}

  /// The policy version now.
  public long version() {
    return database.transaction("read the policy version", PolicyStore::version);
  }

  private static long version(Connection connection) throws SQLException {
    return Database.first(connection, row -> row.getLong(1), "select version from policy_version")
        .orElseThrow();
  }
}
