package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.decision.Snapshot;

/// Reads snapshots, each from one consistent view of the database. When only people or machines
/// changed, reads the rows that are newer than the last snapshot; when the configuration changed,
/// or the version went back (a restored database), reads everything. Not thread-safe.
final class SnapshotReader {
  private @Nullable Snapshot last;
  private long configurationVersion;
  private long identityVersion;

  /// The newest snapshot: the same object as before if the version is the same.
  ///
  /// @param connection in auto-commit mode; its isolation is left at repeatable read
  Snapshot read(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try {
      return readInTransaction(connection);
    } finally {
      // Nothing was written.
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  private record Versions(long version, long configuration, long identity) {}

  private Snapshot readInTransaction(Connection connection) throws SQLException {
    Database.update(connection, "set transaction isolation level repeatable read, read only");
    Versions versions =
        Database.first(
                connection,
                row -> new Versions(row.getLong(1), row.getLong(2), row.getLong(3)),
                "select version, configuration_version, identity_version from policy_version")
            .orElseThrow();
    Snapshot known = last;
    if (known != null && known.version() == versions.version()) {
      return known;
    }
    Snapshot next;
    if (known == null
        || versions.version() < known.version()
        || versions.configuration() != configurationVersion) {
      next =
          Snapshot.build(
              versions.version(), ConfigurationTables.read(connection), people(connection));
    } else {
      next =
          known.withIdentities(
              versions.version(), newerPeople(connection, known.identities(), identityVersion));
    }
    last = next;
    configurationVersion = versions.configuration();
    identityVersion = versions.identity();
    return next;
  }

  private static final String USERS =
      "select id, provider, subject, email, name, disabled, provider_groups, attributes"
          + " from app_user ";
  private static final String DEVICES =
      "select id, user_id, name, platform, key_fingerprint, state from device ";
  private static final String SESSIONS =
      "id, user_id, device_id, provider, authenticated_at, expires_at,"
          + " revoked_at is not null as revoked, auth_context, auth_methods from session ";
  private static final String CONNECTORS =
      "select id, connector_group, name, key_fingerprint, state from connector ";

  private static IdentityState people(Connection connection) throws SQLException {
    Map<String, UserRecord> users = new HashMap<>();
    for (UserRecord user : Database.list(connection, Users::read, USERS)) {
      users.put(user.id(), user);
    }
    Map<String, DeviceRecord> devices = new HashMap<>();
    for (DeviceRecord device :
        Database.list(connection, Devices::read, DEVICES + "where state <> 'removed'")) {
      devices.put(device.id(), device);
    }
    Map<String, SessionRecord> sessions = new HashMap<>();
    for (SessionRecord session :
        Database.list(
            connection,
            Sessions::read,
            "select distinct on (device_id) "
                + SESSIONS
                + "where device_id in (select id from device where state <> 'removed')"
                + " order by device_id, authenticated_at desc, revoked_at is null desc")) {
      sessions.put(session.deviceId(), session);
    }
    Map<String, ConnectorRecord> connectors = new HashMap<>();
    for (ConnectorRecord connector :
        Database.list(connection, Connectors::read, CONNECTORS + "where state <> 'revoked'")) {
      connectors.put(connector.id(), connector);
    }
    return new IdentityState(users, devices, sessions, connectors);
  }

  private static IdentityState newerPeople(Connection connection, IdentityState known, long since)
      throws SQLException {
    List<UserRecord> users = newer(connection, Users::read, USERS, since);
    List<DeviceRecord> devices = newer(connection, Devices::read, DEVICES, since);
    List<SessionRecord> sessions =
        Database.list(
            connection,
            Sessions::read,
            "select "
                + SESSIONS
                + "where row_version > ? order by authenticated_at, revoked_at is null",
            since);
    List<ConnectorRecord> connectors = newer(connection, Connectors::read, CONNECTORS, since);

    Map<String, UserRecord> allUsers = copyIf(!users.isEmpty(), known.users());
    users.forEach(user -> allUsers.put(user.id(), user));
    Map<String, DeviceRecord> allDevices = copyIf(!devices.isEmpty(), known.devices());
    devices.forEach(device -> allDevices.put(device.id(), device));
    Map<String, SessionRecord> allSessions = copyIf(!sessions.isEmpty(), known.sessionsByDevice());
    for (SessionRecord session : sessions) {
      allSessions.merge(session.deviceId(), session, SnapshotReader::newest);
    }
    Map<String, ConnectorRecord> allConnectors = copyIf(!connectors.isEmpty(), known.connectors());
    connectors.forEach(connector -> allConnectors.put(connector.id(), connector));
    return new IdentityState(allUsers, allDevices, allSessions, allConnectors);
  }

  /// A map that may be changed if anything is going to change in it.
  private static <T> Map<String, T> copyIf(boolean changing, Map<String, T> known) {
    return changing ? new HashMap<>(known) : known;
  }

  private static SessionRecord newest(SessionRecord known, SessionRecord read) {
    boolean replaces =
        known.id().equals(read.id()) || !read.authenticatedAt().isBefore(known.authenticatedAt());
    return replaces ? read : known;
  }

  private static <T> List<T> newer(
      Connection connection, Database.Reader<T> reader, String select, long since)
      throws SQLException {
    return Database.list(connection, reader, select + "where row_version > ?", since);
  }
}
