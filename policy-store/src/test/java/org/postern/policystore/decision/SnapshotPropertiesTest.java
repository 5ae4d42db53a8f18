package org.postern.policystore.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Condition;
import org.postern.policystore.Operand;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.Rule;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.RuleMode;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.TestSeeds;
import org.postern.policystore.UserRecord;

/// What holds of every policy and every question.
@ParameterizedClass
@MethodSource("seeds")
class SnapshotPropertiesTest {
  private static final int WORLDS = 600;
  private static final int QUESTIONS = 150;

  private final long seed;
  private final SplittableRandom random;
  private final RandomPolicy policies;
  private final RandomPeople people;

  SnapshotPropertiesTest(long seed) {
    this.seed = seed;
    this.random = new SplittableRandom(seed);
    this.policies = new RandomPolicy(random);
    this.people = new RandomPeople(random);
  }

  static LongStream seeds() {
    return TestSeeds.of(20260302);
  }

  private static Decision ask(Snapshot snapshot, NaiveModel.Question q) {
    return snapshot.decide(
        snapshot.subject(q.userId(), q.deviceId(), q.facts()),
        q.host(),
        q.port(),
        q.transport(),
        q.nowMillis());
  }

  /// What the person may do: nothing, ask for it, or go ahead.
  private static int access(Decision decision) {
    return switch (decision) {
      case Decision.Allow allow -> 2;
      case Decision.StepUp stepUp -> 1;
      case Decision.RequireApproval approval -> 1;
      case Decision.Deny deny -> 0;
    };
  }

  @Test
  void addingADenyNeverAddsAccess() {
    for (int world = 0; world < WORLDS; world++) {
      PolicyConfiguration before = policies.configuration();
      List<AccessRule> rules = new ArrayList<>(before.rules());
      AccessRule drawn =
          policies.accessRule("extra", before.applications().stream().map(a -> a.name()).toList());
      rules.add(
          random.nextInt(rules.size() + 1),
          new AccessRule(
              "extra", AccessRule.Action.DENY, drawn.match(), drawn.mode(), drawn.terms()));
      IdentityState identities = people.identities();
      Snapshot without = Snapshot.build(1, before, identities);
      Snapshot with = without.with(2, before.withRules(rules), identities);
      for (int i = 0; i < QUESTIONS; i++) {
        NaiveModel.Question q = people.question();
        assertThat(access(ask(with, q)))
            .as("seed %s, %s", seed, q)
            .isLessThanOrEqualTo(access(ask(without, q)));
      }
    }
  }

  @Test
  void removingAFactNeverAddsAccess() {
    int lost = 0;
    for (int world = 0; world < 2 * WORLDS; world++) {
      PolicyConfiguration configuration = policies.configuration();
      IdentityState identities = people.identities();
      Snapshot snapshot = Snapshot.build(1, configuration, identities);
      for (int i = 0; i < QUESTIONS; i++) {
        NaiveModel.Question q = people.question();
        NaiveModel.Question less =
            new NaiveModel.Question(
                q.userId(),
                q.deviceId(),
                less(q.facts()),
                q.host(),
                q.port(),
                q.transport(),
                q.nowMillis());
        Snapshot lesser =
            random.nextInt(3) == 0 ? snapshot.withIdentities(2, less(identities)) : snapshot;
        int before = access(ask(snapshot, q));
        int after = access(ask(lesser, less));
        if (after > before) {
          assertThat(after).as("seed %s, %s and %s", seed, q, less).isLessThanOrEqualTo(before);
        }
        lost += after < before ? 1 : 0;
      }
    }
    System.out.println("seed " + seed + ": removing a fact took access away " + lost + " times");
    assertThat(lost).isGreaterThan(100);
  }

  private Facts less(Facts facts) {
    Map<String, org.postern.policystore.Truth> posture = new HashMap<>(facts.posture());
    if (random.nextBoolean() && !posture.isEmpty()) {
      posture.remove(posture.keySet().iterator().next());
    }
    return new Facts(
        rarely() ? null : facts.clientType(),
        rarely() ? null : facts.platform(),
        posture,
        rarely() ? null : facts.source(),
        rarely() ? null : facts.trustedNetworks(),
        rarely() ? null : facts.country(),
        rarely() ? null : facts.risk());
  }

