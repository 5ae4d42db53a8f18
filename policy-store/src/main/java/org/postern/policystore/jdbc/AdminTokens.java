package org.postern.policystore.jdbc;

import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// Tokens of the admin API, stored hashed. Blocking; any thread.
public final class AdminTokens {
  /// A new token. The secret is shown here and never again.
  public record Created(String id, String secret) {
    /// Without the secret.
    @Override
    public String toString() {
      return "Created[id=" + id + "]";
    }
  }

  /// Whose token was shown.
  ///
  /// @param userId the person behind it as a user of applications; null: not known to be one
  public record Verified(String id, String name, String role, @Nullable String userId) {}

  /// A token without its secret.
  ///
  /// @param expiresAt null: never
  /// @param lastUsedAt to the minute; null: never
  /// @param userId as of [Verified]
  public record Listed(
      String id,
      String name,
      String role,
      @Nullable String userId,
      Instant createdAt,
      @Nullable Instant expiresAt,
      @Nullable Instant lastUsedAt,
      boolean revoked) {}

  /// Whoever may do everything.
  public static final String OWNER = "owner";

  private static final Duration USE_IS_NOTED_EVERY = Duration.ofMinutes(1);

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;

  /// Over a data source.
  public AdminTokens(DataSource source, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
  }

  /// Makes a token.
  ///
  /// @param expiresAt null: never
  public Created create(String name, @Nullable Instant expiresAt) {
    return create(name, OWNER, expiresAt);
  }

  /// Makes a token that may do what a role says.
  ///
  /// @param name whose it is
  /// @param expiresAt null: never
  public Created create(String name, String role, @Nullable Instant expiresAt) {
    return create(new Order(name, role, null, expiresAt));
  }

  /// Makes a token as ordered.
  public Created create(Order order) {
    return database
        .transaction("create an admin token", connection -> insertOn(connection, order, ""))
        .orElseThrow();
  }

  /// A token to be made.
  ///
  /// @param name whose it is
  /// @param userId the user of applications who is behind it; null: a program, or somebody else
  /// @param expiresAt null: never
  public record Order(
      String name, String role, @Nullable String userId, @Nullable Instant expiresAt) {}

  /// The token's own mark, or that of the administrator whose session it stands for.
  private static final String USER_ID =
      "coalesce(user_id, (select a.user_id from administrator_session s join administrator a"
          + " on a.id = s.administrator_id where s.token_id = admin_token.id)) as user_id";

  private static final String LISTED =
      "select id, name, role, created_at, expires_at, last_used_at, "
          + USER_ID
          + ", revoked_at is not null as revoked from admin_token ";

  /// The newest tokens, revoked and expired ones included.
  public List<Listed> list(int limit) {
    return database.list(
        "list admin tokens",
        AdminTokens::listed,
        LISTED + "order by created_at desc, id limit " + limit);
  }

  /// One token, revoked or expired as it may be.
  public Optional<Listed> find(String id) {
    return database.first("find an admin token", AdminTokens::listed, LISTED + "where id = ?", id);
  }

  private static Listed listed(ResultSet row) throws SQLException {
    return new Listed(
        row.getString("id"),
        row.getString("name"),
        row.getString("role"),
        row.getString("user_id"),
        Database.instant(row, "created_at"),
        Database.instantOrNull(row, "expires_at"),
        Database.instantOrNull(row, "last_used_at"),
        row.getBoolean("revoked"));
  }

  /// Makes the first token of a deployment; empty if there ever was one, so of two brokers that
  /// start at once only one gets it.
  public Optional<Created> createFirst(String name) {
    return database.transaction(
        "create the first admin token",
        connection -> {
          Database.list(
              connection,
              row -> "",
              "select pg_advisory_xact_lock(hashtextextended('first admin token', 0))");
          return insertOn(
              connection,
              new Order(name, OWNER, null, null),
              " where not exists (select from admin_token)");
        });
  }

  private Optional<Created> insertOn(java.sql.Connection connection, Order order, String condition)
      throws java.sql.SQLException {
    Created created = new Created(tokens.id("t-"), tokens.secret("postern_at_"));
    int rows =
        Database.update(
            connection,
            "insert into admin_token (id, token_hash, name, role, user_id, created_at, expires_at)"
                + " select ?, ?, ?, ?, ?, ?, cast(? as timestamptz)"
                + condition,
            created.id(),
            Tokens.hash(created.secret()),
            order.name(),
            order.role(),
            order.userId(),
            clock.instant(),
            order.expiresAt());
    return rows == 1 ? Optional.of(created) : Optional.empty();
  }

  /// Whose token this is; empty for unknown, expired and revoked alike.
  public Optional<Verified> verify(String secret) {
    Instant now = clock.instant();
    byte[] hash = Tokens.hash(secret);
    return database.transaction(
        "verify an admin token",
        connection -> {
          Optional<Verified> found =
              Database.first(
                  connection,
                  row ->
                      new Verified(
                          row.getString("id"),
                          row.getString("name"),
                          row.getString("role"),
                          row.getString("user_id")),
                  "select id, name, role, "
                      + USER_ID
                      + " from admin_token where token_hash = ?"
                      + " and revoked_at is null and (expires_at is null or expires_at > ?)"
                      + " and not exists (select from administrator_session s"
                      + " join administrator a on a.id = s.administrator_id"
                      + " where s.token_id = admin_token.id and not"
                      + AdministratorSessions.HOLDS
                      + ")",
                  hash,
                  now);
          if (found.isPresent()) {
            Database.update(
                connection,
                "update admin_token set last_used_at = ? where id = ?"
                    + " and (last_used_at is null or last_used_at < ?)",
                now,
                found.get().id(),
                now.minus(USE_IS_NOTED_EVERY));
          }
          return found;
        });
  }

  /// Ends a token.
  ///
  /// @return whether it was live
  public boolean revoke(String id) {
    return database.update(
            "revoke an admin token",
            "update admin_token set revoked_at = ? where id = ? and revoked_at is null",
            clock.instant(),
            id)
        == 1;
  }
}
