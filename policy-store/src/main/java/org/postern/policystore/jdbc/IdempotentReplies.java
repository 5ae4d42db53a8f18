package org.postern.policystore.jdbc;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import javax.sql.DataSource;
import org.postern.policystore.SecretSealer;

/// Answers that are kept for a day, so that a request which is sent again with the same key is
/// answered again and not done again. Kept sealed: an answer may show a secret once. Blocking; any
/// thread.
public final class IdempotentReplies {
  private static final Duration KEPT = Duration.ofHours(24);
  private static final Duration GIVEN_UP = Duration.ofMinutes(2);
  private static final String CONTEXT = "idempotent reply";

  /// What is known of a key.
  public sealed interface Known {
    /// Nothing; whoever asked does it now.
    record Fresh() implements Known {}

    /// It was done; this was the answer.
    record Answered(String reply) implements Known {}

    /// It is being done.
    record Running() implements Known {}

    /// The key was used for another request.
    record Other() implements Known {}
  }

  private final Database database;
  private final SecretSealer sealer;
  private final InstantSource clock;

  /// Over a data source.
  public IdempotentReplies(DataSource source, SecretSealer sealer, InstantSource clock) {
    this.database = new Database(source);
    this.sealer = sealer;
    this.clock = clock;
  }

  /// Takes the key, or says what is known of it.
  ///
  /// @param request method, path and body, to tell another request by
  public Known begin(String principal, String key, String request) {
    Instant now = clock.instant();
    byte[] hash = Tokens.hash(request);
    return database.transaction(
        "begin an idempotent request",
        connection -> {
          Database.update(
              connection, "delete from idempotent_reply where started_at < ?", now.minus(KEPT));
          Database.update(
              connection,
              "delete from idempotent_reply where principal = ? and key = ? and sealed is null"
                  + " and started_at < ?",
              principal,
              key,
              now.minus(GIVEN_UP));
          int fresh =
              Database.update(
                  connection,
                  "insert into idempotent_reply (principal, key, request_hash, started_at)"
                      + " values (?, ?, ?, ?) on conflict do nothing",
                  principal,
                  key,
                  hash,
                  now);
          return fresh == 1 ? new Known.Fresh() : known(connection, principal, key, hash);
        });
  }

  private Known known(Connection connection, String principal, String key, byte[] hash)
      throws SQLException {
    Optional<Known> known =
        Database.first(
            connection,
            row -> {
              if (!MessageDigest.isEqual(hash, row.getBytes("request_hash"))) {
                return new Known.Other();
              }
              byte[] sealed = row.getBytes("sealed");
              return sealed == null
                  ? new Known.Running()
                  : new Known.Answered(
                      new String(sealer.open(sealed, CONTEXT), StandardCharsets.UTF_8));
            },
            "select request_hash, sealed from idempotent_reply where principal = ? and key = ?",
            principal,
            key);
    return known.orElseGet(Known.Running::new);
  }

  /// Keeps the answer.
  public void finish(String principal, String key, String reply) {
    database.update(
        "keep an idempotent answer",
        "update idempotent_reply set sealed = ? where principal = ? and key = ?",
        sealer.seal(reply.getBytes(StandardCharsets.UTF_8), CONTEXT),
        principal,
        key);
  }

  /// Gives the key back: nothing was done.
  public void abandon(String principal, String key) {
    database.update(
        "give back an idempotency key",
        "delete from idempotent_reply where principal = ? and key = ? and sealed is null",
        principal,
        key);
  }
}
