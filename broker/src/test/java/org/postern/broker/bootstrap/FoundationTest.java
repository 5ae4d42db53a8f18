package org.postern.broker.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FoundationTest {
  @TempDir private Path folder;

  private FoundationSettings settings(Optional<String> trustDomain) {
    return new FoundationSettings(
        folder.resolve("data"),
        Path.of("target/postgres-programs"),
        Optional.empty(),
        Optional.empty(),
        trustDomain,
        "first.example",
        Duration.ofSeconds(60),
        Map.of());
  }

  private Foundation lay() throws StartException {
    return Foundation.lay(settings(Optional.empty()), Clock.systemUTC());
  }

  @Test
  void authorityAndIdSurviveARestartAndTheTokenIsMadeOnce() throws Exception {
    String trust;
    String id;
    String token;
    try (Foundation first = lay()) {
      trust = first.authority().trust().pem();
      id = first.brokerId();
      token = Files.readString(first.adminTokenFile());
      assertThat(
              PosixFilePermissions.toString(Files.getPosixFilePermissions(first.adminTokenFile())))
          .isEqualTo("rw-------");
      assertThatThrownBy(this::lay)
          .isInstanceOf(StartException.class)
          .hasMessageContaining("another broker runs on");
    }
    try (Foundation second = lay()) {
      assertThat(second.authority().trust().pem()).isEqualTo(trust);
      assertThat(second.brokerId()).isEqualTo(id);
      assertThat(Files.readString(second.adminTokenFile())).isEqualTo(token);
      second.newAdminToken(Clock.systemUTC());
      assertThat(Files.readString(second.adminTokenFile())).isNotEqualTo(token);
    }
    assertThatThrownBy(
            () -> Foundation.lay(settings(Optional.of("other.example")), Clock.systemUTC()))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("trust domain is first.example");
  }

  @Test
  void newerSchemaIsRefusedWithAWordOnWhatToDo() throws Exception {
    try (Foundation foundation = lay();
        Connection connection = foundation.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "insert into flyway_schema_history (installed_rank, version, description, type, script,"
              + " checksum, installed_by, execution_time, success) values (999, '999', 'from the"
              + " future', 'SQL', 'V999__future.sql', 1, 'x', 1, true)");
    }
    assertThatThrownBy(this::lay)
        .isInstanceOf(StartException.class)
        .hasMessageContaining("version 999, written by a newer broker")
        .hasMessageContaining("Start the newer broker");
  }

  @Test
  void lostSealingKeyIsSaidSo() throws Exception {
    lay().close();
    Files.delete(folder.resolve("data/sealing.key"));
    assertThatThrownBy(this::lay)
        .isInstanceOf(StartException.class)
        .hasMessageContaining("certificate authority in the database cannot be opened");
  }

  @Test
  void databaseThatIsNotThereIsSaidSoAndPasswordsInUrlsAreRefused() {
    FoundationSettings inside = settings(Optional.empty());
    FoundationSettings nowhere = elsewhere(inside, "jdbc:postgresql://127.0.0.1:1/none");
    assertThatThrownBy(() -> Foundation.lay(nowhere, Clock.systemUTC()))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("does not let us in");
    FoundationSettings secret =
        elsewhere(inside, "jdbc:postgresql://127.0.0.1:1/none?password=hunter2");
    assertThatThrownBy(() -> Foundation.lay(secret, Clock.systemUTC()))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("POSTERN_DATABASE_PASSWORD")
        .hasMessageNotContaining("hunter2");
  }

  private static FoundationSettings elsewhere(FoundationSettings inside, String url) {
    return new FoundationSettings(
        inside.dataDir(),
        inside.programsDir(),
        Optional.of(url),
        Optional.of("x"),
        Optional.empty(),
        inside.trustDomainDefault(),
        Duration.ofSeconds(1),
        Map.of());
  }
}
