package org.postern.policystore.jdbc;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.sql.DataSource;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.DeviceRecord.State;

/// Users' devices. Blocking; any thread.
public final class Devices {
  /// Who is noncompliant by a shared signal is quarantined as far as anybody can see.
  static final String COLUMNS =
      "select id, user_id, name, platform, key_fingerprint,"
          + " case when noncompliant and state = 'registered' then 'quarantined' else state end"
          + " as state from device ";

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;
  private final int devicesPerUser;

  /// Over a data source.
  ///
  /// @param devicesPerUser of a user whose provider is no longer configured
  public Devices(DataSource source, SecureRandom random, InstantSource clock, int devicesPerUser) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
    this.devicesPerUser = devicesPerUser;
  }

  /// What became of a registration.
  public sealed interface Registration {
    /// The device may enroll; it is new, or the user's own with the same key.
    record Registered(DeviceRecord device) implements Registration {}

    /// The user has as many devices as one user may have; one must be removed first.
    record TooMany(int devicesMax) implements Registration {}

    /// The key is that of another user's device.
    record KeyNotAccepted() implements Registration {}

    /// The key is that of a device that was removed, and a removed device stays so.
    record KeyRemoved() implements Registration {}

    /// A device of this user is set aside: the one with this key, or another one. While that is so,
    /// the user gets no new device, or a new key would be the way around it.
    record SetAside(DeviceRecord device) implements Registration {}
  }

  /// Registers a device of a user. With the key of a device that the user has already, it is that
  /// device.
  ///
  /// @param keyFingerprint SHA-256 of the key's SubjectPublicKeyInfo, in hexadecimal
  public Registration register(String userId, String name, String platform, String keyFingerprint) {
    return database.transaction(
        "register a device",
        connection -> {
          // Registrations of one user, and of one key, stand in line: the count stays true.
          Database.list(
              connection,
              row -> "",
              "select pg_advisory_xact_lock(hashtextextended('device key ' || ?, 0))",
              keyFingerprint);
          Database.list(
              connection,
              row -> "",
              "select id from app_user where id = ? for no key update",
              userId);
          Optional<DeviceRecord> known =
              Database.first(
                  connection,
                  Devices::read,
                  COLUMNS + "where key_fingerprint = ? order by state = 'removed' limit 1",
                  keyFingerprint);
          if (known.isPresent()) {
            return again(known.get(), userId);
          }
          Optional<DeviceRecord> setAside =
              Database.first(
                  connection,
                  Devices::read,
                  COLUMNS
                      + "where user_id = ? and state <> 'removed'"
                      + " and (noncompliant or state = 'quarantined') order by created_at limit 1",
                  userId);
          if (setAside.isPresent()) {
            return new Registration.SetAside(setAside.get());
          }
          int most = devicesMax(connection, userId);
          int count =
              Database.first(
                      connection,
                      row -> row.getInt(1),
                      "select count(*) from device where user_id = ? and state <> 'removed'",
                      userId)
                  .orElse(0);
          if (count >= most) {
            return new Registration.TooMany(most);
          }
          DeviceRecord device =
              new DeviceRecord(
                  tokens.id("d-"), userId, name, platform, keyFingerprint, State.REGISTERED);
          Database.update(
              connection,
              "insert into device (id, user_id, name, platform, key_fingerprint, created_at)"
                  + " values (?, ?, ?, ?, ?, ?)",
              device.id(),
              userId,
              name,
              platform,
              keyFingerprint,
              clock.instant());
          return new Registration.Registered(device);
        });
  }

  /// By the word of the user's provider.
  private int devicesMax(Connection connection, String userId) throws SQLException {
    return Database.first(
            connection,
            row -> row.getInt(1),
            "select p.devices_per_user from app_user u join identity_provider p"
                + " on p.name = u.provider where u.id = ?",
            userId)
        .orElse(devicesPerUser);
  }

  private static Registration again(DeviceRecord device, String userId) {
    if (!device.userId().equals(userId)) {
      return new Registration.KeyNotAccepted();
    }
    return switch (device.state()) {
      case REGISTERED -> new Registration.Registered(device);
      case QUARANTINED -> new Registration.SetAside(device);
      case REMOVED -> new Registration.KeyRemoved();
    };
  }

  /// One device by id.
  public Optional<DeviceRecord> find(String deviceId) {
    return database.first("read a device", Devices::read, COLUMNS + "where id = ?", deviceId);
  }

  /// The devices of one user, removed ones included, oldest first.
  public List<DeviceRecord> list(String userId) {
    return database.list(
        "read devices",
        Devices::read,
        COLUMNS + "where user_id = ? order by created_at, id",
        userId);
  }

  /// Quarantines, frees or removes a device. A removed device stays removed; freeing one also ends
  /// what a shared signal said of it. With a quarantine or removal the sessions end that its user
  /// has as an administrator through a provider: nobody can tell whether one is on that device.
  ///
  /// @return whether there is such a device and it was not removed before
  public boolean setState(String deviceId, State state) {
    return database.transaction(
        "change a device",
        connection -> {
          int changed =
              Database.update(
                  connection,
                  "update device set state = ?, noncompliant = noncompliant and ?"
                      + " where id = ? and state <> 'removed'",
                  text(state),
                  state != State.REGISTERED,
                  deviceId);
          if (changed == 1 && state != State.REGISTERED) {
            new AdministratorEndings(
                    connection,
                    clock.instant(),
                    "one of your devices was "
                        + text(state)
                        + ", and this browser may have been on it")
                .ofDevice(deviceId);
          }
          return changed == 1;
        });
  }

  /// Gives a device another name, for people.
  ///
  /// @return whether there is such a device and it was not removed
  public boolean rename(String deviceId, String name) {
    return database.update(
            "rename a device",
            "update device set name = ? where id = ? and state <> 'removed'",
            name,
            deviceId)
        == 1;
  }

  /// Notes that a device was seen. Not a change of policy.
  public void seen(String deviceId) {
    Instant now = clock.instant();
    database.update(
        "note a device",
        "insert into device_seen (device_id, seen_at) values (?, ?)"
            + " on conflict (device_id) do update set seen_at = excluded.seen_at",
        deviceId,
        now);
  }

  /// When a device was seen last.
  public Optional<Instant> lastSeen(String deviceId) {
    return database.first(
        "read a device",
        row -> Database.instant(row, "seen_at"),
        "select seen_at from device_seen where device_id = ?",
        deviceId);
  }

  private static String text(State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  static DeviceRecord read(ResultSet row) throws SQLException {
    return new DeviceRecord(
        row.getString("id"),
        row.getString("user_id"),
        row.getString("name"),
        row.getString("platform"),
        row.getString("key_fingerprint"),
        State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)));
  }
}
