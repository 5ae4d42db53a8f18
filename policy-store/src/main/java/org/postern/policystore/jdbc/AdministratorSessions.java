package org.postern.policystore.jdbc;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// Signed-in administrators: browsers with a cookie, command lines with an admin token that lives
/// and dies with its session. Secrets are stored hashed. Blocking; any thread.
public final class AdministratorSessions {
  /// A session to be opened.
  ///
  /// @param method how the administrator proved himself, for people
  /// @param from the peer's address
  /// @param agent what the browser says it is, cut
  /// @param age how long it may live, however busy
  public record Opening(
      Administrators.Administrator administrator,
      String method,
      String from,
      String agent,
      Duration age) {}

  /// An open session. The secret is shown here and never again.
  public record Opened(String id, String secret, Instant expiresAt) {
    /// Without the secret.
    @Override
    public String toString() {
      return "Opened[id=" + id + "]";
    }
  }

  /// Whose session it is.
  public record Live(
      String id, Administrators.Administrator administrator, String method, Instant createdAt) {}

  /// A session in a list.
  public record Listed(
      String id,
      String kind,
      String method,
      Instant createdAt,
      Instant lastSeenAt,
      Instant expiresAt,
      String from,
      String agent) {}

  private static final int LISTED_MAX = 100;

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;
  private final Duration idle;

  /// Over a data source.
  ///
  /// @param idle after so long without a request a browser's session ends
  public AdministratorSessions(
      DataSource source, SecureRandom random, InstantSource clock, Duration idle) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
    this.idle = idle;
  }

  /// A browser signs in. Empty if the administrator is disabled or gone.
  public Optional<Opened> open(Opening opening) {
    return database.transaction(
        "open an administrator's session",
        connection -> insert(connection, opening, tokens.secret("postern_as_"), null));
  }

  /// A command line signs in: its secret is an admin token with the administrator's role. Empty if
  /// the administrator is disabled or gone.
  public Optional<Opened> openForCommandLine(Opening opening) {
    return database.transaction(
        "open an administrator's session",
        connection -> {
          String secret = tokens.secret("postern_at_");
          String token = tokens.id("t-");
          Instant now = clock.instant();
          Database.update(
              connection,
              "insert into admin_token (id, token_hash, name, role, created_at, expires_at)"
                  + " values (?, ?, ?, ?, ?, ?)",
              token,
              Tokens.hash(secret),
              opening.administrator().name(),
              opening.administrator().role(),
              now,
              now.plus(opening.age()));
          Optional<Opened> opened = insert(connection, opening, secret, token);
          if (opened.isEmpty()) {
            connection.rollback();
          }
          return opened;
        });
  }

  private Optional<Opened> insert(
      Connection connection, Opening opening, String secret, @Nullable String token)
      throws SQLException {
    Instant now = clock.instant();
    Opened opened = new Opened(tokens.id("as-"), secret, now.plus(opening.age()));
    int rows =
        Database.update(
            connection,
            "insert into administrator_session (id, secret_hash, administrator_id, kind, method,"
                + " token_id, created_at, last_seen_at, expires_at, from_address, agent)"
                + " select ?, ?, id, ?, ?, cast(? as text), ?, ?, ?, ?, ? from administrator"
                + " where id = ? and disabled_at is null for share",
            opened.id(),
            Tokens.hash(secret),
            token == null ? "browser" : "command-line",
            opening.method(),
            token,
            now,
            now,
            opened.expiresAt(),
            opening.from(),
            opening.agent(),
            opening.administrator().id());
    return rows == 1 ? Optional.of(opened) : Optional.empty();
  }

  /// Whose browser this is; the session is not idle from now. Empty for unknown, idle, expired and
  /// ended alike.
  public Optional<Live> touch(String secret) {
    Instant now = clock.instant();
    return database.first(
        "find an administrator's session",
        AdministratorSessions::readLive,
        "update administrator_session s set last_seen_at = ? from administrator a"
            + " where s.secret_hash = ? and s.kind = 'browser' and s.ended_at is null"
            + " and s.expires_at > ? and s.last_seen_at > ?"
            + " and a.id = s.administrator_id and a.disabled_at is null"
            + " returning s.id as session_id, s.method, s.created_at, a.id, a.name, a.role",
        now,
        Tokens.hash(secret),
        now,
        now.minus(idle));
  }

  private static Live readLive(ResultSet row) throws SQLException {
    return new Live(
        row.getString("session_id"),
        new Administrators.Administrator(
            row.getString("id"), row.getString("name"), row.getString("role"), false),
        row.getString("method"),
        Database.instant(row, "created_at"));
  }

  /// Live sessions of an administrator, newest first.
  public List<Listed> list(String administratorId) {
    Instant now = clock.instant();
    return database.list(
        "list an administrator's sessions",
        row ->
            new Listed(
                row.getString("id"),
                row.getString("kind"),
                row.getString("method"),
                Database.instant(row, "created_at"),
                Database.instant(row, "seen"),
                Database.instant(row, "expires_at"),
                row.getString("from_address"),
                row.getString("agent")),
        "select s.*, coalesce(t.last_used_at, s.last_seen_at) as seen"
            + " from administrator_session s left join admin_token t on t.id = s.token_id"
            + " where s.administrator_id = ? and s.ended_at is null and s.expires_at > ?"
            + " and (s.kind = 'command-line' or s.last_seen_at > ?)"
            + " order by s.created_at desc limit "
            + LISTED_MAX,
        administratorId,
        now,
        now.minus(idle));
  }

  /// Ends one of an administrator's sessions.
  ///
  /// @return whether it was live
  public boolean end(String administratorId, String sessionId) {
    return database.transaction(
            "end an administrator's session",
            connection ->
                end(
                    connection,
                    clock.instant(),
                    "administrator_id = ? and id = ?",
                    administratorId,
                    sessionId))
        == 1;
  }

  /// Ends all sessions of an administrator but one.
  ///
  /// @return how many
  public int endOthers(String administratorId, String sessionId) {
    return database.transaction(
        "end an administrator's other sessions",
        connection -> endAll(connection, administratorId, sessionId, clock.instant()));
  }

  static int endAll(Connection connection, String administratorId, String except, Instant now)
      throws SQLException {
    return end(connection, now, "administrator_id = ? and id <> ?", administratorId, except);
  }

  private static int end(
      Connection connection, Instant now, String which, String administratorId, String id)
      throws SQLException {
    Database.update(
        connection,
        "update admin_token set revoked_at = ? where revoked_at is null and id in"
            + " (select token_id from administrator_session where ended_at is null and "
            + which
            + ")",
        now,
        administratorId,
        id);
    return Database.update(
        connection,
        "update administrator_session set ended_at = ? where ended_at is null and " + which,
        now,
        administratorId,
        id);
  }
}
