package org.postern.policystore.jdbc;

import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.sql.DataSource;
import org.postern.policystore.ConnectorRecord;

/// App connectors. Blocking; any thread.
public final class Connectors {
  private static final String COLUMNS =
      "select id, connector_group, name, key_fingerprint, state from connector ";

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;

  /// Over a data source.
  public Connectors(DataSource source, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
  }

  /// A connector that enrolls.
  ///
  /// @param keyFingerprint SHA-256 of the key's SubjectPublicKeyInfo, in hexadecimal
  public record Enrollment(
      String group, String name, String keyFingerprint, String hostName, String platform) {}

  /// Registers a connector under a new id. Empty if its key is another live connector's.
  public Optional<ConnectorRecord> register(Enrollment enrollment) {
    return database.first(
        "register a connector",
        Connectors::read,
        "insert into connector (id, connector_group, name, key_fingerprint, host_name, platform,"
            + " created_at) values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing"
            + " returning id, connector_group, name, key_fingerprint, state",
        tokens.id("c-"),
        enrollment.group(),
        enrollment.name(),
        enrollment.keyFingerprint(),
        enrollment.hostName(),
        enrollment.platform(),
        clock.instant());
  }

  /// One connector by id.
  public Optional<ConnectorRecord> find(String connectorId) {
    return database.first(
        "read a connector", Connectors::read, COLUMNS + "where id = ?", connectorId);
  }

  /// The connectors of one group, revoked ones included, oldest first.
  public List<ConnectorRecord> list(String group) {
    return database.list(
        "read connectors",
        Connectors::read,
        COLUMNS + "where connector_group = ? order by created_at, id",
        group);
  }

  /// Shuts a connector out, for good.
  ///
  /// @return whether it worked before
  public boolean revoke(String connectorId) {
    return database.update(
            "revoke a connector",
            "update connector set state = 'revoked' where id = ? and state = 'enrolled'",
            connectorId)
        == 1;
  }

  /// Notes that a connector was seen. Not a change of policy.
  public void seen(String connectorId) {
    database.update(
        "note a connector",
        "insert into connector_seen (connector_id, seen_at) values (?, ?)"
            + " on conflict (connector_id) do update set seen_at = excluded.seen_at",
        connectorId,
        clock.instant());
  }

  /// When a connector was seen last.
  public Optional<Instant> lastSeen(String connectorId) {
    return database.first(
        "read a connector",
        row -> Database.instant(row, "seen_at"),
        "select seen_at from connector_seen where connector_id = ?",
        connectorId);
  }

  static ConnectorRecord read(ResultSet row) throws SQLException {
    return new ConnectorRecord(
        row.getString("id"),
        row.getString("connector_group"),
        row.getString("name"),
        row.getString("key_fingerprint"),
        ConnectorRecord.State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)));
  }
}
