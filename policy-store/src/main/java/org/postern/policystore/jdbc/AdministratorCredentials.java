package org.postern.policystore.jdbc;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// What administrators prove themselves with. Passwords come hashed and TOTP secrets sealed.
/// Blocking; any thread.
public final class AdministratorCredentials {
  /// A password's hash and the sealed TOTP secret beside it.
  ///
  /// @param lastStep the newest time step of which a code was seen
  @SuppressWarnings("ArrayRecordComponent")
  public record Password(String hash, byte[] totpSealed, long lastStep) {}

  /// A passkey to be stored.
  ///
  /// @param attested attested credential data of WebAuthn
  @SuppressWarnings("ArrayRecordComponent")
  public record NewPasskey(byte[] credentialId, String name, byte[] attested, long signCount) {}

  /// A stored passkey.
  @SuppressWarnings("ArrayRecordComponent")
  public record Passkey(
      String id, String administratorId, String name, byte[] attested, long signCount) {}

  /// A passkey in a list.
  public record ListedPasskey(
      String id, String name, Instant createdAt, @Nullable Instant lastUsedAt) {}

  /// Everything that somebody proves himself with.
  ///
  /// @param recoveryCodes 80 bits of randomness each
  public record Set(
      @Nullable NewPasskey passkey, @Nullable Password password, List<String> recoveryCodes) {
    static final Set NOTHING = new Set(null, null, List.of());

    /// Copies the list.
    public Set {
      recoveryCodes = List.copyOf(recoveryCodes);
    }

    /// Without the codes.
    @Override
    public String toString() {
      return "Set[" + recoveryCodes.size() + " recovery codes]";
    }
  }

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;

  /// Over a data source.
  public AdministratorCredentials(DataSource source, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
  }

  static void replace(Connection connection, String administratorId, Set set, Instant now)
      throws SQLException {
    Database.update(
        connection,
        "delete from administrator_passkey where administrator_id = ?",
        administratorId);
    Database.update(
        connection, "delete from administrator_device where administrator_id = ?", administratorId);
    NewPasskey passkey = set.passkey();
    if (passkey != null) {
      insert(connection, administratorId, passkey, now);
    }
    put(connection, administratorId, set.password());
    replaceRecoveryCodes(connection, administratorId, set.recoveryCodes());
  }

  private static void put(Connection connection, String id, @Nullable Password password)
      throws SQLException {
    Database.update(
        connection,
        "update administrator set password_hash = ?, totp_sealed = cast(? as bytea),"
            + " totp_last_step = ? where id = ?",
        password == null ? null : password.hash(),
        password == null ? null : password.totpSealed(),
        password == null ? 0L : password.lastStep(),
        id);
  }

  private static int insert(Connection connection, String owner, NewPasskey passkey, Instant now)
      throws SQLException {
    byte[] id = Tokens.hash(java.util.HexFormat.of().formatHex(passkey.credentialId()));
    return Database.update(
        connection,
        "insert into administrator_passkey (id, credential_id, administrator_id, name, attested,"
            + " sign_count, created_at) values (?, ?, ?, ?, ?, ?, ?)"
            + " on conflict (credential_id) do nothing",
        "pk-" + java.util.HexFormat.of().formatHex(id, 0, 16),
        passkey.credentialId(),
        owner,
        passkey.name(),
        passkey.attested(),
        passkey.signCount(),
        now);
  }

  private static void replaceRecoveryCodes(Connection connection, String id, List<String> codes)
      throws SQLException {
    Database.update(
        connection, "delete from administrator_recovery_code where administrator_id = ?", id);
    for (String code : codes) {
      Database.update(
          connection,
          "insert into administrator_recovery_code (administrator_id, code_hash) values (?, ?)",
          id,
          Tokens.hash(code));
    }
  }

  /// The password of an administrator, if there is one.
  public Optional<Password> password(String administratorId) {
    return database.first(
        "read a password",
        row ->
            new Password(
                row.getString("password_hash"),
                row.getBytes("totp_sealed"),
                row.getLong("totp_last_step")),
        "select password_hash, totp_sealed, totp_last_step from administrator"
            + " where id = ? and password_hash is not null",
        administratorId);
  }

  /// Another password and TOTP secret.
  public void setPassword(String administratorId, Password password) {
    database.transaction(
        "set a password",
        connection -> {
          put(connection, administratorId, password);
          return "";
        });
  }

  /// The same password with newer parameters; nothing if it was changed meanwhile.
  public void upgrade(String administratorId, String oldHash, String newHash) {
    database.update(
        "upgrade a password's hash",
        "update administrator set password_hash = ? where id = ? and password_hash = ?",
        newHash,
        administratorId,
        oldHash);
  }

  /// Notes that a code of this time step was seen.
  ///
  /// @return false if a code of this step or a later one was seen before: a replay
  public boolean takeStep(String administratorId, long step) {
    return database.update(
            "note a time step",
            "update administrator set totp_last_step = ? where id = ? and totp_last_step < ?",
            step,
            administratorId,
            step)
        == 1;
  }

