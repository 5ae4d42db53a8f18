package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.ApprovalRecord;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.decision.Snapshot;

/// Reads snapshots, each from one consistent view of the database: the rows that are newer than the
/// last snapshot, or everything when the version went back (a restored database) or the database
/// was away, as its last commits may not have outlived that. Not thread-safe.
final class SnapshotReader {
  private @Nullable Snapshot last;
  private ConfigurationTables tables = new ConfigurationTables();
  private long configurationVersion;
  private long identityVersion;
  private boolean doubtful;

  /// What was read last may never have happened: the next snapshot is read whole.
  void doubt() {
    doubtful = true;
  }

  /// The newest snapshot: the same object as before if the version is the same.
  ///
  /// @param connection in auto-commit mode; its isolation is left at repeatable read
  Snapshot read(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    boolean whole = false;
    try {
      Snapshot snapshot = readInTransaction(connection);
      whole = true;
      return snapshot;
    } finally {
      if (!whole) {
        // Half of a change may be in the tables: begin anew.
        doubtful = true;
      }
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
    if (known != null && !doubtful && known.version() == versions.version()) {
      return known;
    }
    Snapshot next;
    if (known == null || doubtful || versions.version() < known.version()) {
      tables = new ConfigurationTables();
      PolicyConfiguration configuration = tables.newest(connection, versions.version());
      IdentityState everybody = people(connection);
      next =
          known == null
              ? Snapshot.build(versions.version(), configuration, everybody)
              : known.with(versions.version(), configuration, everybody);
    } else if (versions.configuration() != configurationVersion) {
      PolicyConfiguration configuration = tables.newest(connection, versions.version());
      next =
          known.with(
              versions.version(), configuration, peopleNow(connection, known, versions.identity()));
    } else {
      next =
          known.withIdentities(
              versions.version(), peopleNow(connection, known, versions.identity()));
    }
    doubtful = false;
    last = next;
    configurationVersion = versions.configuration();
    identityVersion = versions.identity();
    return next;
  }

  private IdentityState peopleNow(Connection connection, Snapshot known, long identity)
      throws SQLException {
    if (identity == identityVersion) {
      return known.identities();
    }
    boolean someGone =
        Database.first(
                connection,
                row -> row.getBoolean(1),
                "select exists (select from configuration_gone where kind = 'people'"
                    + " and row_version > ?)",
                identityVersion)
            .orElseThrow();
    return someGone
        ? people(connection)
        : newerPeople(connection, known.identities(), identityVersion);
  }

  private static final String USERS = Users.COLUMNS;
  private static final String DEVICES = Devices.COLUMNS;
  private static final String SESSIONS =
      "id, user_id, device_id, provider, authenticated_at, expires_at,"
          + " revoked_at is not null as revoked, auth_context, auth_methods, started_at"
          + " from session ";
  private static final String CONNECTORS =
      "select id, connector_group, name, key_fingerprint, state from connector ";

  private static IdentityState people(Connection connection) throws SQLException {
    Map<String, UserRecord> users =
        PeopleMap.with(Map.of(), Database.list(connection, Users::read, USERS), UserRecord::id);
    Map<String, DeviceRecord> devices =
        PeopleMap.with(
            Map.of(),
            Database.list(connection, Devices::read, DEVICES + "where state <> 'removed'"),
            DeviceRecord::id);
    Map<String, SessionRecord> sessions =
        PeopleMap.with(
            Map.of(),
            Database.list(
                connection,
                Sessions::read,
                "select distinct on (device_id) "
                    + SESSIONS
                    + "where device_id in (select id from device where state <> 'removed')"
                    + " order by device_id, started_at desc, revoked_at is null desc"),
            SessionRecord::deviceId);
    Map<String, ConnectorRecord> connectors =
        PeopleMap.with(
            Map.of(),
            Database.list(connection, Connectors::read, CONNECTORS + "where state <> 'revoked'"),
            ConnectorRecord::id);
    return new IdentityState(
        users,
        devices,
        sessions,
        connectors,
        approvals(connection, Map.of(), 0),
        Risks.newer(connection, Map.of(), 0));
  }

  private static IdentityState newerPeople(Connection connection, IdentityState known, long since)
      throws SQLException {
    List<UserRecord> users = newer(connection, Users::read, USERS, since);
    List<DeviceRecord> devices = newer(connection, Devices::read, DEVICES, since);
    List<SessionRecord> sessions =
        Database.list(
            connection,
            Sessions::read,
            "select " + SESSIONS + "where row_version > ? order by started_at, revoked_at is null",
            since);
    List<ConnectorRecord> connectors = newer(connection, Connectors::read, CONNECTORS, since);

    // The newest session of each device, among those read and the known one.
    Map<String, SessionRecord> newest = new HashMap<>();
    for (SessionRecord session : sessions) {
      SessionRecord before = newest.get(session.deviceId());
      if (before == null) {
        before = known.sessionsByDevice().get(session.deviceId());
      }
      newest.put(session.deviceId(), before == null ? session : newest(before, session));
    }
    return new IdentityState(
        PeopleMap.with(known.users(), users, UserRecord::id),
        PeopleMap.with(known.devices(), devices, DeviceRecord::id),
        PeopleMap.with(known.sessionsByDevice(), newest.values(), SessionRecord::deviceId),
        PeopleMap.with(known.connectors(), connectors, ConnectorRecord::id),
        approvals(connection, known.approvalsByUser(), since),
        Risks.newer(connection, known.risks(), since));
  }

  /// Approvals, with those that changed after a version; what is long over is left out.
  private static Map<String, List<ApprovalRecord>> approvals(
      Connection connection, Map<String, List<ApprovalRecord>> known, long since)
      throws SQLException {
    List<ApprovalRecord> newer =
        Database.list(
            connection,
            row ->
                new ApprovalRecord(
                    row.getString("id"),
                    row.getString("user_id"),
                    row.getString("application"),
                    Database.instant(row, "approved_at"),
                    Database.instant(row, "until"),
                    row.getObject("revoked_at") != null),
            "select id, user_id, application, approved_at, until, revoked_at from access_approval"
                + " where row_version > ? and until > now() - interval '1 day'",
            since);
    if (newer.isEmpty()) {
      return known;
    }
    Map<String, List<ApprovalRecord>> all = new HashMap<>(known);
    for (ApprovalRecord approval : newer) {
      List<ApprovalRecord> mine = new ArrayList<>(all.getOrDefault(approval.userId(), List.of()));
      mine.removeIf(each -> each.id().equals(approval.id()));
      mine.add(approval);
      all.put(approval.userId(), List.copyOf(mine));
    }
    return all;
  }

  private static SessionRecord newest(SessionRecord known, SessionRecord read) {
    boolean replaces =
        known.id().equals(read.id()) || !read.startedAt().isBefore(known.startedAt());
    return replaces ? read : known;
  }

  private static <T> List<T> newer(
      Connection connection, Database.Reader<T> reader, String select, long since)
      throws SQLException {
    return Database.list(connection, reader, select + "where row_version > ?", since);
  }
}
