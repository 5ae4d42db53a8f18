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

/// Requests for access, and approvals of them for a time. An approval moves the policy version when
/// it is given, taken back and over, so that live flows are decided again. Blocking; any thread.
public final class Approvals {
  private static final String REQUESTS =
      "select id, user_id, device_id, application, reason, seconds, created_at, state, decided_by,"
          + " note from access_request ";
  private static final String APPROVALS =
      "select id, request_id, user_id, application, approved_by, approved_at, until, revoked_at"
          + " from access_approval ";

  /// Somebody asks.
  ///
  /// @param seconds for how long
  /// @param state waiting, approved or refused
  /// @param decidedBy null while it waits
  public record Request(
      String id,
      String userId,
      String deviceId,
      String application,
      String reason,
      long seconds,
      Instant createdAt,
      String state,
      @Nullable String decidedBy,
      String note) {}

  /// What somebody asks for.
  public record Wish(
      String userId, String deviceId, String application, String reason, Duration time) {}

  /// An approver's word.
  ///
  /// @param endedAt when it was taken back or over; null: it is in force
  public record Approval(
      String id,
      String requestId,
      String userId,
      String application,
      String approvedBy,
      Instant approvedAt,
      Instant until,
      @Nullable Instant endedAt) {}

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;

  /// Over a data source.
  public Approvals(DataSource source, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
  }

  /// Asks; who has asked already and waits gets the same request.
  public Request ask(Wish wish) {
    return database.transaction(
        "ask for access",
        connection -> {
          Database.update(
              connection,
              "insert into access_request (id, user_id, device_id, application, reason, seconds,"
                  + " created_at) values (?, ?, ?, ?, ?, ?, ?)"
                  + " on conflict (user_id, application) where state = 'waiting' do nothing",
              tokens.id("q-"),
              wish.userId(),
              wish.deviceId(),
              wish.application(),
              wish.reason(),
              wish.time().toSeconds(),
              clock.instant());
          return Database.first(
                  connection,
                  Approvals::request,
                  REQUESTS + "where user_id = ? and application = ? and state = 'waiting'",
                  wish.userId(),
                  wish.application())
              .orElseThrow();
        });
  }

  /// The newest requests.
  ///
  /// @param state of this state only; empty: of all
  public List<Request> requests(Optional<String> state, int limit) {
    String order = " order by created_at desc, id limit " + limit;
    return state.isPresent()
        ? database.list(
            "list requests", Approvals::request, REQUESTS + "where state = ?" + order, state.get())
        : database.list("list requests", Approvals::request, REQUESTS + order);
  }

  /// One request.
  public Optional<Request> request(String id) {
    return database.first("read a request", Approvals::request, REQUESTS + "where id = ?", id);
  }

  /// Says yes to a request that waits, from now on for a time.
  ///
  /// @return the approval; empty if the request does not wait any more
  public Optional<Approval> approve(String requestId, String by, Duration time, String note) {
    Instant now = clock.instant();
    return database.transaction(
        "approve a request",
        connection -> {
          if (!decide(connection, requestId, "approved", by, note)) {
            return Optional.empty();
          }
          return Database.first(
              connection,
              Approvals::approval,
              "insert into access_approval (id, request_id, user_id, application, approved_by,"
                  + " approved_at, until)"
                  + " select ?, id, user_id, application, ?, ?, ? from access_request where id = ?"
                  + " returning id, request_id, user_id, application, approved_by, approved_at,"
                  + " until, revoked_at",
              tokens.id("v-"),
              by,
              now,
              now.plus(time),
              requestId);
        });
  }

  /// Says no to a request that waits.
  ///
  /// @return whether it waited
  public boolean refuse(String requestId, String by, String note) {
    return database.transaction(
        "refuse a request", connection -> decide(connection, requestId, "refused", by, note));
  }

  private boolean decide(
      Connection connection, String requestId, String state, String by, String note)
      throws SQLException {
    return Database.update(
            connection,
            "update access_request set state = ?, decided_by = ?, decided_at = ?, note = ?"
                + " where id = ? and state = 'waiting'",
            state,
            by,
            clock.instant(),
            note,
            requestId)
        == 1;
  }

  /// The newest approvals, ended ones included.
  public List<Approval> approvals(int limit) {
    return database.list(
        "list approvals",
        Approvals::approval,
        APPROVALS + "order by approved_at desc, id limit " + limit);
  }

  /// Takes an approval back.
  ///
  /// @return the approval if it was in force
  public Optional<Approval> revoke(String id) {
    return ended("id = ? and revoked_at is null", id).stream().findFirst();
  }

  /// Ends approvals whose time is over, so that every broker decides again.
  ///
  /// @return those that ended now
  public List<Approval> expire() {
    return ended("until <= ? and revoked_at is null", clock.instant());
  }

  private List<Approval> ended(String condition, Object parameter) {
    return database.list(
        "end approvals",
        Approvals::approval,
        "update access_approval set revoked_at = ? where "
            + condition
            + " returning id, request_id, user_id, application, approved_by, approved_at, until,"
            + " revoked_at",
        clock.instant(),
        parameter);
  }

  private static Request request(ResultSet row) throws SQLException {
    return new Request(
        row.getString("id"),
        row.getString("user_id"),
        row.getString("device_id"),
        row.getString("application"),
        row.getString("reason"),
        row.getLong("seconds"),
        Database.instant(row, "created_at"),
        row.getString("state"),
        row.getString("decided_by"),
        row.getString("note"));
  }

  private static Approval approval(ResultSet row) throws SQLException {
    return new Approval(
        row.getString("id"),
        row.getString("request_id"),
        row.getString("user_id"),
        row.getString("application"),
        row.getString("approved_by"),
        Database.instant(row, "approved_at"),
        Database.instant(row, "until"),
        Database.instantOrNull(row, "revoked_at"));
  }
}