  /// People without attributes, and sessions of which nothing is known but when they began.
  private static IdentityState less(IdentityState identities) {
    Map<String, UserRecord> users = new HashMap<>();
    identities
        .users()
        .forEach((id, user) ->
            users.put(
                id,
                new UserRecord(
                    user.id(),
                    user.provider(),
                    user.subject(),
                    user.email(),
                    user.name(),
                    user.disabled(),
                    user.providerGroups())));
    Map<String, SessionRecord> sessions = new HashMap<>();
    identities
        .sessionsByDevice()
        .forEach((id, session) ->
            sessions.put(
                id,
                new SessionRecord(
                    session.id(),
                    session.userId(),
                    session.deviceId(),
                    session.provider(),
                    session.authenticatedAt(),
                    session.expiresAt(),
                    session.revoked())));
    return new IdentityState(
        users,
        identities.devices(),
        sessions,
        identities.connectors(),
        identities.approvalsByUser());
  }

  private boolean rarely() {
    return random.nextInt(4) == 0;
  }

  @Test
  void unknownPostureNeverAllows() {
    int allowed = 0;
    for (int world = 0; world < WORLDS; world++) {
      Snapshot snapshot = Snapshot.build(1, policies.configuration(), people.identities());
      for (int i = 0; i < QUESTIONS; i++) {
        NaiveModel.Question drawn = people.question();
        NaiveModel.Question q =
            new NaiveModel.Question(
                drawn.userId(),
                drawn.deviceId(),
                drawn.facts().withPosture(Map.of()),
                drawn.host(),
                drawn.port(),
                drawn.transport(),
                drawn.nowMillis());
        if (ask(snapshot, q) instanceof Decision.Allow allow) {
          allowed++;
          assertThat(allow.rule().match().conditions())
              .as("seed %s, %s", seed, q)
              .noneMatch(condition -> condition.operand() instanceof Operand.Posture);
        }
      }
    }
    assertThat(allowed).isGreaterThan(100);
  }

  @Test
  void orderOfEqualSnapshotsDoesNotMatter() {
    for (int world = 0; world < WORLDS; world++) {
      PolicyConfiguration configuration = policies.configuration();
      IdentityState identities = people.identities();
      Snapshot straight = Snapshot.build(1, configuration, identities);
      Snapshot crooked =
          Snapshot.build(1, policies.configuration(), identities)
              .with(
                  2,
                  configuration.withApplications(shuffled(configuration.applications())),
                  identities)
              .with(3, shuffled(configuration), identities);
      for (int i = 0; i < QUESTIONS / 2; i++) {
        NaiveModel.Question q = people.question();
        assertThat(ask(crooked, q)).as("seed %s, %s", seed, q).isEqualTo(ask(straight, q));
      }
    }
  }

  private PolicyConfiguration shuffled(PolicyConfiguration configuration) {
    return configuration
        .withApplications(shuffled(configuration.applications()))
        .withGroups(shuffled(configuration.groups()))
        .withApplicationGroups(shuffled(configuration.applicationGroups()))
        .withTrustedNetworks(shuffled(configuration.trustedNetworks()))
        .withPostureProfiles(shuffled(configuration.postureProfiles()))
        .withIdentityProviders(shuffled(configuration.identityProviders()));
  }

  private <T> List<T> shuffled(List<T> list) {
    List<T> copy = new ArrayList<>(list);
    Collections.shuffle(copy, new Random(random.nextLong()));
    return copy;
  }

