package org.postern.policystore.jdbc;

import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// Changes of the configuration that wait for a second person. Blocking; any thread.
public final class PendingChanges {
  private static final String COLUMNS =
      "select id, document, changes, base_version, author, message, created_at, expires_at, state,"
          + " decided_by from pending_change ";

  /// One of them.
  ///
  /// @param baseVersion the configuration version that its author saw
  /// @param state waiting, approved or refused
  /// @param decidedBy null while it waits
  public record Pending(
      String id,
      String document,
      List<String> changes,
      long baseVersion,
      String author,
      String message,
      Instant createdAt,
      Instant expiresAt,
      String state,
      @Nullable String decidedBy) {
    /// Copies the list.
    public Pending {
      changes = List.copyOf(changes);
    }
  }

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;

  /// Over a data source.
  public PendingChanges(DataSource source, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
  }

  /// Lets a change wait.
  ///
  /// @return its id
  public String add(
      String document,
      List<String> changes,
      long baseVersion,
      String author,
      String message,
      Instant expiresAt) {
    String id = tokens.id("g-");
    database.update(
        "keep a change for a second person",
        "insert into pending_change (id, document, changes, base_version, author, message,"
            + " created_at, expires_at) values (?, ?, ?, ?, ?, ?, ?, ?)",
        id,
        document,
        changes,
        baseVersion,
        author,
        message,
        clock.instant(),
        expiresAt);
    return id;
  }

  /// The newest ones.
  public List<Pending> list(int limit) {
    return database.list(
        "list waiting changes",
        PendingChanges::read,
        COLUMNS + "order by created_at desc, id limit " + limit);
  }

  /// One of them.
  public Optional<Pending> find(String id) {
    return database.first(
        "read a waiting change", PendingChanges::read, COLUMNS + "where id = ?", id);
  }

  private static Pending read(ResultSet row) throws SQLException {
    return new Pending(
        row.getString("id"),
        row.getString("document"),
        Database.texts(row, "changes"),
        row.getLong("base_version"),
        row.getString("author"),
        row.getString("message"),
        Database.instant(row, "created_at"),
        Database.instant(row, "expires_at"),
        row.getString("state"),
        row.getString("decided_by"));
  }

  /// Decides, once, about one that still waits.
  ///
  /// @param state approved or refused
  /// @return whether it waited
  public boolean decide(String id, String state, String by) {
    return database.update(
            "decide about a waiting change",
            "update pending_change set state = ?, decided_by = ?, decided_at = ?"
                + " where id = ? and state = 'waiting' and expires_at > ?",
            state,
            by,
            clock.instant(),
            id,
            clock.instant())
        == 1;
  }

  /// Lets it wait again, when what was approved could not be applied.
  public void reopen(String id) {
    database.update(
        "reopen a waiting change",
        "update pending_change set state = 'waiting', decided_by = null, decided_at = null"
            + " where id = ? and state = 'approved'",
        id);
  }
}
