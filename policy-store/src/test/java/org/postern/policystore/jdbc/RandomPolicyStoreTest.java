package org.postern.policystore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.TestSeeds;
import org.postern.policystore.yaml.PolicyDocument;
import org.postern.policystore.yaml.PolicyWriter;

/// Random configurations with every word of the language go through the document, the tables and
/// the snapshot, and come out the same.
@ParameterizedClass
@MethodSource("seeds")
class RandomPolicyStoreTest {
  private static final int EDITS = 60;

  private final long seed;
  private final GoodPolicies policies;

  RandomPolicyStoreTest(long seed) {
    this.seed = seed;
    this.policies = new GoodPolicies(new SplittableRandom(seed));
  }

  static LongStream seeds() {
    return TestSeeds.of(20260303);
  }

  @Test
  void everyWordComesBackAndSnapshotsFollow() {
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
      int forwarding = 0;
      for (int edit = 0; edit < EDITS; edit++) {
        drawn = edit % 3 == 0 ? policies.draw() : policies.moved(drawn);
        forwarding += drawn.forwardingRules().size();
        String text = PolicyWriter.write(drawn);
        assertThat(PolicyWriter.write(GoodPolicies.read(text))).as("seed %s", seed).isEqualTo(text);
        PolicyDocument document = TestDatabase.document(text);
        assertThat(store.apply(document, "somebody", false))
            .as("seed %s edit %s", seed, edit)
            .isInstanceOf(ApplyResult.Applied.class);
        assertThat(PolicyWriter.write(store.load())).as("seed %s", seed).isEqualTo(text);
        assertThat(snapshots.refresh().configuration())
            .as("seed %s edit %s", seed, edit)
            .isEqualTo(store.load());
        assertThat(store.apply(document, "somebody", false))
            .isInstanceOfSatisfying(
                ApplyResult.Applied.class, again -> assertThat(again.changes()).isEmpty());
      }
      assertThat(forwarding).isPositive();
    }
  }
}
