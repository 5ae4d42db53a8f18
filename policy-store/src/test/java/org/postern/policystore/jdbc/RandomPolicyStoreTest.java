package org.postern.policystore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.postern.policystore.AccessRule;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.decision.RandomPolicy;
import org.postern.policystore.yaml.PolicyDocument;
import org.postern.policystore.yaml.PolicyParser;
import org.postern.policystore.yaml.PolicyWriter;

/// Random configurations with every word of the language go through the document, the tables and
/// the snapshot, and come out the same.
class RandomPolicyStoreTest {
  private static final int EDITS = 60;

  private final long seed = Long.getLong("postern.test.seed", 20260303);
  private final SplittableRandom random = new SplittableRandom(seed);

  @Test
  void everyWordComesBackAndSnapshotsFollow() {
    int good = 0;
    int forwarding = 0;
    try (TestDatabase database = TestDatabase.fresh();
        SnapshotStore snapshots =
            SnapshotStore.start(
                database.source(),
                new SnapshotStore.Settings(Duration.ofHours(1), Duration.ofSeconds(5)))) {
      PolicyStore store =
          new PolicyStore(
              database.source(),
              TestDatabase.REVERSING,
              java.time.InstantSource.fixed(java.time.Instant.EPOCH),
              PolicyLimits.DEFAULT);
      PolicyConfiguration drawn = PolicyConfiguration.EMPTY;
      for (int edit = 0; edit < EDITS; edit++) {
        drawn = edit % 3 == 0 ? drawn() : drawn.withRules(moved(drawn.rules()));
        // What was drawn is in no order; what is written after reading it once is canonical.
        PolicyConfiguration read = read(PolicyWriter.write(drawn));
        if (read.equals(PolicyConfiguration.EMPTY)) {
          continue;
        }
        String text = PolicyWriter.write(read);
        assertThat(PolicyWriter.write(read(text))).as("seed %s", seed).isEqualTo(text);
        PolicyDocument document = TestDatabase.document(text);
        ApplyResult result = store.apply(document, "somebody", false);
        if (result instanceof ApplyResult.Applied) {
          good++;
          forwarding += store.load().forwardingRules().size();
          assertThat(PolicyWriter.write(store.load())).as("seed %s", seed).isEqualTo(text);
          assertThat(snapshots.refresh().configuration())
              .as("seed %s edit %s", seed, edit)
              .isEqualTo(store.load());
          assertThat(store.apply(document, "somebody", false))
              .isInstanceOfSatisfying(
                  ApplyResult.Applied.class, again -> assertThat(again.changes()).isEmpty());
        }
      }
    }
    System.out.println("seed " + seed + ": " + good + " of " + EDITS + " documents were good");
    assertThat(good).isGreaterThan(EDITS / 20);
    assertThat(forwarding).isPositive();
  }

  private PolicyConfiguration drawn() {
    RandomPolicy policy = new RandomPolicy(random);
    return policy.withForwarding(policy.configuration());
  }

  /// Nothing, if the document is wrong: two applications may have drawn one host and port.
  private static PolicyConfiguration read(String text) {
    return new PolicyParser(PolicyLimits.DEFAULT).parse(text)
            instanceof PolicyParser.Result.Parsed(PolicyDocument document)
        ? document.over(PolicyConfiguration.EMPTY)
        : PolicyConfiguration.EMPTY;
  }

  private List<AccessRule> moved(List<AccessRule> rules) {
    List<AccessRule> copy = new ArrayList<>(rules);
    Collections.shuffle(copy, new Random(random.nextLong()));
    return copy.size() < 2 ? copy : copy.subList(random.nextInt(2), copy.size());
  }
}
