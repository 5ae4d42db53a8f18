package org.postern.policystore.jdbc;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import javax.sql.DataSource;

/// Sign-outs that a browser is to carry on to the provider: kept for minutes, shown once. The
/// tickets are stored hashed. Blocking; any thread.
public final class SignOuts {
  private final Database database;
  private final InstantSource clock;

  /// Over a data source.
  public SignOuts(DataSource source, InstantSource clock) {
    this.database = new Database(source);
    this.clock = clock;
  }

  /// Keeps one. Those that nobody came for are cleared away.
  public void keep(String ticket, Sessions.SignedOut session, Duration age) {
    Instant now = clock.instant();
    database.transaction(
        "keep a sign-out",
        connection -> {
          Database.update(connection, "delete from sign_out where expires_at < ?", now);
          return Database.update(
              connection,
              "insert into sign_out (ticket_hash, user_id, provider, subject, provider_session,"
                  + " hint, expires_at) values (?, ?, ?, ?, ?, ?, ?)",
              Tokens.hash(ticket),
              session.userId(),
              session.provider(),
              session.subject(),
              session.providerSession(),
              session.signOutHint(),
              now.plus(age));
        });
  }

  /// Takes it, once. Empty for unknown, expired and taken alike.
  public Optional<Sessions.SignedOut> take(String ticket) {
    return database.first(
        "take a sign-out",
        row ->
            new Sessions.SignedOut(
                row.getString("user_id"),
                row.getString("provider"),
                row.getString("subject"),
                row.getString("provider_session"),
                row.getString("hint")),
        "delete from sign_out where ticket_hash = ? and expires_at > ?"
            + " returning user_id, provider, subject, provider_session, hint",
        Tokens.hash(ticket),
        clock.instant());
  }
}
