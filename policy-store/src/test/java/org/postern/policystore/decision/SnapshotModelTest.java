package org.postern.policystore.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.postern.policystore.Application;
import org.postern.policystore.HostPattern;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.TestSeeds;
import org.postern.policystore.Transport;

/// The engine and the plain model agree, on small worlds where everything collides.
@ParameterizedClass
@MethodSource("seeds")
class SnapshotModelTest {
  private static final int WORLDS = 4_000;
  private static final int QUESTIONS = 250;

  private final long seed;
  private final SplittableRandom random;

  SnapshotModelTest(long seed) {
    this.seed = seed;
    this.random = new SplittableRandom(seed);
  }

  static LongStream seeds() {
    return TestSeeds.of(20260301);
  }

  @Test
  void engineAndModelAgreeOnAMillionCases() {
    TreeMap<String, Integer> answers = new TreeMap<>();
    for (int world = 0; world < WORLDS; world++) {
      RandomPolicy policy = new RandomPolicy(random);
      PolicyConfiguration configuration = policy.withForwarding(policy.configuration());
      RandomPeople people = new RandomPeople(random);
      IdentityState identities = people.identities();
      NaiveModel model = new NaiveModel(configuration, identities);
      Snapshot snapshot = Snapshot.build(world, configuration, identities);
      Snapshot other = Snapshot.build(world, PolicyConfiguration.EMPTY, identities);
      for (int i = 0; i < QUESTIONS; i++) {
        NaiveModel.Question q = people.question();
        Snapshot viewed = random.nextInt(10) == 0 ? other : snapshot;
        SubjectView view = viewed.subject(q.userId(), q.deviceId(), q.facts());
        Decision expected = model.decide(q);
        Decision actual = snapshot.decide(view, q.host(), q.port(), q.transport(), q.nowMillis());
        if (!actual.equals(expected)) {
          assertThat(actual)
              .as("seed %s world %s question %s in %s", seed, world, q, configuration)
              .isEqualTo(expected);
        }
        answers.merge(actual.getClass().getSimpleName(), 1, Integer::sum);
        if (i % 20 == 0) {
          boolean bypassed = model.isBypassed(q);
          assertThat(snapshot.isBypassed(view, q.host(), q.nowMillis()))
              .as("seed %s world %s bypass %s in %s", seed, world, q, configuration)
              .isEqualTo(bypassed);
          checkResolved(snapshot.resolve(view, q.host(), q.nowMillis()), q, expected, bypassed);
          answers.merge(bypassed ? "bypassed" : "not bypassed", 1, Integer::sum);
          checkExplained(
              snapshot.explain(view, q.host(), q.port(), q.transport(), q.nowMillis()), expected);
        }
      }
      checkPlan(snapshot, model, people);
    }
    System.out.println("seed " + seed + ": " + WORLDS * QUESTIONS + " cases agree, " + answers);
    assertThat(answers.get("Allow")).isGreaterThan(WORLDS * QUESTIONS / 50);
    assertThat(answers.get("bypassed")).isGreaterThan(WORLDS / 2);
    assertThat(answers.get("StepUp")).isGreaterThan(WORLDS);
    assertThat(answers.get("RequireApproval")).isGreaterThan(WORLDS);
  }

  private static void checkExplained(Explanation explanation, Decision decision) {
    assertThat(explanation.decision()).isEqualTo(decision);
    List<String> decided =
        explanation.rules().stream()
            .filter(rule -> rule.role() == Explanation.Role.DECIDED)
            .map(Explanation.RuleTrace::name)
            .toList();
    assertThat(decided)
        .isEqualTo(decision.rule() == null ? List.of() : List.of(decision.rule().name()));
  }

  private static void checkResolved(
      Optional<ResolvedName> resolved, NaiveModel.Question q, Decision decision, boolean bypassed) {
    boolean open =
        resolved.stream()
            .flatMap(name -> (q.transport() == Transport.TCP ? name.tcp() : name.udp()).stream())
            .anyMatch(range -> range.contains(q.port()));
    assertThat(open).as(q.toString()).isEqualTo(!bypassed && !(decision instanceof Decision.Deny));
  }

  /// A plan shows the hosts behind which something is open or which a rule has us answer for, below
  /// our domains only those that a bypassed pattern would take away, and nothing else; and it shows
  /// every host that is bypassed.
  private void checkPlan(Snapshot snapshot, NaiveModel model, RandomPeople people) {
    NaiveModel.Question q = people.question();
    NamePlan plan =
        snapshot.namePlan(snapshot.subject(q.userId(), q.deviceId(), q.facts()), q.nowMillis());
    Set<String> ours = new HashSet<>();
    Set<String> bypassed = new HashSet<>();
    for (Application application : snapshot.configuration().applications()) {
      for (HostPattern host : application.hosts()) {
        if (host instanceof HostPattern.ExactName(String name)) {
          NaiveModel.Question about = about(q, name);
          if (model.isBypassed(about)) {
            bypassed.add(name);
          } else if (model.isOpen(about) || model.isIntercepted(about)) {
            ours.add(name);
          }
        }
      }
    }
    ours.removeIf(name ->
        name.endsWith(".y")
            && plan.bypassed().stream()
                .noneMatch(
                    pattern -> isPattern(pattern) && new GlobPattern(pattern).matches(name)));
    assertThat(exact(plan.names())).as("seed %s %s", seed, q).isEqualTo(ours);
    assertThat(exact(plan.bypassed())).as("seed %s %s", seed, q).isEqualTo(bypassed);
    assertThat(plan.domains()).containsExactly("y");
  }

  private static boolean isPattern(String name) {
    return name.contains("*") || name.contains("?");
  }

  private static Set<String> exact(List<String> names) {
    Set<String> exact = new HashSet<>(names);
    exact.removeIf(SnapshotModelTest::isPattern);
    return exact;
  }

  private static NaiveModel.Question about(NaiveModel.Question q, String host) {
    return new NaiveModel.Question(
        q.userId(), q.deviceId(), q.facts(), host, 1, Transport.TCP, q.nowMillis());
  }
}
