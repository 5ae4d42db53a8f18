package org.postern.policystore.jdbc;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.RiskLevel;
import org.postern.policystore.RiskRecord;

/// Risk levels of users and devices. Every change moves the policy version, so that live flows are
/// decided again. Blocking; any thread.
public final class Risks {
  private static final String COLUMNS =
      "id, kind, subject_id, source, level, reason, set_by, happened_at, expires_at";
  private static final String SELECT = "select " + COLUMNS + " from risk_level ";
  private static final String ID_PREFIX = "k-";

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;

  /// Over a data source.
  public Risks(DataSource source, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
  }

  /// What somebody says.
  ///
  /// @param expiresAt from when on it does not count; null: until it is taken back
  public record Said(
      RiskRecord.Subject subject,
      RiskLevel level,
      String reason,
      String by,
      @Nullable Instant expiresAt) {}

  /// Notes what an administrator says, in place of what one said before.
  public RiskRecord set(Said said) {
    return database.transaction(
        "set a risk level",
        connection ->
            put(connection, tokens.id(ID_PREFIX), RiskRecord.ADMINISTRATOR, clock.instant(), said)
                .orElseThrow());
  }

  /// Notes what a source says, unless it has said something about a later time.
  ///
  /// @return the record; empty if the later word holds
  static Optional<RiskRecord> put(
      Connection connection, String id, String source, Instant happenedAt, Said said)
      throws SQLException {
    return Database.first(
        connection,
        Risks::read,
        "insert into risk_level (id, kind, subject_id, source, level, reason, set_by,"
            + " happened_at, expires_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            + " on conflict (kind, subject_id, source) do update set level = excluded.level,"
            + " reason = excluded.reason, set_by = excluded.set_by,"
            + " happened_at = excluded.happened_at, expires_at = excluded.expires_at"
            + " where risk_level.happened_at <= excluded.happened_at returning "
            + COLUMNS,
        id,
        word(said.subject().kind()),
        said.subject().id(),
        source,
        word(said.level()),
        said.reason(),
        said.by(),
        happenedAt,
        said.expiresAt());
  }

  /// Takes a word back, whoever said it.
  ///
  /// @return what was said; empty if nothing is
  public Optional<RiskRecord> clear(String id) {
    return database.transaction(
        "clear a risk level",
        connection -> {
          Optional<RiskRecord> found =
              Database.first(
                  connection, Risks::read, SELECT + "where id = ? and level is not null", id);
          boolean cleared =
              Database.update(
                      connection,
                      "update risk_level set level = null where id = ? and level is not null",
                      id)
                  == 1;
          return cleared ? found : Optional.empty();
        });
  }

  /// What is said now, in the order of the ids.
  public List<RiskRecord> list() {
    return database.list(
        "list risk levels",
        Risks::read,
        SELECT + "where level is not null and (expires_at is null or expires_at > ?) order by id",
        clock.instant());
  }

  /// Whether anybody ever said anything.
  public boolean isUsed() {
    return database
        .first(
            "look for risk levels",
            row -> row.getBoolean(1),
            "select exists (select from risk_level)")
        .orElseThrow();
  }

  /// Ends what is over by now, so that every broker decides again.
  ///
  /// @return what ended
  public List<RiskRecord> expire() {
    Instant now = clock.instant();
    return database.transaction(
        "end risk levels",
        connection -> {
          List<RiskRecord> over =
              Database.list(
                  connection,
                  Risks::read,
                  SELECT + "where level is not null and expires_at <= ? order by id for update",
                  now);
          if (!over.isEmpty()) {
            Database.update(
                connection,
                "update risk_level set level = null where id = any(?)",
                over.stream().map(RiskRecord::id).toList());
          }
          return over;
        });
  }

  /// What is said of each, with what changed after a version.
  static Map<RiskRecord.Subject, List<RiskRecord>> newer(
      Connection connection, Map<RiskRecord.Subject, List<RiskRecord>> known, long since)
      throws SQLException {
    Map<RiskRecord.Subject, List<RiskRecord>> all = new HashMap<>(known);
    List<Boolean> changes =
        Database.list(
            connection,
            row -> {
              String level = row.getString("level");
              RiskRecord.Subject subject = subject(row);
              String id = row.getString("id");
              List<RiskRecord> mine = new ArrayList<>(all.getOrDefault(subject, List.of()));
              mine.removeIf(each -> each.id().equals(id));
              if (level != null) {
                mine.add(read(row));
              }
              if (mine.isEmpty()) {
                all.remove(subject);
              } else {
                all.put(subject, List.copyOf(mine));
              }
              return true;
            },
            SELECT + "where row_version > ?",
            since);
    return changes.isEmpty() ? known : all;
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static RiskRecord.Subject subject(ResultSet row) throws SQLException {
    return new RiskRecord.Subject(
        RiskRecord.Kind.valueOf(row.getString("kind").toUpperCase(Locale.ROOT)),
        row.getString("subject_id"));
  }

  private static RiskRecord read(ResultSet row) throws SQLException {
    return new RiskRecord(
        row.getString("id"),
        subject(row),
        row.getString("source"),
        RiskLevel.valueOf(row.getString("level").toUpperCase(Locale.ROOT)),
        row.getString("reason"),
        row.getString("set_by"),
        Database.instant(row, "happened_at"),
        Database.instantOrNull(row, "expires_at"));
  }
}
