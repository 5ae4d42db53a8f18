package org.postern.policystore.jdbc;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import javax.sql.DataSource;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.yaml.PolicyWriter;

/// The versions of the configuration: who made which, and what it was. Blocking; any thread.
public final class ConfigurationHistory {
  /// How many versions keep their whole document, if their documents are small.
  public static final int DOCUMENTS_MAX = 1_000;

  /// How many bytes the documents that are kept may have together, compressed; the newest
  /// [#DOCUMENTS_MIN] are kept whatever they have. A document of 50,000 applications has about 1
  /// MB.
  public static final long DOCUMENT_BYTES_MAX = 256L * 1024 * 1024;

  /// The configuration in force and the one before it, for a rollback: always kept.
  public static final int DOCUMENTS_MIN = 2;

  /// How many lines of one change are kept; the last says how many more there were.
  public static final int CHANGE_LINES_MAX = 1_000;

  private final Database database;

  /// Over a data source.
  public ConfigurationHistory(DataSource source) {
    this.database = new Database(source);
  }

  /// One version.
  ///
  /// @param changes one line each
  /// @param restorable whether its document is still there
  public record Version(
      long version,
      Instant at,
      String author,
      String message,
      String requestId,
      List<String> changes,
      boolean restorable) {
    /// Copies the list.
    public Version {
      changes = List.copyOf(changes);
    }
  }

  /// Versions before one, newest first.
  public List<Version> list(long before, int limit) {
    return database.list(
        "read the history",
        ConfigurationHistory::read,
        "select configuration_version, changed_at, author, message, request_id, changes,"
            + " document is not null or packed is not null as restorable from configuration_change"
            + " where configuration_version < ? order by configuration_version desc limit "
            + limit,
        before);
  }

  private static Version read(ResultSet row) throws SQLException {
    return new Version(
        row.getLong("configuration_version"),
        Database.instant(row, "changed_at"),
        row.getString("author"),
        row.getString("message"),
        row.getString("request_id"),
        Database.texts(row, "changes"),
        row.getBoolean("restorable"));
  }

  /// One version.
  public Optional<Version> find(long version) {
    return list(version + 1, 1).stream().filter(found -> found.version() == version).findFirst();
  }

  /// The whole configuration as it was at a version, as a document; empty if it is not kept.
  public Optional<String> document(long version) {
    return database.first(
        "read a version of the configuration",
        ConfigurationHistory::unpacked,
        "select document, packed from configuration_change"
            + " where configuration_version = ? and (document is not null or packed is not null)",
        version);
  }

  private static String unpacked(ResultSet row) throws SQLException {
    byte[] packed = row.getBytes("packed");
    if (packed == null) {
      return row.getString("document");
    }
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot unpack a version of the configuration", e);
    }
  }

  private static byte[] packed(String document) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(document.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot happen in memory", e);
    }
    return bytes.toByteArray();
  }

  /// In the transaction that makes the change, after it.
  static void note(Connection connection, PolicyChange change, Instant now, Made made)
      throws SQLException {
    Database.update(
        connection,
        "insert into configuration_change (version, configuration_version, changed_at, author,"
            + " message, request_id, changes, packed)"
            + " select version, configuration_version, ?, ?, ?, ?, ?, ? from policy_version",
        now,
        change.author().name(),
        change.message(),
        change.requestId(),
        bounded(made.changes()),
        packed(PolicyWriter.write(made.after())));
    dropOld(connection, DOCUMENTS_MAX, DOCUMENT_BYTES_MAX);
  }

  /// Drops the oldest documents past a limit, never the newest [#DOCUMENTS_MIN].
  static void dropOld(Connection connection, int documents, long bytes) throws SQLException {
    Database.update(
        connection,
        "update configuration_change set document = null, packed = null where id in"
            + " (select id from (select id, row_number() over newest as nth,"
            + " sum(coalesce(octet_length(packed), octet_length(document))) over newest as bytes"
            + " from configuration_change where document is not null or packed is not null"
            + " window newest as (order by id desc)) as kept"
            + " where nth > ? and (nth > ? or bytes > ?))",
        DOCUMENTS_MIN,
        documents,
        bytes);
  }

  /// The first lines of a change, as many as are kept; the last says how many more there were.
  public static List<String> bounded(List<String> changes) {
    if (changes.size() <= CHANGE_LINES_MAX) {
      return changes;
    }
    List<String> kept = new ArrayList<>(changes.subList(0, CHANGE_LINES_MAX - 1));
    kept.add("and %,d more changes".formatted(changes.size() - kept.size()));
    return kept;
  }

  /// What a change made.
  record Made(List<String> changes, PolicyConfiguration after) {}
}
