package org.postern.policystore.jdbc;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.random.RandomGenerator;
import javax.sql.DataSource;

/// Guesses that strangers make at administrators, counted for all brokers together, and challenges
/// that must not be used twice. Blocking; any thread.
public final class AdministratorAttempts {
  /// How delays grow.
  ///
  /// @param free failures without any delay
  /// @param first delay after one more; each further failure doubles it
  /// @param longest no delay is longer
  /// @param forgotten after so long without a failure all are forgotten
  /// @param trackedMax keys remembered; past that the oldest are forgotten
  public record Delays(
      int free, Duration first, Duration longest, Duration forgotten, int trackedMax) {}

  private static final int SHRINK_EVERY = 256;

  private final Database database;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Delays delays;

  /// Over a data source.
  public AdministratorAttempts(
      DataSource source, InstantSource clock, RandomGenerator random, Delays delays) {
    this.database = new Database(source);
    this.clock = clock;
    this.random = random;
    this.delays = delays;
  }

  /// Asks for one guess. It counts as failed until [#succeeded] takes it back, so that a hundred
  /// guesses at once are no more than one after the other.
  ///
  /// @param key what is guessed at, and from where
  /// @return how long to wait; empty: go on
  public Optional<Duration> begin(String key) {
    // The database rounds to microseconds; what is written now must not lie in the future.
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    byte[] hash = Tokens.hash(key);
    return database.transaction(
        "count a guess",
        connection -> {
          Database.update(
              connection,
              "delete from administrator_attempt where last_at < ?",
              now.minus(delays.forgotten()));
          if (random.nextInt(SHRINK_EVERY) == 0) {
            Database.update(
                connection,
                "delete from administrator_attempt where last_at < (select last_at"
                    + " from administrator_attempt order by last_at desc offset "
                    + delays.trackedMax()
                    + " limit 1)");
          }
          Database.update(
              connection,
              "insert into administrator_attempt (key, failures, not_before, last_at)"
                  + " values (?, 0, ?, ?) on conflict (key) do nothing",
              hash,
              now,
              now);
          Row row =
              Database.first(
                      connection,
                      each ->
                          new Row(each.getInt("failures"), Database.instant(each, "not_before")),
                      "select failures, not_before from administrator_attempt where key = ?"
                          + " for update",
                      hash)
                  .orElse(new Row(0, now));
          if (row.notBefore().isAfter(now)) {
            return Optional.of(Duration.between(now, row.notBefore()));
          }
          Database.update(
              connection,
              "update administrator_attempt set failures = failures + 1, last_at = ?,"
                  + " not_before = ? where key = ?",
              now,
              now.plus(delayAfter(row.failures() + 1)),
              hash);
          return Optional.empty();
        });
  }

  private record Row(int failures, Instant notBefore) {}

  private Duration delayAfter(int failures) {
    int beyond = failures - delays.free();
    if (beyond <= 0) {
      return Duration.ZERO;
    }
    // Doubling longer than this passes every sensible limit, and would overflow.
    Duration delay = delays.first().multipliedBy(1L << Math.min(beyond - 1, 30));
    return delay.compareTo(delays.longest()) > 0 ? delays.longest() : delay;
  }

  /// The guess was right: the key starts anew.
  public void succeeded(String key) {
    database.update(
        "forget failed guesses",
        "delete from administrator_attempt where key = ?",
        Tokens.hash(key));
  }

  /// Spends something that may be used once.
  ///
  /// @param until when it would not be accepted anyway
  /// @return false if it was spent before
  public boolean spend(String secret, Instant until) {
    Instant now = clock.instant();
    return database.transaction(
        "spend a challenge",
        connection -> {
          Database.update(connection, "delete from administrator_spent where expires_at < ?", now);
          return Database.update(
                  connection,
                  "insert into administrator_spent (hash, expires_at) values (?, ?)"
                      + " on conflict (hash) do nothing",
                  Tokens.hash(secret),
                  until)
              == 1;
        });
  }
}
