package org.postern.policystore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.policystore.PolicyLimits;

/// Changes of the policy stand in line, at all brokers together, and not for ever.
class PolicyTurnTest {
  private static final String DOCUMENT = "version: 1\nconnectorGroups: [{name: a}]\n";

  private final TestDatabase database = TestDatabase.fresh();
  private final PolicyStore policy =
      new PolicyStore(
          database.source(),
          TestDatabase.REVERSING,
          InstantSource.system(),
          PolicyLimits.DEFAULT,
          Duration.ofMillis(100));

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void changeWhoseTurnDoesNotComeChangesNothingAndSaysSo() throws Exception {
    try (Connection elsewhere = database.source().getConnection()) {
      elsewhere.setAutoCommit(false);
      Database.list(
          elsewhere,
          row -> "",
          "select pg_advisory_xact_lock(hashtextextended('postern apply', 0))");
      assertThatThrownBy(() -> policy.apply(TestDatabase.document(DOCUMENT), "carol", false))
          .isInstanceOf(PolicyBusyException.class);
      elsewhere.rollback();
    }
    assertThat(policy.load().connectorGroups()).isEmpty();
    policy.apply(TestDatabase.document(DOCUMENT), "carol", false);
    assertThat(policy.load().connectorGroups()).hasSize(1);
  }
}
