package org.postern.policystore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.policystore.UserRecord;

/** Nobody ever becomes somebody else, whatever names look like. */
final class IdentityNamesTest {
  private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");

  private final TestDatabase database = TestDatabase.fresh();
  private final Users users = new Users(database.source(), new SecureRandom(), () -> NOW);

  @AfterEach
  void close() {
    database.close();
  }

  private UserRecord alice() {
    return users.signIn("corp", "sub-1", "Alice@Example.com", "Alice", List.of());
  }

  @Test
  void nobodyBecomesSomebodyElseByAName() {
    UserRecord kay = users.signIn("corp", "kay", "kay@example.com", "Kay", List.of());
    List<String> alike =
        List.of("KAY", "\u212Aay", "\uFF4Bay", "kay\u200B", "\u202Ekay", "k\u0430y", "kay ");
    for (String subject : alike) {
      UserRecord other = users.signIn("corp", subject, "kay@example.com", "Kay", List.of());
      assertThat(other.id()).isNotEqualTo(kay.id());
      assertThat(users.signIn("corp", subject, "", "", List.of()).id()).isEqualTo(other.id());
    }
    assertThat(users.signIn("corp", "kay", "", "Kay", List.of()).id()).isEqualTo(kay.id());
    assertThat(users.signIn("corp", "ren\u00E9", "", "", List.of()).id())
        .isNotEqualTo(users.signIn("corp", "rene\u0301", "", "", List.of()).id());
  }

  @Test
  void addressOfTheSignOfKelvinIsNotTheAddressWithK() {
    users.signIn("corp", "one", "kay@example.com", "Kay", List.of());
    UserRecord two = users.signIn("corp", "two", "\u212Aay@example.com", "Kay", List.of());
    assertThat(two.email()).isEqualTo("\u212Aay@example.com");
    assertThat(users.withEmail("KAY@example.com")).hasSize(1);
    assertThat(users.withEmail("\u212Aay@example.com")).containsExactly(two);
  }

  @Test
  void movedPersonIsAnotherOneAtTheNewProviderAndARenamedOneStays() {
    UserRecord before = alice();
    UserRecord moved = users.signIn("partner", "sub-1", "alice@partner.example", "A", List.of());
    assertThat(moved.id()).isNotEqualTo(before.id());
    UserRecord renamed = users.signIn("corp", "sub-1", "alice@other.example", "B", List.of());
    assertThat(renamed.id()).isEqualTo(before.id());
    // The address is given to somebody else, who is somebody else.
    UserRecord heir = users.signIn("corp", "sub-9", "alice@example.com", "Heir", List.of());
    assertThat(heir.id()).isNotIn(before.id(), moved.id());
    assertThat(users.find(before.id()).orElseThrow().email()).isEqualTo("alice@other.example");
  }
}
