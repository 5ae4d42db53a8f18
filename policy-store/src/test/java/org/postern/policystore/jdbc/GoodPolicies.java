package org.postern.policystore.jdbc;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.postern.policystore.AccessRule;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.decision.RandomPolicy;
import org.postern.policystore.yaml.PolicyDocument;
import org.postern.policystore.yaml.PolicyParser;
import org.postern.policystore.yaml.PolicyWriter;

/// Random configurations with every word of the language that are good: a draw in which two
/// applications have one host and port, say, is drawn again.
final class GoodPolicies {
  private static final int DRAWS_MAX = 1_000;

  private final SplittableRandom random;
  private final SplittableRandom apart;

  GoodPolicies(SplittableRandom random) {
    this.random = random;
    this.apart = random.split();
  }

  PolicyConfiguration draw() {
    for (int i = 0; i < DRAWS_MAX; i++) {
      RandomPolicy policy = new RandomPolicy(random);
      PolicyConfiguration drawn =
          new RandomServerGroups(random).over(policy.withForwarding(policy.configuration()));
      drawn = new RandomTests(apart).over(drawn);
      PolicyConfiguration read = read(PolicyWriter.write(drawn));
      if (!read.equals(PolicyConfiguration.EMPTY)) {
        return read;
      }
    }
    throw new AssertionError("no good policy in " + DRAWS_MAX + " draws");
  }

  /// The same with its access rules in another order, and perhaps one less.
  PolicyConfiguration moved(PolicyConfiguration policy) {
    List<AccessRule> copy = new ArrayList<>(policy.rules());
    Collections.shuffle(copy, new Random(random.nextLong()));
    List<AccessRule> kept = copy.size() < 2 ? copy : copy.subList(random.nextInt(2), copy.size());
    List<String> names = kept.stream().map(AccessRule::name).toList();
    return policy
        .withRules(kept)
        .withTests(
            policy.tests().stream()
                .filter(test -> test.rule().isEmpty() || names.contains(test.rule()))
                .toList());
  }

  /// Some kinds of it, and some of another: its rules in another order if the two do not fit.
  PolicyConfiguration edited(PolicyConfiguration from) {
    PolicyConfiguration other = draw();
    PolicyConfiguration mixed = from;
    mixed = random.nextBoolean() ? mixed.withApplications(other.applications()) : mixed;
    mixed = random.nextBoolean() ? mixed.withServerGroups(other.serverGroups()) : mixed;
    mixed = random.nextBoolean() ? mixed.withApplicationGroups(other.applicationGroups()) : mixed;
    mixed = random.nextBoolean() ? mixed.withGroups(other.groups()) : mixed;
    mixed = random.nextBoolean() ? mixed.withRules(other.rules()) : mixed;
    mixed = random.nextBoolean() ? mixed.withSessionRules(other.sessionRules()) : mixed;
    mixed = random.nextBoolean() ? mixed.withForwardingRules(other.forwardingRules()) : mixed;
    mixed = random.nextBoolean() ? mixed.withIdentityProviders(other.identityProviders()) : mixed;
    PolicyConfiguration read = read(PolicyWriter.write(mixed));
    return read.equals(PolicyConfiguration.EMPTY) ? moved(from) : read;
  }

  /// What a text says; nothing, if it is wrong.
  static PolicyConfiguration read(String text) {
    return new PolicyParser(PolicyLimits.DEFAULT).parse(text)
            instanceof PolicyParser.Result.Parsed(PolicyDocument document)
        ? document.over(PolicyConfiguration.EMPTY)
        : PolicyConfiguration.EMPTY;
  }
}
