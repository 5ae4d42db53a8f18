package org.postern.policystore.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// Decisions by their id, for some days. Blocking; any thread.
public final class DecisionRecords {
  /// How long one is kept.
  public static final Duration KEPT = Duration.ofDays(14);

  /// How many are kept; the oldest go first.
  public static final int RECORDS_MAX = 1_000_000;

  /// One decision.
  public record Decided(
      String id,
      Instant at,
      String broker,
      String userId,
      String deviceId,
      String host,
      int port,
      String transport,
      Why why) {}

  /// What was decided.
  ///
  /// @param outcome allow, deny, step-up or approval
  /// @param trace JSON, the whole explanation
  public record Why(String application, String outcome, String reason, String rule, String trace) {}

  private final Database database;
  private final InstantSource clock;

  /// Over a data source.
  public DecisionRecords(DataSource source, InstantSource clock) {
    this.database = new Database(source);
    this.clock = clock;
  }

  /// Keeps decisions.
  public void add(List<Decided> decisions) {
    List<@Nullable Object[]> rows = new ArrayList<>();
    for (Decided each : decisions) {
      rows.add(
          new Object[] {
            each.id(),
            each.at(),
            each.broker(),
            each.userId(),
            each.deviceId(),
            each.host().replace("\0", ""),
            each.port(),
            each.transport(),
            each.why().application(),
            each.why().outcome(),
            each.why().reason(),
            each.why().rule(),
            each.why().trace()
          });
    }
    database.transaction(
        "keep decisions",
        connection -> {
          Database.batch(
              connection,
              "insert into decision_record (id, at, broker, user_id, device_id, host, port,"
                  + " transport, application, outcome, reason, rule, trace)"
                  + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing",
              rows);
          return "";
        });
  }

  /// Forgets what is too old or too much.
  ///
  /// @return how many
  public int forget() {
    return database.update(
        "forget old decisions",
        "delete from decision_record where at < ?"
            + " or seq <= (select coalesce(max(seq), 0) from decision_record) - "
            + RECORDS_MAX,
        clock.instant().minus(KEPT));
  }

  /// One decision.
  public Optional<Decided> find(String id) {
    return database.first(
        "read a decision", DecisionRecords::read, "select * from decision_record where id = ?", id);
  }

  /// Which decisions are wanted, the newest first.
  ///
  /// @param userId of one user only; empty: of all
  /// @param outcome of this outcome only; empty: of all
  /// @param applications about one of these only; empty: about any
  /// @param before made before the one with this number
  public record Query(
      Optional<String> userId,
      Optional<String> outcome,
      Optional<? extends Collection<String>> applications,
      long before,
      int limit) {}

  /// A decision and the number by which they are in order.
  public record Listed(long seq, Decided decided) {}

  /// The newest decisions that are wanted.
  public List<Listed> list(Query query) {
    StringBuilder sql = new StringBuilder("select * from decision_record where seq < ?");
    List<@Nullable Object> parameters = new ArrayList<>();
    parameters.add(query.before());
    query
        .userId()
        .ifPresent(user -> {
          sql.append(" and user_id = ?");
          parameters.add(user);
        });
    query
        .outcome()
        .ifPresent(word -> {
          sql.append(" and outcome = ?");
          parameters.add(word);
        });
    query
        .applications()
        .ifPresent(names -> {
          sql.append(" and application = any(?)");
          parameters.add(List.copyOf(names));
        });
    sql.append(" order by seq desc limit ").append(query.limit());
    return database.list(
        "list decisions",
        row -> new Listed(row.getLong("seq"), read(row)),
        sql.toString(),
        parameters.toArray());
  }

  private static Decided read(ResultSet row) throws SQLException {
    return new Decided(
        row.getString("id"),
        Database.instant(row, "at"),
        row.getString("broker"),
        row.getString("user_id"),
        row.getString("device_id"),
        row.getString("host"),
        row.getInt("port"),
        row.getString("transport"),
        new Why(
            row.getString("application"),
            row.getString("outcome"),
            row.getString("reason"),
            row.getString("rule"),
            row.getString("trace")));
  }
}
