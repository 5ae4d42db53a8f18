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
import org.jspecify.annotations.Nullable;

/// Administrators, and the one-time codes with which they come to be. Blocking; any thread.
public final class Administrators {
  /// Whoever may do everything.
  public static final String OWNER = "owner";

  /// What a one-time code is for.
  public enum CodeKind {
    /// The first administrator of a deployment; void as soon as there is one.
    FIRST,
    /// One more administrator, by an owner's word.
    INVITE,
    /// New credentials for somebody who lost the old ones.
    RESET;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// An administrator.
  ///
  /// @param provider where they sign in; empty: here, with credentials of their own
  public record Administrator(
      String id, String name, String role, boolean disabled, String provider) {
    /// Whether the account is one of ours, and not a provider's word.
    public boolean isLocal() {
      return provider.isEmpty();
    }
  }

  /// An administrator in a list.
  ///
  /// @param lastSeenAt null: never signed in
  public record Listed(
      Administrator administrator,
      Instant createdAt,
      int passkeys,
      boolean password,
      @Nullable Instant lastSeenAt) {}

  /// A one-time code to be made.
  ///
  /// @param name of the administrator; empty for the first, who chooses it
  /// @param administratorId of whom the credentials are reset, else null
  public record CodeOrder(
      CodeKind kind,
      String name,
      String role,
      @Nullable String administratorId,
      String author,
      Instant expiresAt) {}

  /// A live one-time code.
  public record Code(
      String id, CodeKind kind, String name, String role, @Nullable String administratorId) {}

  /// What came of a redeemed code.
  public sealed interface Redeemed {
    /// The administrator is there.
    record Done(Administrator administrator) implements Redeemed {}

    /// The code was used meanwhile, has expired, or there is a first administrator already.
    record CodeIsGone() implements Redeemed {}

    /// Somebody has this name.
    record NameIsTaken() implements Redeemed {}
  }

  /// What came of a change that could leave a deployment without an owner.
  public enum Change {
    /// It was made.
    DONE,
    /// There is no such administrator, or it was done before.
    NOT_FOUND,
    /// It would leave nobody who may do everything.
    LAST_OWNER
  }

  static final String COLUMNS =
      " id, name, role, disabled_at is not null as disabled, coalesce(provider, '') as provider ";

  /// Accounts of ours; without any the deployment waits for its first.
  private static final String LOCAL = "select from administrator where provider is null";

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;

  /// Over a data source.
  public Administrators(DataSource source, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
  }

  /// Whether there is none with an account of ours.
  public boolean none() {
    return database.first("count administrators", row -> "", LOCAL + " limit 1").isEmpty();
  }

  /// All of them, by name.
  public List<Listed> list() {
    return database.list(
        "list administrators",
        row ->
            new Listed(
                read(row),
                Database.instant(row, "created_at"),
                row.getInt("passkeys"),
                row.getBoolean("password"),
                Database.instantOrNull(row, "seen")),
        "select"
            + COLUMNS
            + ", created_at, password_hash is not null as password,"
            + " (select count(*) from administrator_passkey p where p.administrator_id = a.id)"
            + " as passkeys,"
            + " (select max(last_seen_at) from administrator_session s"
            + " where s.administrator_id = a.id) as seen"
            + " from administrator a order by name");
  }

  /// By name, in lower case.
  public Optional<Administrator> find(String name) {
    return database.first(
        "find an administrator",
        Administrators::read,
        "select" + COLUMNS + "from administrator where name = ?",
        name);
  }

  /// By id.
  public Optional<Administrator> findById(String id) {
    return database.first(
        "find an administrator",
        Administrators::read,
        "select" + COLUMNS + "from administrator where id = ?",
        id);
  }

  /// Says which user of applications an administrator is, or (null) that they are none.
  public void link(String id, @Nullable String userId) {
    database.update(
        "link an administrator",
        "update administrator set user_id = cast(? as text) where id = ?",
        userId,
        id);
  }

  /// Whether there is a role of this name, built in or own.
  public boolean isRole(String name) {
    return AdminRoles.BUILT_IN.contains(name)
        || database
            .first("find a role", row -> "", "select from admin_role where name = ?", name)
            .isPresent();
  }

  /// Makes a one-time code. Codes for the same end that were not used are void from now on.
  ///
  /// @param secret at least 80 bits of randomness
  /// @return its id; empty if the name is taken, or the first administrator is there already
  public Optional<String> createCode(CodeOrder order, String secret) {
    String id = tokens.id("ac-");
    return database.transaction(
        "create a one-time code",
        connection -> {
          lock(connection);
          boolean taken =
              switch (order.kind()) {
                case FIRST -> exists(connection, LOCAL);
                case INVITE ->
                    exists(connection, "select from administrator where name = ?", order.name());
                case RESET -> false;
              };
          if (taken) {
            return Optional.empty();
          }
          Database.update(
              connection,
              "delete from administrator_code where used_at is null and (expires_at < ?"
                  + " or (kind = ? and name = ? and (kind <> 'first' or created_by = ?)))",
              clock.instant(),
              order.kind().word(),
              order.name(),
              order.author());
          Database.update(
              connection,
              "insert into administrator_code (id, code_hash, kind, name, role, administrator_id,"
                  + " created_by, created_at, expires_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
              id,
              Tokens.hash(secret),
              order.kind().word(),
              order.name(),
              order.role(),
              order.administratorId(),
              order.author(),
              clock.instant(),
              order.expiresAt());
          return Optional.of(id);
        });
  }

