package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// Statements and transactions over a data source, with our value types bound and read.
final class Database {
  private final DataSource source;

  Database(DataSource source) {
    this.source = source;
  }

  /// Work inside one transaction.
  interface Work<T> {
    T run(Connection connection) throws SQLException;
  }

  /// Turns one row into a value.
  interface Reader<T> {
    T read(ResultSet row) throws SQLException;
  }

  /// Runs work in a read-committed transaction; any exception rolls it back.
  ///
  /// @param what for the error message, as in "register a device"
  <T> T transaction(String what, Work<T> work) {
    try (Connection connection = source.getConnection()) {
      connection.setAutoCommit(false);
      try {
        T result = work.run(connection);
        connection.commit();
        return result;
      } catch (SQLException | RuntimeException | Error e) {
        rollBack(connection, e);
        throw e;
      } finally {
        connection.setAutoCommit(true);
      }
    } catch (SQLException e) {
      throw new StoreException("cannot " + what, e);
    }
  }

  /// As [#transaction], but the commit does not wait for the disk: others see it at once, and it
  /// lasts from the next commit that does wait, anybody's, since the log is written in order. So
  /// that the lock on the policy version is not held while the disk turns; whoever answers a client
  /// has to commit something that waits first.
  <T> T hasty(String what, Work<T> work) {
    return transaction(
        what,
        connection -> {
          update(connection, "set local synchronous_commit to off");
          return work.run(connection);
        });
  }

  private static void rollBack(Connection connection, Throwable cause) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  int update(String what, String sql, @Nullable Object... parameters) {
    return alone(what, connection -> update(connection, sql, parameters));
  }

  /// One statement that is its own transaction: no round trip to begin and end it.
  private <T> T alone(String what, Work<T> work) {
    try (Connection connection = source.getConnection()) {
      return work.run(connection);
    } catch (SQLException e) {
      throw new StoreException("cannot " + what, e);
    }
  }

  <T> List<T> list(String what, Reader<T> reader, String sql, @Nullable Object... parameters) {
    return transaction(what, connection -> list(connection, reader, sql, parameters));
  }

  <T> Optional<T> first(String what, Reader<T> reader, String sql, @Nullable Object... parameters) {
    return alone(what, connection -> first(connection, reader, sql, parameters));
  }

  static int update(Connection connection, String sql, @Nullable Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, parameters);
      return statement.executeUpdate();
    }
  }

  static <T> List<T> list(
      Connection connection, Reader<T> reader, String sql, @Nullable Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      // Rows come in pieces, so that a large table is never in memory twice.
      statement.setFetchSize(5_000);
      bind(statement, parameters);
      try (ResultSet rows = statement.executeQuery()) {
        List<T> values = new ArrayList<>();
        while (rows.next()) {
          values.add(reader.read(rows));
        }
        return values;
      }
    }
  }

  static <T> Optional<T> first(
      Connection connection, Reader<T> reader, String sql, @Nullable Object... parameters)
      throws SQLException {
    return list(connection, reader, sql, parameters).stream().findFirst();
  }

  /// One statement for many rows.
  static void batch(Connection connection, String sql, Collection<@Nullable Object[]> rows)
      throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (@Nullable Object[] row : rows) {
        bind(statement, row);
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  private static void bind(PreparedStatement statement, @Nullable Object[] parameters)
      throws SQLException {
    for (int i = 0; i < parameters.length; i++) {
      Object value = parameters[i];
      if (value instanceof Instant instant) {
        statement.setObject(i + 1, instant.atOffset(ZoneOffset.UTC));
      } else if (value instanceof List<?> texts) {
        statement.setArray(i + 1, statement.getConnection().createArrayOf("text", texts.toArray()));
      } else {
        statement.setObject(i + 1, value);
      }
    }
  }

  static Instant instant(ResultSet row, String column) throws SQLException {
    Instant value = instantOrNull(row, column);
    if (value == null) {
      throw new SQLException("column " + column + " is null");
    }
    return value;
  }

  static @Nullable Instant instantOrNull(ResultSet row, String column) throws SQLException {
    java.time.OffsetDateTime value = row.getObject(column, java.time.OffsetDateTime.class);
    return value == null ? null : value.toInstant();
  }

  static String hex(ResultSet row, String column) throws SQLException {
    return HexFormat.of().formatHex(row.getBytes(column));
  }

  static List<String> texts(ResultSet row, String column) throws SQLException {
    return List.of((String[]) row.getArray(column).getArray());
  }
}
