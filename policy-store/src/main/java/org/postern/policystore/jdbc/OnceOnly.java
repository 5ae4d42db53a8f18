package org.postern.policystore.jdbc;

import java.time.Instant;
import java.time.InstantSource;
import javax.sql.DataSource;

/// What may be shown once at all brokers together: assertions, logout tokens. Blocking; any thread.
public final class OnceOnly {
  /// The database knows no later times than some; nobody waits for this one.
  private static final Instant LAST = Instant.parse("9999-12-31T00:00:00Z");

  private final Database database;
  private final InstantSource clock;

  /// Over a data source.
  public OnceOnly(DataSource source, InstantSource clock) {
    this.database = new Database(source);
    this.clock = clock;
  }

  /// Takes it, if nobody has yet.
  ///
  /// @param kind and whose, as in "assertion corp": ids of different kinds do not meet
  /// @param until from when on it would be refused for its age, so that it need not be remembered
  /// @return false if it was shown before
  public boolean take(String kind, String id, Instant until) {
    return database.transaction(
        "note what may be shown once",
        connection -> {
          Database.update(
              connection, "delete from once_only where expires_at < ?", clock.instant());
          return Database.update(
                  connection,
                  "insert into once_only (digest, expires_at) values (?, ?) on conflict do nothing",
                  Tokens.hash(kind + " " + id),
                  until.isAfter(LAST) ? LAST : until)
              == 1;
        });
  }
}
