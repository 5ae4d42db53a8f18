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
      "select id, user_id, device_id, application, target, reason, seconds, created_at, state,"
          + " decided_by, note from access_request ";
  private static final String APPROVALS =
      "select id, request_id, user_id, application, approved_by, approved_at, until, revoked_at"
          + " from access_approval ";

  /// Requests of one person that wait at the same time.
  public static final int WAITING_PER_PERSON_MAX = 10;

  /// Requests that one person makes within a day, decided ones included.
  public static final int ASKED_PER_DAY_MAX = 50;

  private static final Duration DAY = Duration.ofDays(1);

  /// Somebody asks.
  ///
  /// @param target host and port as the person asked for them; empty when somebody else asked
  /// @param seconds for how long
  /// @param state waiting, approved or refused
  /// @param decidedBy null while it waits
  public record Request(
      String id,
      String userId,
      String deviceId,
      String application,
      String target,
      String reason,
      long seconds,
      Instant createdAt,
      String state,
      @Nullable String decidedBy,
      String note) {}

  /// What somebody asks for.
  ///
  /// @param target as of [Request]
  public record Wish(
      String userId,
      String deviceId,
      String application,
      String target,
      String reason,
      Duration time) {}

  /// What came of asking.
  public sealed interface Asked {
    /// It waits.
    ///
    /// @param isNew false: the person waits for this application already
    record Waits(Request request, boolean isNew) implements Asked {}

    /// The person has too many requests that wait, or made too many today; nothing was kept.
    record TooMany() implements Asked {}
  }

  /// A request as the person who made it sees it.
  ///
  /// @param until when its approval is over; null: it has none
  /// @param ended the approval is over or was taken back
  public record Own(Request request, @Nullable Instant until, boolean ended) {}

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
  public Asked ask(Wish wish) {
    return database.transaction(
        "ask for access",
        connection -> {
          // One at a time for each person, so that what is counted stays counted.
          Database.list(
              connection,
              row -> "",
              "select pg_advisory_xact_lock(hashtextextended('ask ' || ?, 0))",
              wish.userId());
          Optional<Request> waits = waiting(connection, wish);
          if (waits.isPresent()) {
            return new Asked.Waits(waits.get(), false);
          }
          if (hasTooMany(connection, wish.userId())) {
            return new Asked.TooMany();
          }
          Database.update(
              connection,
              "insert into access_request (id, user_id, device_id, application, target, reason,"
                  + " seconds, created_at) values (?, ?, ?, ?, ?, ?, ?, ?)",
              tokens.id("q-"),
              wish.userId(),
              wish.deviceId(),
              wish.application(),
              wish.target(),
              wish.reason(),
              wish.time().toSeconds(),
              clock.instant());
          return new Asked.Waits(waiting(connection, wish).orElseThrow(), true);
        });
  }

  private static Optional<Request> waiting(Connection connection, Wish wish) throws SQLException {
    return Database.first(
        connection,
        Approvals::request,
        REQUESTS + "where user_id = ? and application = ? and state = 'waiting'",
        wish.userId(),
        wish.application());
  }

  private boolean hasTooMany(Connection connection, String userId) throws SQLException {
    return Database.first(
            connection,
            row ->
                row.getLong("waiting") >= WAITING_PER_PERSON_MAX
                    || row.getLong("today") >= ASKED_PER_DAY_MAX,
            "select count(*) filter (where state = 'waiting') as waiting,"
                + " count(*) filter (where created_at > ?) as today"
                + " from access_request where user_id = ?",
            clock.instant().minus(DAY),
            userId)
        .orElse(true);
  }

  /// What one person asked for, the newest first.
  public List<Own> ofUser(String userId, int limit) {
    return database.list(
        "list a person's requests",
        row ->
            new Own(
                request(row),
                Database.instantOrNull(row, "until"),
                Database.instantOrNull(row, "revoked_at") != null),
        "select q.id, q.user_id, q.device_id, q.application, q.target, q.reason, q.seconds,"
            + " q.created_at, q.state, q.decided_by, q.note, v.until, v.revoked_at"
            + " from access_request q left join access_approval v on v.request_id = q.id"
            + " where q.user_id = ? order by q.created_at desc, q.id limit "
            + limit,
        userId);
  }

  /// Notes that a flow was opened under an approval.
  ///
  /// @return whether it is the first time
  public boolean firstUse(String approvalId) {
    return database.update(
            "note the use of an approval",
            "update access_request set used_at = ? where used_at is null and id ="
                + " (select request_id from access_approval where id = ?)",
            clock.instant(),
            approvalId)
        == 1;
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

  /// One approval, live or over.
  public Optional<Approval> find(String id) {
    return database.first("read an approval", Approvals::approval, APPROVALS + "where id = ?", id);
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

  static Request request(ResultSet row) throws SQLException {
    return new Request(
        row.getString("id"),
        row.getString("user_id"),
        row.getString("device_id"),
        row.getString("application"),
        row.getString("target"),
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
