package org.postern.policystore.jdbc;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
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
  public record Verified(String id, String name) {}

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
    return insert(name, expiresAt, "").orElseThrow();
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
          return insertOn(connection, name, null, " where not exists (select from admin_token)");
        });
  }

  private Optional<Created> insert(String name, @Nullable Instant expiresAt, String condition) {
    return database.transaction(
        "create an admin token", connection -> insertOn(connection, name, expiresAt, condition));
  }

  private Optional<Created> insertOn(
      java.sql.Connection connection, String name, @Nullable Instant expiresAt, String condition)
      throws java.sql.SQLException {
    Created created = new Created(tokens.id("t-"), tokens.secret("postern_at_"));
    int rows =
        Database.update(
            connection,
            "insert into admin_token (id, token_hash, name, created_at, expires_at)"
                + " select ?, ?, ?, ?, cast(? as timestamptz)"
                + condition,
            created.id(),
            Tokens.hash(created.secret()),
            name,
            clock.instant(),
            expiresAt);
    return rows == 1 ? Optional.of(created) : Optional.empty();
  }

  /// Whose token this is; empty for unknown, expired and revoked alike.
  public Optional<Verified> verify(String secret) {
    Instant now = clock.instant();
    return database.first(
        "verify an admin token",
        row -> new Verified(row.getString("id"), row.getString("name")),
        "update admin_token set last_used_at = ?"
            + " where token_hash = ? and revoked_at is null"
            + " and (expires_at is null or expires_at > ?) returning id, name",
        now,
        Tokens.hash(secret),
        now);
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
