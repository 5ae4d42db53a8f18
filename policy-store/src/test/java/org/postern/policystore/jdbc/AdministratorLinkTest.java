package org.postern.policystore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Who is behind a token, as a user of applications.
class AdministratorLinkTest {
  private final TestDatabase database = TestDatabase.fresh();
  private final SecureRandom random = new SecureRandom();
  private final InstantSource clock = InstantSource.system();
  private final AdminTokens tokens = new AdminTokens(database.source(), random, clock);

  @AfterEach
  void close() {
    database.close();
  }

  private String alice() {
    return new Users(database.source(), random, clock)
        .signIn("corp", "sub-1", "alice@example.com", "Alice", List.of())
        .id();
  }

  private Optional<String> behind(String secret) {
    return tokens.verify(secret).flatMap(token -> Optional.ofNullable(token.userId()));
  }

  @Test
  void tokenSaysWhoseItIsIfThatWasOrdered() {
    String alice = alice();
    AdminTokens.Created hers =
        tokens.create(new AdminTokens.Order("help-desk", "approver", alice, null));
    assertThat(behind(hers.secret())).contains(alice);
    assertThat(tokens.find(hers.id()).orElseThrow().userId()).isEqualTo(alice);
    assertThat(behind(tokens.create("robot", "approver", null).secret())).isEmpty();
  }

  @Test
  void sessionOfAnAdministratorSaysWhoTheAdministratorIsNow() throws SQLException {
    String alice = alice();
    try (Connection connection = database.source().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "insert into administrator (id, name, role, created_at, created_by)"
              + " values ('a-1', 'night-shift', 'approver', now(), 'owner')");
    }
    Administrators accounts = new Administrators(database.source(), random, clock);
    AdministratorSessions sessions =
        new AdministratorSessions(database.source(), random, clock, Duration.ofHours(1));
    AdministratorSessions.Opening opening =
        new AdministratorSessions.Opening(
            accounts.findById("a-1").orElseThrow(),
            "browser",
            "127.0.0.1",
            "test",
            Duration.ofHours(1),
            AdministratorSessions.Origin.LOCAL);
    String secret =
        sessions
            .openForCommandLine(opening, sessions.open(opening).orElseThrow().id())
            .orElseThrow()
            .secret();
    assertThat(behind(secret)).isEmpty();
    accounts.link("a-1", alice);
    assertThat(behind(secret)).contains(alice);
    accounts.link("a-1", null);
    assertThat(behind(secret)).isEmpty();
  }
}