  /// Uses a recovery code, once.
  public boolean takeRecoveryCode(String administratorId, String code) {
    return database.update(
            "use a recovery code",
            "update administrator_recovery_code set used_at = ?"
                + " where administrator_id = ? and code_hash = ? and used_at is null",
            clock.instant(),
            administratorId,
            Tokens.hash(code))
        == 1;
  }

  /// How many recovery codes are left.
  public int recoveryCodesLeft(String administratorId) {
    return database
        .first(
            "count recovery codes",
            row -> row.getInt(1),
            "select count(*) from administrator_recovery_code"
                + " where administrator_id = ? and used_at is null",
            administratorId)
        .orElse(0);
  }

  /// New recovery codes; the old ones are void.
  public void setRecoveryCodes(String administratorId, List<String> codes) {
    database.transaction(
        "replace recovery codes",
        connection -> {
          replaceRecoveryCodes(connection, administratorId, codes);
          return "";
        });
  }

  /// A passkey by the id that the browser shows.
  public Optional<Passkey> passkey(byte[] credentialId) {
    return database.first(
        "find a passkey",
        AdministratorCredentials::read,
        "select id, administrator_id, name, attested, sign_count from administrator_passkey"
            + " where credential_id = ?",
        credentialId);
  }

  private static Passkey read(ResultSet row) throws SQLException {
    return new Passkey(
        row.getString("id"),
        row.getString("administrator_id"),
        row.getString("name"),
        row.getBytes("attested"),
        row.getLong("sign_count"));
  }

  /// Passkeys of an administrator, oldest first.
  public List<ListedPasskey> passkeys(String administratorId) {
    return database.list(
        "list passkeys",
        row ->
            new ListedPasskey(
                row.getString("id"),
                row.getString("name"),
                Database.instant(row, "created_at"),
                Database.instantOrNull(row, "last_used_at")),
        "select id, name, created_at, last_used_at from administrator_passkey"
            + " where administrator_id = ? order by created_at, id",
        administratorId);
  }

  /// One passkey more.
  ///
  /// @return false if it is stored already, or there are `max`
  public boolean addPasskey(String administratorId, NewPasskey passkey, int max) {
    return database.transaction(
        "add a passkey",
        connection -> {
          Database.list(
              connection,
              row -> "",
              "select from administrator where id = ? for update",
              administratorId);
          int count =
              Database.first(
                      connection,
                      row -> row.getInt(1),
                      "select count(*) from administrator_passkey where administrator_id = ?",
                      administratorId)
                  .orElse(0);
          return count < max && insert(connection, administratorId, passkey, clock.instant()) == 1;
        });
  }

  /// Notes a use. Counters only grow, unless the authenticator counts nothing (0).
  ///
  /// @return false if the counter did not grow: the passkey was copied
  public boolean use(String passkeyId, long signCount) {
    return database.update(
            "note the use of a passkey",
            "update administrator_passkey set sign_count = ?, last_used_at = ?"
                + " where id = ? and (sign_count < ? or (sign_count = 0 and ? = 0))",
            signCount,
            clock.instant(),
            passkeyId,
            signCount,
            signCount)
        == 1;
  }

  /// Takes a passkey away, but never the last thing that somebody can sign in with.
  public boolean removePasskey(String administratorId, String passkeyId) {
    return database.transaction(
        "remove a passkey",
        connection -> {
          Database.list(
              connection,
              row -> "",
              "select from administrator where id = ? for update",
              administratorId);
          return Database.update(
                  connection,
                  "delete from administrator_passkey p where p.id = ? and p.administrator_id = ?"
                      + " and (exists (select from administrator a where a.id = p.administrator_id"
                      + " and a.password_hash is not null)"
                      + " or exists (select from administrator_passkey o"
                      + " where o.administrator_id = p.administrator_id and o.id <> p.id))",
                  passkeyId,
                  administratorId)
              == 1;
        });
  }

  /// A browser from which somebody signs in gets a mark, of which this is stored hashed.
  public String markDevice(String administratorId, int max) {
    String secret = tokens.secret("postern_ad_");
    return database.transaction(
        "mark a device",
        connection -> {
          Instant now = clock.instant();
          Database.update(
              connection,
              "insert into administrator_device (device_hash, administrator_id, created_at,"
                  + " last_used_at) values (?, ?, ?, ?)",
              Tokens.hash(secret),
              administratorId,
              now,
              now);
          Database.update(
              connection,
              "delete from administrator_device where administrator_id = ? and device_hash not in"
                  + " (select device_hash from administrator_device where administrator_id = ?"
                  + " order by last_used_at desc limit "
                  + max
                  + ")",
              administratorId,
              administratorId);
          return secret;
        });
  }

  /// Whether somebody signed in as this administrator from this browser before.
  public boolean isKnownDevice(String administratorId, String secret) {
    return database
        .first(
            "look for a device",
            row -> "",
            "select from administrator_device where administrator_id = ? and device_hash = ?",
            administratorId,
            Tokens.hash(secret))
        .isPresent();
  }
}
