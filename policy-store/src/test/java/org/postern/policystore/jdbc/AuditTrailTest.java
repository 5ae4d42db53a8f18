package org.postern.policystore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.policystore.SecretSealer;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditEntry;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.audit.AuditFields;
import org.postern.policystore.audit.AuditQuery;
import org.postern.policystore.audit.AuditVerdict;
import org.postern.policystore.audit.DecisionOverride;

class AuditTrailTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Actor ALICE = new Actor(Actor.Kind.ADMINISTRATOR, "t-1", "alice");

  private final TestDatabase database = TestDatabase.fresh();
  private final AuditTrail trail = trail(TestDatabase.REVERSING);

  private AuditTrail trail(SecretSealer sealer) {
    return new AuditTrail(database.source(), sealer, new SecureRandom(), InstantSource.system());
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static AuditEvent revoked(String session) {
    return AuditEvent.done(ALICE, "session.revoke", "session", session).in("r-1", "192.0.2.1");
  }

  private AuditVerdict.Broken broken() {
    AuditVerdict verdict = trail.verify(null);
    assertThat(verdict).isInstanceOf(AuditVerdict.Broken.class);
    return (AuditVerdict.Broken) verdict;
  }

  private void asSuperuser(String... statements) {
    database.sql("alter table audit_event disable trigger user");
    database.sql("alter table audit_head disable trigger user");
    for (String statement : statements) {
      database.sql(statement);
    }
  }

  @Test
  void whatIsRecordedIsReadBack() {
    AuditEvent event =
        AuditEvent.done(ALICE, "rule.change", "rules", "no-bob \"x\"\n\u0000\ud83d\ude00")
            .changing(Map.of("action", "allow"), Map.of("action", "deny \\ \u0001 \ud83d\ude00"))
            .in("r-2", "2001:db8::1");
    trail.record(event);
    AuditEntry entry = trail.list(AuditQuery.newest(10)).getFirst();
    assertThat(entry.seq()).isEqualTo(1);
    assertThat(entry.event().after()).isEqualTo(event.after());
    assertThat(entry.event().before()).isEqualTo(event.before());
    assertThat(entry.event().objectName()).isEqualTo("no-bob \"x\"\n\ud83d\ude00");
    assertThat(entry.event().actor()).isEqualTo(ALICE);
    assertThat(trail.verify(null)).isEqualTo(new AuditVerdict.Intact(1, entry.hash()));
  }

  @Test
  void fieldThatNobodyClassifiedIsASecret() {
    trail.record(
        AuditEvent.done(ALICE, "x.change", "identity-providers", "corp")
            .changing(
                Map.of("issuer", "https://a", "clientSecret", "hunter2"),
                Map.of("issuer", "https://b", "clientSecret", "hunter3", "novelty", "n")));
    AuditEvent event = trail.list(AuditQuery.newest(1)).getFirst().event();
    assertThat(event.before())
        .isEqualTo(Map.of("issuer", "https://a", "clientSecret", AuditFields.MASK));
    assertThat(event.after())
        .containsEntry("clientSecret", AuditFields.MASK)
        .containsEntry("novelty", AuditFields.MASK);
    assertThat(
            database.number(
                "select count(*) from audit_event where audit_event::text like '%hunter%'"))
        .isZero();
  }

  /// Otherwise whoever changes the end of a long list leaves an entry that shows no change.
  @Test
  void valueThatIsTooLongSaysSoAndDiffersIfItsEndDoes() {
    String members = "alice@example.com, ".repeat(1_000);
    trail.record(
        AuditEvent.done(ALICE, "config.changed", "groups", "staff")
            .changing(Map.of("members", members + "bob"), Map.of("members", members + "eve")));
    AuditEvent event = trail.list(AuditQuery.newest(1)).getFirst().event();
    assertThat(event.before().get("members"))
        .startsWith("alice@example.com, ")
        .contains("cut here, 19003 characters in all, SHA-256 ")
        .isNotEqualTo(event.after().get("members"))
        .hasSizeLessThan(9_000);
    assertThat(trail.verify(null)).isInstanceOf(AuditVerdict.Intact.class);
  }

  @Test
  void entriesCanNeitherBeChangedNorTakenOut() {
    trail.record(revoked("s-1"));
    for (String sql :
        List.of(
            "update audit_event set actor_name = 'bob'",
            "delete from audit_event",
            "truncate audit_event",
            "delete from audit_head",
            "update audit_head set seq = 0")) {
      assertThatThrownBy(() -> database.sql(sql)).as(sql).isInstanceOf(StoreException.class);
    }
  }

  @Test
  void whoeverChangesARowBehindTheTriggersIsFound() {
    for (int i = 1; i <= 5; i++) {
      trail.record(revoked("s-" + i));
    }
    asSuperuser("update audit_event set actor_name = 'bob' where seq = 3");
    assertThat(broken().seq()).isEqualTo(3);
    database.sql("update audit_event set actor_name = 'alice' where seq = 3");
    assertThat(trail.verify(null)).isInstanceOf(AuditVerdict.Intact.class);
    database.sql("delete from audit_event where seq = 2");
    assertThat(broken().seq()).isEqualTo(2);
  }

  @Test
  void logThatLostItsEndIsFoundByItsHeadAndByAnAnchor() {
    for (int i = 1; i <= 5; i++) {
      trail.record(revoked("s-" + i));
    }
    AuditVerdict.Intact noted = (AuditVerdict.Intact) trail.verify(null);
    assertThat(trail.verify(noted)).isEqualTo(noted);
    asSuperuser("delete from audit_event where seq = 5");
    assertThat(broken().what()).contains("newest");
    // He who also sets the head back is caught by what was noted elsewhere.
    database.sql(
        "update audit_head set seq = 4, hash = (select hash from audit_event where seq = 4)");
    assertThat(trail.verify(null)).isInstanceOf(AuditVerdict.Intact.class);
    assertThat(trail.verify(noted)).isInstanceOf(AuditVerdict.Broken.class);
    trail.record(revoked("s-other"));
    assertThat(trail.verify(noted)).isInstanceOf(AuditVerdict.Broken.class);
  }

  @Test
  void rowsCannotBeMadeUpWithoutTheSealingKey() {
    trail.record(revoked("s-1"));
    // The forger has the database and makes a key of his own, but cannot seal it as ours.
    AuditTrail forger =
        trail(
            new SecretSealer() {
              @Override
              public byte[] seal(byte[] plain, String context) {
                return plain;
              }

              @Override
              public byte[] open(byte[] sealed, String context) {
                return "a key that the forger guessed     ".getBytes(StandardCharsets.UTF_8);
              }
            });
    forger.record(revoked("s-2"));
    assertThat(broken().seq()).isEqualTo(2);
  }

  @Test
  void chainIsOneLineWithSeveralBrokersAtOnce() throws Exception {
    List<AuditTrail> brokers =
        List.of(trail(TestDatabase.REVERSING), trail(TestDatabase.REVERSING), trail);
    List<Thread> threads = new ArrayList<>();
    for (AuditTrail broker : brokers) {
      for (int t = 0; t < 4; t++) {
        threads.add(
            Thread.ofVirtual()
                .start(() -> {
                  for (int i = 0; i < 25; i++) {
                    broker.recordAll(List.of(revoked("a"), revoked("b")));
                  }
                }));
      }
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(trail.verify(null))
        .isInstanceOfSatisfying(
            AuditVerdict.Intact.class, intact -> assertThat(intact.seq()).isEqualTo(600));
    assertThat(database.number("select count(*) from sealed_material")).isEqualTo(1);
  }

  @Test
  void callersThatWaitShareATransactionAndAFaultyOneHurtsNobodyElse() throws Exception {
    trail.record(revoked("first"));
    List<String> faults = Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    try (Connection holder = database.source().getConnection()) {
      holder.setAutoCommit(false);
      holder.createStatement().executeQuery("select * from audit_head for update");
      for (int i = 0; i < 20; i++) {
        AuditEvent event =
            i == 7 ? AuditEvent.done(ALICE, "no\u0000action", "session", "x") : revoked("s" + i);
        threads.add(
            Thread.ofVirtual()
                .start(() -> {
                  try {
                    trail.record(event);
                  } catch (StoreException e) {
                    faults.add(event.action());
                  }
                }));
      }
      await().atMost(PATIENCE).until(() -> threads.stream().allMatch(AuditTrailTest::isParked));
      holder.rollback();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(faults).containsExactly("no\u0000action");
    assertThat(trail.verify(null))
        .isInstanceOfSatisfying(
            AuditVerdict.Intact.class, intact -> assertThat(intact.seq()).isEqualTo(20));
  }

  private static boolean isParked(Thread thread) {
    return thread.getState() == Thread.State.WAITING
        || thread.getState() == Thread.State.TIMED_WAITING;
  }

  @Test
  void listIsNarrowedAndPaged() {
    for (int i = 1; i <= 30; i++) {
      trail.record(revoked("s-" + i));
    }
    trail.record(AuditEvent.done(Actor.SYSTEM, "user.disable", "user", "u-1"));
    AuditQuery query =
        new AuditQuery(
            Optional.of("alice"),
            Optional.of("session.revoke"),
            Optional.of("session"),
            Optional.empty(),
            Optional.of(Instant.EPOCH),
            false,
            25,
            10);
    assertThat(trail.list(query).stream().map(AuditEntry::seq))
        .containsExactly(24L, 23L, 22L, 21L, 20L, 19L, 18L, 17L, 16L, 15L);
  }

  /// The question that the database answers is the one that an entry answers of itself.
  @Test
  void overridesAreListedExactlyAsTheyAreNamed() {
    Map<String, String> mode = Map.of("mode", "report-only");
    Map<String, String> tricky = Map.of("message", "\"mode\":1", "note", "{\"mode\":\"off\"}");
    List<AuditEvent> events =
        List.of(
            change("rules", mode, Map.of()),
            change("session-rules", Map.of(), Map.of("enforcePercent", "20")),
            change("rules", tricky, tricky),
            change("applications", mode, mode),
            AuditEvent.done(Actor.SYSTEM, "config.added", "rules", "r").changing(Map.of(), mode),
            AuditEvent.done(Actor.SYSTEM, "setRisk", "risk", "k"),
            AuditEvent.done(Actor.SYSTEM, "setRisk", "permission", "risks:write").refused("no"),
            AuditEvent.done(Actor.SYSTEM, "changeDevice", "device", "d")
                .changing(Map.of("state", "registered"), Map.of("state", "quarantined")),
            AuditEvent.done(Actor.SYSTEM, "renameDevice", "device", "d"));
    trail.recordAll(events);
    List<AuditEvent> named =
        trail.list(AuditQuery.newest(100)).stream()
            .map(AuditEntry::event)
            .filter(event -> DecisionOverride.of(event).isPresent())
            .toList();
    AuditQuery query =
        new AuditQuery(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            true,
            Long.MAX_VALUE,
            100);
    assertThat(trail.list(query).stream().map(AuditEntry::event)).isEqualTo(named);
    assertThat(named.stream().map(event -> DecisionOverride.of(event).orElseThrow().word()))
        .containsExactly("device-quarantined", "risk-set", "rule-switched", "rule-switched");
  }

  private static AuditEvent change(
      String kind, Map<String, String> before, Map<String, String> after) {
    return AuditEvent.done(Actor.SYSTEM, "config.changed", kind, "r").changing(before, after);
  }
}
