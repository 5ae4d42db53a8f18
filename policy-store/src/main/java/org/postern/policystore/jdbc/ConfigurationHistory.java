package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.yaml.PolicyWriter;

/// The versions of the configuration: who made which, and what it was. Blocking; any thread.
public final class ConfigurationHistory {
  /// How many versions keep their whole document.
  public static final int DOCUMENTS_MAX = 1_000;

  private final Database database;

  /// Over a data source.
  public ConfigurationHistory(DataSource source) {
    this.database = new Database(source);
  }

  /// One version.
  ///
  /// @param changes one line each
  /// @param restorable whether its document is still there
  public record Version(
      long version,
      Instant at,
      String author,
      String message,
      String requestId,
      List<String> changes,
      boolean restorable) {
    /// Copies the list.
    public Version {
      changes = List.copyOf(changes);
    }
  }

  /// Versions before one, newest first.
  public List<Version> list(long before, int limit) {
    return database.list(
        "read the history",
        ConfigurationHistory::read,
        "select configuration_version, changed_at, author, message, request_id, changes,"
            + " document is not null as restorable from configuration_change"
            + " where configuration_version < ? order by configuration_version desc limit "
            + limit,
        before);
  }

  private static Version read(ResultSet row) throws SQLException {
    return new Version(
        row.getLong("configuration_version"),
        Database.instant(row, "changed_at"),
        row.getString("author"),
        row.getString("message"),
        row.getString("request_id"),
        Database.texts(row, "changes"),
        row.getBoolean("restorable"));
  }

  /// One version.
  public Optional<Version> find(long version) {
    return list(version + 1, 1).stream().filter(found -> found.version() == version).findFirst();
  }

  /// The whole configuration as it was at a version, as a document; empty if it is not kept.
  public Optional<String> document(long version) {
    return database.first(
        "read a version of the configuration",
        row -> row.getString(1),
        "select document from configuration_change"
            + " where configuration_version = ? and document is not null",
        version);
  }

  /// In the transaction that makes the change, after it.
  static void note(Connection connection, PolicyChange change, Instant now, Made made)
      throws SQLException {
    Database.update(
        connection,
        "insert into configuration_change (version, configuration_version, changed_at, author,"
            + " message, request_id, changes, document)"
            + " select version, configuration_version, ?, ?, ?, ?, ?, ? from policy_version",
        now,
        change.author().name(),
        change.message(),
        change.requestId(),
        made.changes(),
        PolicyWriter.write(made.after()));
    Database.update(
        connection,
        "update configuration_change set document = null where document is not null"
            + " and id <= (select max(id) from configuration_change) - "
            + DOCUMENTS_MAX);
  }

  /// What a change made.
  record Made(List<String> changes, PolicyConfiguration after) {}
}
