package org.postern.policystore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.RecordComponent;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditQuery;
import org.postern.policystore.yaml.PolicyWriter;

/** The configuration is text: it goes out and in without a change, and whole or not at all. */
class AsCodeTest {
  private static final int SEQUENCES = 1_000;
  private static final int EDITS_MAX = 2;
  private static final int EDITS_OF_A_KIND_MIN = 20;

  private final TestDatabase here = TestDatabase.fresh();
  private final TestDatabase there = TestDatabase.fresh();

  private static PolicyStore store(TestDatabase database) {
    return new PolicyStore(
        database.source(), TestDatabase.REVERSING, InstantSource.system(), PolicyLimits.DEFAULT);
  }

  @AfterEach
  void close() {
    here.close();
    there.close();
  }

  private static void apply(PolicyStore store, String yaml) {
    ApplyResult result = store.apply(TestDatabase.document(yaml), "test", false);
    assertThat(result).as(yaml).isInstanceOf(ApplyResult.Applied.class);
  }

  @Test
  void exportAppliedToAnEmptyDeploymentIsExportedByteForByte() {
    long seed = Long.getLong("postern.test.seed", System.nanoTime());
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    GoodPolicies policies = new GoodPolicies(random);
    PolicyStore first = store(here);
    PolicyStore second = store(there);
    String empty = PolicyWriter.write(second.load());
    List<RecordComponent> kinds = GoodPolicies.KINDS;
    Map<String, Integer> edits = new TreeMap<>();
    PolicyConfiguration edited = policies.draw();
    apply(first, PolicyWriter.write(edited));
    for (int i = 0; i < SEQUENCES; i++) {
      String what = "seed %d sequence %d".formatted(seed, i);
      for (int edit = random.nextInt(EDITS_MAX); edit >= 0; edit--) {
        PolicyConfiguration before = edited;
        edited =
            switch (random.nextInt(6)) {
              case 0 -> policies.draw();
              case 1 -> policies.moved(before);
              case 2, 3 -> policies.edited(before);
              default -> policies.edited(before, kinds.get(random.nextInt(kinds.size())));
            };
        apply(first, PolicyWriter.write(edited));
        count(edits, before, edited);
      }
      String exported = PolicyWriter.write(first.load());
      assertThat(exported).as(what).isEqualTo(PolicyWriter.write(edited));
      apply(second, exported);
      assertThat(PolicyWriter.write(second.load())).as(what).isEqualTo(exported);
      if (i % 20 == 0) {
        ApplyResult again = second.apply(TestDatabase.document(exported), "test", true);
        assertThat(((ApplyResult.Applied) again).changes()).as("second plan, %s", what).isEmpty();
      }
      apply(second, empty);
    }
    System.out.println("edits of one or more kinds, not of all: " + edits);
    assertThat(kinds)
        .as("seed %d: a kind of the document that no draw varies, see GoodPolicies.draw", seed)
        .allSatisfy(kind ->
            assertThat(edits.getOrDefault(kind.getName(), 0))
                .as(kind.getName())
                .isGreaterThanOrEqualTo(EDITS_OF_A_KIND_MIN));
  }

  /// An edit of every kind at once is a new document, and shows little of one kind.
  private static void count(
      Map<String, Integer> edits, PolicyConfiguration before, PolicyConfiguration after) {
    List<String> changed =
        GoodPolicies.KINDS.stream()
            .filter(
                kind -> !GoodPolicies.things(before, kind).equals(GoodPolicies.things(after, kind)))
            .map(RecordComponent::getName)
            .toList();
    if (changed.size() < GoodPolicies.KINDS.size()) {
      changed.forEach(kind -> edits.merge(kind, 1, Integer::sum));
    }
  }

  @Test
  void brokerThatDiesInTheMiddleOfAnApplyHasChangedNothing() {
    PolicyStore store = store(here);
    apply(store, PolicyStoreTest.WHOLE);
    String before = PolicyWriter.write(store.load());
    long version = store.configurationVersion();
    long history = here.number("select count(*) from configuration_change");
    // The tables and the history are written, the log is being written: now the connection dies.
    here.sql(
        "create function die() returns trigger language plpgsql as"
            + " 'begin perform pg_terminate_backend(pg_backend_pid()); return new; end'");
    here.sql("create trigger die before insert on audit_event for each row execute function die()");
    assertThatThrownBy(() -> apply(store, "version: 1\nrules: []\n"))
        .isInstanceOf(StoreException.class);
    here.sql("drop trigger die on audit_event");
    assertThat(PolicyWriter.write(store.load())).isEqualTo(before);
    assertThat(store.configurationVersion()).isEqualTo(version);
    assertThat(here.number("select count(*) from configuration_change")).isEqualTo(history);
    apply(store, "version: 1\nrules: []\n");
  }

  @Test
  void ofTwoWhoSawTheSameVersionOneIsToldAndNothingIsLost() throws Exception {
    PolicyStore store = store(here);
    apply(store, PolicyStoreTest.WHOLE);
    long seen = store.configurationVersion();
    ConcurrentLinkedQueue<ApplyResult> results = new ConcurrentLinkedQueue<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      String document = "version: 1\ndomains: [corp.internal, d%d.internal]\n".formatted(i);
      threads.add(
          Thread.ofVirtual()
              .start(() ->
                  results.add(
                      store.apply(
                          TestDatabase.document(document),
                          new PolicyChange(
                              Actor.SYSTEM,
                              "",
                              "",
                              "",
                              OptionalLong.of(seen),
                              false,
                              PolicyChange.Review.NONE)))));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(results).filteredOn(ApplyResult.Applied.class::isInstance).hasSize(1);
    assertThat(results).filteredOn(ApplyResult.Conflict.class::isInstance).hasSize(5);
  }

  @Test
  void everyVersionHasItsAuthorAndItsDocumentAndStandsInTheLog() {
    PolicyStore store = store(here);
    apply(store, PolicyStoreTest.WHOLE);
    ConfigurationHistory history = new ConfigurationHistory(here.source());
    ConfigurationHistory.Version version = history.list(Long.MAX_VALUE, 10).getFirst();
    assertThat(version.author()).isEqualTo("test");
    assertThat(history.document(version.version()))
        .hasValue(PolicyWriter.write(store.load()))
        .hasValueSatisfying(text -> assertThat(text).doesNotContain("s3cret"));
    AuditTrail trail =
        new AuditTrail(
            here.source(),
            TestDatabase.REVERSING,
            new java.security.SecureRandom(),
            InstantSource.system());
    assertThat(trail.list(AuditQuery.newest(10)).getFirst().event().action())
        .isEqualTo("policy.apply");
  }
}