  @Test
  void decisionHoldsUntilItIsReconsidered() {
    int changes = 0;
    for (int world = 0; world < WORLDS; world++) {
      Snapshot snapshot = Snapshot.build(1, policies.configuration(), people.identities());
      for (int i = 0; i < QUESTIONS; i++) {
        NaiveModel.Question q = people.question();
        SubjectView view = snapshot.subject(q.userId(), q.deviceId(), q.facts());
        Decision now = ask(snapshot, q);
        long until = snapshot.reconsiderAt(view, q.host(), q.port(), q.transport(), q.nowMillis());
        assertThat(until).as("seed %s, %s", seed, q).isGreaterThan(q.nowMillis());
        long horizon = Math.min(until, q.nowMillis() + 200L * 3_600_000);
        for (int j = 0; j < 4; j++) {
          long later = j == 0 ? horizon - 1 : random.nextLong(q.nowMillis(), horizon);
          assertThat(snapshot.decide(view, q.host(), q.port(), q.transport(), later))
              .as("seed %s, %s at %s", seed, q, later)
              .isEqualTo(now);
        }
        if (until < Long.MAX_VALUE) {
          changes +=
              snapshot.decide(view, q.host(), q.port(), q.transport(), until).equals(now) ? 0 : 1;
        }
      }
    }
    System.out.println("seed " + seed + ": " + changes + " decisions changed when they were due");
    assertThat(changes).isGreaterThan(1_000);
  }

  @Test
  void shareOfPeopleGrowsWithThePercentageAndNeverMoves() {
    int inBefore = 0;
    for (int percent = 1; percent < 100; percent += 7) {
      CompiledRule rule = share(percent);
      CompiledRule wider = share(Math.min(99, percent + 7));
      int in = 0;
      for (int i = 0; i < 2_000; i++) {
        SubjectFacts subject = subject("user-" + i);
        boolean enforced = rule.inForce(subject) == org.postern.policystore.Truth.TRUE;
        in += enforced ? 1 : 0;
        assertThat(!enforced || wider.inForce(subject) == org.postern.policystore.Truth.TRUE)
            .isTrue();
      }
      assertThat(in / 20).isBetween(percent - 5, percent + 5);
      assertThat(in).isGreaterThan(inBefore);
      inBefore = in;
    }
  }

  private static CompiledRule share(int percent) {
    return new CompiledRule(
        new AccessRule(
            "canary",
            AccessRule.Action.ALLOW,
            new RuleMatch(RuleMatch.Targets.ANY, RuleMatch.Subjects.ANYONE, List.<Condition>of()),
            new RuleMode.EnforcePercent(percent),
            AccessRule.Terms.NONE),
        new RuleCounter(),
        new HashMap<>());
  }

  private static SubjectFacts subject(String id) {
    UserRecord user = new UserRecord(id, "p0", id, id + "@x.y", id, false, List.of());
    return new SubjectFacts(
        new CompiledPolicy(PolicyConfiguration.EMPTY, null),
        user,
        user.email(),
        java.util.Set.of(),
        null,
        null,
        Facts.NONE,
        List.of());
  }

  @Test
  void countsSayWhatDecidedAndWhatWouldHave() {
    int reports = 0;
    for (int world = 0; world < 200; world++) {
      Snapshot snapshot = Snapshot.build(1, policies.configuration(), people.identities());
      Map<String, Long> decided = new HashMap<>();
      Set<String> access =
          snapshot.configuration().rules().stream().map(Rule::name).collect(Collectors.toSet());
      for (int i = 0; i < QUESTIONS; i++) {
        NaiveModel.Question q = people.question();
        Decision decision =
            snapshot.decideAndCount(
                snapshot.subject(q.userId(), q.deviceId(), q.facts()),
                q.host(),
                q.port(),
                q.transport(),
                q.nowMillis());
        if (decision.rule() instanceof AccessRule) {
          decided.merge(decision.rule().name(), 1L, Long::sum);
        }
      }
      // Counts outlive the configuration that they were made under.
      Map<String, RuleCounts> counts =
          snapshot.with(2, snapshot.configuration(), snapshot.identities()).takeCounts();
      Map<String, Long> hits = new HashMap<>();
      for (Map.Entry<String, RuleCounts> entry : counts.entrySet()) {
        reports += entry.getValue().reports() > 0 ? 1 : 0;
        if (entry.getValue().hits() > 0 && access.contains(entry.getKey())) {
          hits.put(entry.getKey(), entry.getValue().hits());
        }
      }
      assertThat(hits).isEqualTo(decided);
      assertThat(snapshot.takeCounts()).isEmpty();
    }
    assertThat(reports).isGreaterThan(10);
  }
}
