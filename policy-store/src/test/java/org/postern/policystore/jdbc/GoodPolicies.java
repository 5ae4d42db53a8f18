package org.postern.policystore.jdbc;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
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

  /// The kinds of the document, from the document: a new one is edited without being named here.
  static final List<RecordComponent> KINDS =
      List.of(PolicyConfiguration.class.getRecordComponents());

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
      drawn = new RandomTests(apart).over(new RandomSurroundings(apart).over(drawn));
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
    for (RecordComponent kind : KINDS) {
      mixed = random.nextBoolean() ? with(mixed, kind, things(other, kind)) : mixed;
    }
    return good(mixed).orElseGet(() -> moved(from));
  }

  /// One kind of it as in another, or without one of its things: its rules in another order if
  /// neither fits.
  PolicyConfiguration edited(PolicyConfiguration from, RecordComponent kind) {
    PolicyConfiguration other = with(from, kind, things(draw(), kind));
    List<Object> fewer = new ArrayList<>(things(from, kind));
    if (!fewer.isEmpty()) {
      fewer.remove(random.nextInt(fewer.size()));
    }
    return good(other).or(() -> good(with(from, kind, fewer))).orElseGet(() -> moved(from));
  }

  private static Optional<PolicyConfiguration> good(PolicyConfiguration wanted) {
    PolicyConfiguration read = read(PolicyWriter.write(wanted));
    return read.equals(PolicyConfiguration.EMPTY) ? Optional.empty() : Optional.of(read);
  }

  /// The things of one kind.
  static List<?> things(PolicyConfiguration policy, RecordComponent kind) {
    try {
      return (List<?>) kind.getAccessor().invoke(policy);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("a record that cannot be read or made", e);
    }
  }

  private static PolicyConfiguration with(
      PolicyConfiguration policy, RecordComponent kind, List<?> things) {
    Class<?>[] types = KINDS.stream().map(RecordComponent::getType).toArray(Class<?>[]::new);
    Object[] values =
        KINDS.stream().map(each -> each == kind ? things : things(policy, each)).toArray();
    try {
      return PolicyConfiguration.class.getConstructor(types).newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("a record that cannot be read or made", e);
    }
  }

  /// What a text says; nothing, if it is wrong.
  static PolicyConfiguration read(String text) {
    return new PolicyParser(PolicyLimits.DEFAULT).parse(text)
            instanceof PolicyParser.Result.Parsed(PolicyDocument document)
        ? document.over(PolicyConfiguration.EMPTY)
        : PolicyConfiguration.EMPTY;
  }
}
