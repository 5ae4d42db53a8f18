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

/// Programs that administer, with OAuth 2.0 client credentials; secrets and access tokens are
/// stored hashed. Blocking; any thread.
public final class ApiClients {
  private static final String COLUMNS =
      "select id, name, role, created_at, created_by, expires_at, revoked_at is not null as revoked"
          + " from api_client ";

  /// One client, without its secret.
  public record Listed(
      String id,
      String name,
      String role,
      Instant createdAt,
      String createdBy,
      Instant expiresAt,
      boolean revoked) {}

  /// A new client or secret. The secret is shown here and never again.
  public record Created(String id, String secret) {
    /// Without the secret.
    @Override
    public String toString() {
      return "Created[id=" + id + "]";
    }
  }

  /// Whose access token was shown.
  ///
  /// @param scopes what the token is narrowed to; empty: not narrowed
  public record Verified(String id, String name, String role, List<String> scopes) {
    /// Copies the list.
    public Verified {
      scopes = List.copyOf(scopes);
    }
  }

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;

  /// Over a data source.
  public ApiClients(DataSource source, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
  }

  /// Makes a client; empty if a live one has the name.
  public Optional<Created> create(String name, String role, String author, Instant expiresAt) {
    Created created = new Created(tokens.id("k-"), tokens.secret("postern_cs_"));
    int rows =
        database.update(
            "create an API client",
            "insert into api_client (id, name, secret_hash, role, created_at, created_by,"
                + " expires_at) values (?, ?, ?, ?, ?, ?, ?)"
                + " on conflict (name) where revoked_at is null do nothing",
            created.id(),
            name,
            Tokens.hash(created.secret()),
            role,
            clock.instant(),
            author,
            expiresAt);
    return rows == 1 ? Optional.of(created) : Optional.empty();
  }

  /// Gives a live client another secret; the old one is over at once, its access tokens too.
  public Optional<Created> rotate(String id) {
    Created created = new Created(id, tokens.secret("postern_cs_"));
    return database.transaction(
        "rotate an API client's secret",
        connection -> {
          int rows =
              Database.update(
                  connection,
                  "update api_client set secret_hash = ? where id = ? and revoked_at is null",
                  Tokens.hash(created.secret()),
                  id);
          forget(connection, id);
          return rows == 1 ? Optional.of(created) : Optional.empty();
        });
  }

  /// Ends a client and its access tokens.
  ///
  /// @return whether it was live
  public boolean revoke(String id) {
    return database.transaction(
        "revoke an API client",
        connection -> {
          forget(connection, id);
          return Database.update(
                  connection,
                  "update api_client set revoked_at = ? where id = ? and revoked_at is null",
                  clock.instant(),
                  id)
              == 1;
        });
  }

  private static void forget(Connection connection, String id) throws SQLException {
    Database.update(connection, "delete from api_access_token where client_id = ?", id);
  }

  /// The newest clients, ended ones included.
  public List<Listed> list(int limit) {
    return database.list(
        "list API clients",
        ApiClients::read,
        COLUMNS + "order by created_at desc, id limit " + limit);
  }

  /// One client.
  public Optional<Listed> find(String id) {
    return database.first("read an API client", ApiClients::read, COLUMNS + "where id = ?", id);
  }

  private static Listed read(ResultSet row) throws SQLException {
    return new Listed(
        row.getString("id"),
        row.getString("name"),
        row.getString("role"),
        Database.instant(row, "created_at"),
        row.getString("created_by"),
        Database.instant(row, "expires_at"),
        row.getBoolean("revoked"));
  }

  /// Whose id and secret these are; empty for unknown, wrong, expired and revoked alike.
  public Optional<Listed> authenticate(String id, String secret) {
    return database.first(
        "authenticate an API client",
        ApiClients::read,
        COLUMNS + "where id = ? and secret_hash = ? and revoked_at is null and expires_at > ?",
        id,
        Tokens.hash(secret),
        clock.instant());
  }

  /// Makes an access token.
  ///
  /// @param scopes narrows it; empty: it may do what the client may
  /// @return the token, shown here and never again
  public String issue(String clientId, List<String> scopes, Instant expiresAt) {
    String secret = tokens.secret("postern_ct_");
    return database.transaction(
        "issue an access token",
        connection -> {
          Database.update(
              connection, "delete from api_access_token where expires_at < ?", clock.instant());
          Database.update(
              connection,
              "insert into api_access_token (token_hash, client_id, scopes, expires_at)"
                  + " values (?, ?, ?, ?)",
              Tokens.hash(secret),
              clientId,
              scopes,
              expiresAt);
          return secret;
        });
  }

  /// Whose access token this is; empty for unknown, expired and revoked alike.
  public Optional<Verified> verify(String token) {
    Instant now = clock.instant();
    return database.first(
        "verify an access token",
        row ->
            new Verified(
                row.getString("id"),
                row.getString("name"),
                row.getString("role"),
                Database.texts(row, "scopes")),
        "select c.id, c.name, c.role, t.scopes from api_access_token t"
            + " join api_client c on c.id = t.client_id"
            + " where t.token_hash = ? and t.expires_at > ? and c.revoked_at is null"
            + " and c.expires_at > ?",
        Tokens.hash(token),
        now,
        now);
  }
}
