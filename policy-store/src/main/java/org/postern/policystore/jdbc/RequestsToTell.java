package org.postern.policystore.jdbc;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import javax.sql.DataSource;

/// Requests for access of which a webhook has still to be told. Each is taken by one broker at a
/// time; one whose broker died is taken again when its lease is over. Blocking; any thread.
public final class RequestsToTell {
  private final Database database;
  private final InstantSource clock;

  /// One to be told of.
  ///
  /// @param attempts how often it was taken, this time included
  public record Due(Approvals.Request request, int attempts) {}

  /// Over a data source.
  public RequestsToTell(DataSource source, InstantSource clock) {
    this.database = new Database(source);
    this.clock = clock;
  }

  /// The oldest one that waits, of which nobody was told, and that nobody else is at.
  ///
  /// @param attemptsMax one that was taken so often is not taken any more
  /// @param lease how long it is this caller's
  public Optional<Due> take(int attemptsMax, Duration lease) {
    return database.first(
        "take a request to tell of",
        row -> new Due(Approvals.request(row), row.getInt("tell_attempts")),
        "update access_request set tell_attempts = tell_attempts + 1, tell_at = ? where id ="
            + " (select id from access_request where state = 'waiting' and not told"
            + " and tell_attempts < ? and (tell_at is null or tell_at <= ?)"
            + " order by created_at, id limit 1 for update skip locked)"
            + " returning id, user_id, device_id, application, target, reason, seconds, created_at,"
            + " state, decided_by, note, tell_attempts",
        clock.instant().plus(lease),
        attemptsMax,
        clock.instant());
  }

  /// It has been told.
  public void told(String id) {
    database.update(
        "note that a request was told", "update access_request set told = true where id = ?", id);
  }

  /// It is to be tried again after a pause.
  public void later(String id, Duration pause) {
    database.update(
        "put off telling of a request",
        "update access_request set tell_at = ? where id = ?",
        clock.instant().plus(pause),
        id);
  }
}
