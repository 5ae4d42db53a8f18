package org.postern.policystore.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.SecretSealer;
import org.postern.policystore.yaml.PolicyDocument;
import org.postern.policystore.yaml.PolicyParser;

/// A real PostgreSQL, one for the JVM, and a fresh migrated database in it for whoever asks.
final class TestDatabase implements AutoCloseable {
  private static final AtomicInteger count = new AtomicInteger();

  final HikariDataSource source;
  final String name;

  private TestDatabase(String name) {
    this.name = name;
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(Server.postgres.getJdbcUrl("postgres", name));
    config.setMaximumPoolSize(20);
    config.setMinimumIdle(0);
    config.setConnectionTimeout(5_000);
    this.source = new HikariDataSource(config);
  }

  private static final class Server {
    static final EmbeddedPostgres postgres = start();

    private static EmbeddedPostgres start() {
      try {
        EmbeddedPostgres started =
            EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
        try (Connection connection = started.getPostgresDatabase().getConnection()) {
          Database.update(connection, "create database migrated");
        }
        Flyway.configure().dataSource(started.getDatabase("postgres", "migrated")).load().migrate();
        return started;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (SQLException e) {
        throw new AssertionError(e);
      }
    }
  }

  static TestDatabase fresh() {
    String name = "t" + count.incrementAndGet();
    onServer("create database " + name + " template migrated");
    return new TestDatabase(name);
  }

  /// A statement outside of the database, as an operator of the server.
  static void onServer(String sql) {
    try (Connection connection = Server.postgres.getPostgresDatabase().getConnection()) {
      connection.createStatement().execute(sql);
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  DataSource source() {
    return source;
  }

  /// A statement inside, behind the repositories' back.
  int sql(String sql) {
    return new Database(source).update("test", sql);
  }

  long number(String sql) {
    return new Database(source).first("test", row -> row.getLong(1), sql).orElseThrow();
  }

  static PolicyDocument document(String yaml) {
    return switch (new PolicyParser(PolicyLimits.DEFAULT).parse(yaml)) {
      case PolicyParser.Result.Parsed(PolicyDocument document) -> document;
      case PolicyParser.Result.Failed failed -> throw new AssertionError(failed.errors());
    };
  }

  /// Turns bytes around behind their context: enough to see that nothing is stored as it came.
  static final SecretSealer REVERSING =
      new SecretSealer() {
        @Override
        public byte[] seal(byte[] plain, String context) {
          String sealed =
              context
                  + "|"
                  + new StringBuilder(new String(plain, StandardCharsets.UTF_8)).reverse();
          return sealed.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public byte[] open(byte[] sealed, String context) {
          String text = new String(sealed, StandardCharsets.UTF_8);
          if (!text.startsWith(context + "|")) {
            throw new IllegalArgumentException("sealed for something else");
          }
          return new StringBuilder(text.substring(context.length() + 1))
              .reverse()
              .toString()
              .getBytes(StandardCharsets.UTF_8);
        }
      };

  @Override
  public void close() {
    // The database stays: dropping one costs a checkpoint, and the server ends with the JVM.
    source.close();
  }
}
