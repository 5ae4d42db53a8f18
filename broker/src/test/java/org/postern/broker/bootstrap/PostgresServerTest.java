package org.postern.broker.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PostgresServerTest {
  private static final Path PROGRAMS = Path.of("target/postgres-programs");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path folder;

  private PostgresServer start() throws StartException {
    return PostgresServer.start(folder.resolve("postgres"), PROGRAMS, PATIENCE);
  }

  @Test
  void whatWasCommittedSurvivesARestart() throws Exception {
    try (PostgresServer server = start()) {
      execute(server, "create table kept (word text)");
      execute(server, "insert into kept values ('castle')");
    }
    try (PostgresServer server = start()) {
      assertThat(word(server)).isEqualTo("castle");
    }
  }

  @Test
  void whatWasCommittedSurvivesTheDeathOfTheServerAndOfItsGuard() throws Exception {
    PostgresServer first = start();
    execute(first, "create table kept (word text)");
    execute(first, "insert into kept values ('castle')");
    long orphan = postmaster();
    // Both shells die, as when an administrator kills what he does not know; the server stays.
    first
        .guard()
        .children()
        .filter(child -> child.pid() != orphan)
        .forEach(ProcessHandle::destroyForcibly);
    first.guard().destroyForcibly();
    Awaitility.await().atMost(PATIENCE).until(() -> !first.guard().isAlive());
    assertThat(ProcessHandle.of(orphan)).get().matches(ProcessHandle::isAlive);
    try (PostgresServer second = start()) {
      assertThat(ProcessHandle.of(orphan).filter(ProcessHandle::isAlive)).isEmpty();
      assertThat(word(second)).isEqualTo("castle");
    }
  }

  @Test
  void serverStopsWhenNobodyHoldsTheGuardsInputAnyMore() throws Exception {
    PostgresServer server = start();
    long postmaster = postmaster();
    server.close();
    assertThat(ProcessHandle.of(postmaster).filter(ProcessHandle::isAlive)).isEmpty();
    assertThat(folder.resolve("postgres/data/postmaster.pid")).doesNotExist();
  }

  @Test
  void anotherProgramsNumberInThePidFileIsNotStopped() throws Exception {
    start().close();
    Process bystander = new ProcessBuilder("sleep", "60").start();
    try {
      Files.writeString(
          folder.resolve("postgres/data/postmaster.pid"), bystander.pid() + "\n/elsewhere\n");
      start().close();
      assertThat(bystander.isAlive()).isTrue();
    } finally {
      bystander.destroyForcibly();
    }
  }

  @Test
  void passwordIsNeededAndIsReadableByItsOwnerOnly() throws Exception {
    try (PostgresServer server = start()) {
      Path password = folder.resolve("postgres/password");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(password)))
          .isEqualTo("rw-------");
      DatabaseAddress guess = new DatabaseAddress(server.address().url(), "postern", "guess");
      assertThatThrownBy(guess::connect).hasMessageContaining("password authentication failed");
      assertThat(server.address().toString()).doesNotContain(server.address().password());
    }
  }

  @Test
  void dataOfAnotherMajorVersionIsRefusedWithAWordOnWhatToDo() throws Exception {
    start().close();
    Files.writeString(folder.resolve("postgres/data/PG_VERSION"), "14\n");
    assertThatThrownBy(this::start)
        .isInstanceOf(StartException.class)
        .hasMessageContaining("PostgreSQL 14 (expected: 18)")
        .hasMessageContaining("dump");
  }

  private long postmaster() throws IOException {
    return Long.parseLong(
        Files.readAllLines(folder.resolve("postgres/data/postmaster.pid")).getFirst());
  }

  private static void execute(PostgresServer server, String sql) throws SQLException {
    try (Connection connection = server.address().connect()) {
      connection.createStatement().execute(sql);
    }
  }

  private static String word(PostgresServer server) throws SQLException {
    try (Connection connection = server.address().connect();
        ResultSet row = connection.createStatement().executeQuery("select word from kept")) {
      row.next();
      return row.getString(1);
    }
  }
}
