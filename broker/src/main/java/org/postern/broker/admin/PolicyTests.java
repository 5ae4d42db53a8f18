package org.postern.broker.admin;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.postern.broker.audit.ExplanationText;
import org.postern.policystore.ConditionText;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyTest;
import org.postern.policystore.decision.Explanation;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.yaml.PolicyError;

/**
 * Runs the tests that a policy brings with it, each as a {@link Question} to the real engine. Every
 * change runs those of the policy that would be; one that fails blocks it.
 */
final class PolicyTests {
  /** What the paths of its findings begin with. */
  static final String PATH = "tests.";

  private PolicyTests() {}

  /**
   * Those that fail, each with what came instead. The path of each is {@code tests.NAME}.
   *
   * @param compiler makes a snapshot of a policy without people; asked once, however many tests
   */
  static List<PolicyError> failures(
      PolicyConfiguration configuration,
      Function<PolicyConfiguration, Snapshot> compiler,
      Instant now) {
    List<PolicyError> failures = new ArrayList<>();
    if (configuration.tests().isEmpty()) {
      return failures;
    }
    Snapshot policy = compiler.apply(configuration);
    for (PolicyTest test : configuration.tests()) {
      WhatIf whatIf = new WhatIf(Question.of(test, now), policy);
      Explanation why = whatIf.explain(whatIf.somebody());
      String expected = ConditionText.word(test.expect());
      String outcome = ExplanationText.outcome(why.decision());
      String rule = why.decision().rule() == null ? "" : why.decision().rule().name();
      if (!outcome.equals(expected) || !(test.rule().isEmpty() || test.rule().equals(rule))) {
        failures.add(
            new PolicyError(
                1,
                1,
                PATH + test.name(),
                "policy test \"%s\" fails: expected %s, found %s"
                    .formatted(
                        test.name(),
                        expected + (test.rule().isEmpty() ? "" : " by " + test.rule()),
                        outcome + " by " + (rule.isEmpty() ? "no rule" : rule))));
      }
    }
    return failures;
  }
}
