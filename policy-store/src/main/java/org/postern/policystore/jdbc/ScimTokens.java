package org.postern.policystore.jdbc;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// Bearer tokens of SCIM clients, each for one identity provider, stored hashed. Blocking; any
/// thread.
public final class ScimTokens {
  /// A new token. The secret is shown here and never again.
  public record Created(String id, String secret) {
    /// Without the secret.
    @Override
    public String toString() {
      return "Created[id=" + id + "]";
    }
  }

  /// A token without its secret.
  ///
  /// @param expiresAt empty: never
  public record Listed(
      String id,
      String provider,
      Instant createdAt,
      String createdBy,
      Optional<Instant> expiresAt,
      boolean revoked) {}

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;

  /// Over a data source.
  public ScimTokens(DataSource source, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
  }

  /// Makes a token.
  ///
  /// @param author who asked for it
  /// @param validity null: for ever
  public Created create(String provider, String author, @Nullable Duration validity) {
    return database.transaction(
        "create a SCIM token", connection -> insert(connection, provider, author, validity));
  }

  /// Makes a token and lets those that the provider has now end after the overlap, if they do not
  /// end before.
  ///
  /// @return empty if the provider has no live token
  public Optional<Created> rotate(String provider, String author, Duration overlap) {
    Instant now = clock.instant();
    return database.transaction(
        "rotate a SCIM token",
        connection -> {
          int ending =
              Database.update(
                  connection,
                  "update scim_token set expires_at = least(expires_at, ?)"
                      + " where provider = ? and revoked_at is null"
                      + " and (expires_at is null or expires_at > ?)",
                  now.plus(overlap),
                  provider,
                  now);
          return ending == 0
              ? Optional.empty()
              : Optional.of(insert(connection, provider, author, null));
        });
  }

  private Created insert(
      Connection connection, String provider, String author, @Nullable Duration validity)
      throws SQLException {
    Created created = new Created(tokens.id("st-"), tokens.secret("postern_scim_"));
    Instant now = clock.instant();
    Database.update(
        connection,
        "insert into scim_token (id, provider, token_hash, created_at, created_by, expires_at)"
            + " values (?, ?, ?, ?, ?, cast(? as timestamptz))",
        created.id(),
        provider,
        Tokens.hash(created.secret()),
        now,
        author,
        validity == null ? null : now.plus(validity));
    return created;
  }

  /// Whether this is a live token of this provider; false for unknown, expired, revoked and another
  /// provider's alike.
  public boolean verify(String provider, String secret) {
    return database
        .first(
            "verify a SCIM token",
            row -> "",
            "select 1 from scim_token where token_hash = ? and provider = ?"
                + " and revoked_at is null and (expires_at is null or expires_at > ?)",
            Tokens.hash(secret),
            provider,
            clock.instant())
        .isPresent();
  }

  /// All tokens, ended ones included, newest first.
  public List<Listed> list() {
    return database.list(
        "read SCIM tokens",
        row ->
            new Listed(
                row.getString("id"),
                row.getString("provider"),
                Database.instant(row, "created_at"),
                row.getString("created_by"),
                Optional.ofNullable(Database.instantOrNull(row, "expires_at")),
                row.getObject("revoked_at") != null),
        "select id, provider, created_at, created_by, expires_at, revoked_at from scim_token"
            + " order by created_at desc, id");
  }

  /// Ends a token at once.
  ///
  /// @return whether it was live
  public boolean revoke(String id) {
    return database.update(
            "revoke a SCIM token",
            "update scim_token set revoked_at = ? where id = ? and revoked_at is null",
            clock.instant(),
            id)
        == 1;
  }
}