  /// A code that can still be used; empty for unknown, used and expired alike.
  public Optional<Code> findCode(String secret) {
    return database.first(
        "find a one-time code",
        row ->
            new Code(
                row.getString("id"),
                CodeKind.valueOf(row.getString("kind").toUpperCase(Locale.ROOT)),
                row.getString("name"),
                row.getString("role"),
                row.getString("administrator_id")),
        "select id, kind, name, role, administrator_id from administrator_code"
            + " where code_hash = ? and used_at is null and expires_at > ?"
            + " and (kind <> 'first' or not exists ("
            + LOCAL
            + "))",
        Tokens.hash(secret),
        clock.instant());
  }

  /// Uses a code, once: the administrator is made, or gets new credentials instead of the old ones,
  /// whose sessions end.
  ///
  /// @param name of the first administrator; other codes name theirs
  public Redeemed redeem(Code code, String name, AdministratorCredentials.Set credentials) {
    return database.transaction(
        "redeem a one-time code",
        connection -> {
          lock(connection);
          Instant now = clock.instant();
          boolean first = code.kind() == CodeKind.FIRST;
          String called = first ? name : code.name();
          if (first && exists(connection, LOCAL)) {
            return new Redeemed.CodeIsGone();
          }
          if (code.kind() == CodeKind.INVITE
              && exists(connection, "select from administrator where name = ?", called)) {
            return new Redeemed.NameIsTaken();
          }
          int used =
              Database.update(
                  connection,
                  "update administrator_code set used_at = ?"
                      + " where id = ? and used_at is null and expires_at > ?",
                  now,
                  code.id(),
                  now);
          if (used == 0) {
            return new Redeemed.CodeIsGone();
          }
          String id = code.administratorId();
          if (id == null) {
            id = insert(connection, called, code.role(), "one-time code " + code.id());
          } else {
            new AdministratorEndings(connection, now, "your credentials were set anew").all(id);
          }
          AdministratorCredentials.replace(connection, id, credentials, now);
          return new Redeemed.Done(
              new Administrator(id, called, roleOf(connection, id), false, ""));
        });
  }

  private String insert(Connection connection, String name, String role, String author)
      throws SQLException {
    String id = tokens.id("a-");
    Database.update(
        connection,
        "insert into administrator (id, name, role, created_at, created_by)"
            + " values (?, ?, ?, ?, ?)",
        id,
        name,
        role,
        clock.instant(),
        author);
    return id;
  }

  private static String roleOf(Connection connection, String id) throws SQLException {
    return Database.first(
            connection,
            row -> row.getString("role"),
            "select role from administrator where id = ?",
            id)
        .orElseThrow();
  }

  /// Shuts an administrator out: sessions and tokens end at once.
  public Change disable(String id) {
    return database.transaction(
        "disable an administrator",
        connection -> {
          lock(connection);
          if (isLastOwner(connection, id)) {
            return Change.LAST_OWNER;
          }
          Instant now = clock.instant();
          int rows =
              Database.update(
                  connection,
                  "update administrator set disabled_at = ? where id = ? and disabled_at is null",
                  now,
                  id);
          new AdministratorEndings(connection, now, "your account was disabled by an administrator")
              .all(id);
          Database.update(
              connection,
              "delete from administrator_code where administrator_id = ? and used_at is null",
              id);
          return rows == 1 ? Change.DONE : Change.NOT_FOUND;
        });
  }

  /// Lets an administrator in again.
  public Change enable(String id) {
    int rows =
        database.update(
            "enable an administrator",
            "update administrator set disabled_at = null where id = ? and disabled_at is not null",
            id);
    return rows == 1 ? Change.DONE : Change.NOT_FOUND;
  }

  /// Takes all credentials away and ends all sessions, before a reset.
  public void strip(String id) {
    database.transaction(
        "take an administrator's credentials away",
        connection -> {
          lock(connection);
          Instant now = clock.instant();
          new AdministratorEndings(
                  connection, now, "your credentials were reset by an administrator")
              .all(id);
          AdministratorCredentials.replace(
              connection, id, AdministratorCredentials.Set.NOTHING, now);
          return "";
        });
  }

  private static boolean isLastOwner(Connection connection, String id) throws SQLException {
    return exists(connection, LOCAL + " and id = ? and role = ? and disabled_at is null", id, OWNER)
        && !exists(
            connection, LOCAL + " and id <> ? and role = ? and disabled_at is null", id, OWNER);
  }

  static void lock(Connection connection) throws SQLException {
    Database.list(
        connection,
        row -> "",
        "select pg_advisory_xact_lock(hashtextextended('administrators', 0))");
  }

  private static boolean exists(Connection connection, String sql, @Nullable Object... parameters)
      throws SQLException {
    return Database.first(connection, row -> "", sql + " limit 1", parameters).isPresent();
  }

  static Administrator read(ResultSet row) throws SQLException {
    return new Administrator(
        row.getString("id"),
        row.getString("name"),
        row.getString("role"),
        row.getBoolean("disabled"),
        row.getString("provider"));
  }
}
