package org.postern.broker.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.postern.broker.audit.ExplanationText;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.decision.Explanation;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.yaml.PolicyError;

/**
 * What a policy must allow and must deny, written beside it: a document of {@code tests}, each with
 * a name, {@code expect} (allow, deny, step-up, approval; {@code rule} if it matters which) and a
 * question as {@link WhatIf} knows it. Every apply runs them against the policy that would be; one
 * that fails blocks it.
 */
final class PolicyTests {
  static final String SETTING = "policy-tests";
  static final String NONE = "tests: []\n";

  private static final int TESTS_MAX = 2_000;
  private static final Set<String> WORDS = Set.of("allow", "deny", "step-up", "approval");
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  private final List<JsonNode> tests;

  private PolicyTests(List<JsonNode> tests) {
    this.tests = tests;
  }

  static PolicyTests parse(String document, Contract contract) {
    List<SchemaCheck.FieldError> errors = new ArrayList<>();
    List<JsonNode> tests = new ArrayList<>();
    Set<String> names = new HashSet<>();
    try {
      JsonNode root = YAML.readTree(document);
      JsonNode list = root == null ? YAML.createArrayNode() : root.path("tests");
      if (!list.isArray() || list.size() > TESTS_MAX) {
        throw AdminProblem.field("tests", "expected: a list of at most " + TESTS_MAX);
      }
      for (JsonNode test : list) {
        String at = "tests[" + tests.size() + "]";
        if (!names.add(test.path("name").asText())) {
          errors.add(new SchemaCheck.FieldError(at + ".name", "expected: a name of its own"));
        }
        if (!WORDS.contains(test.path("expect").asText())) {
          errors.add(new SchemaCheck.FieldError(at + ".expect", "expected: one of " + WORDS));
        }
        check(contract.policyTest(), test, at, errors);
        tests.add(test);
      }
    } catch (IOException e) {
      throw AdminProblem.field("", "the tests are not YAML");
    }
    if (!errors.isEmpty()) {
      throw AdminProblem.fields(errors);
    }
    return new PolicyTests(tests);
  }

  /** Its shape first; facts that have the wrong shape are not looked at again. */
  private static void check(
      JsonNode schema, JsonNode test, String at, List<SchemaCheck.FieldError> errors) {
    SchemaCheck check = new SchemaCheck();
    check.check(schema, test, at);
    if (check.errors().isEmpty()) {
      Question.of(test, Instant.EPOCH, at, errors);
    } else {
      errors.addAll(check.errors());
    }
  }

  int count() {
    return tests.size();
  }

  /**
   * Those that fail, each with what came instead.
   *
   * @param compiler makes a snapshot of a policy without people; asked once, however many tests
   */
  List<PolicyError> failures(
      PolicyConfiguration configuration,
      Function<PolicyConfiguration, Snapshot> compiler,
      Instant now) {
    List<PolicyError> failures = new ArrayList<>();
    if (tests.isEmpty()) {
      return failures;
    }
    Snapshot policy = compiler.apply(configuration);
    for (JsonNode test : tests) {
      WhatIf whatIf = new WhatIf(Question.of(test, now), policy);
      Explanation why = whatIf.explain(whatIf.somebody());
      String outcome = ExplanationText.outcome(why.decision());
      String rule = why.decision().rule() == null ? "no rule" : why.decision().rule().name();
      String wanted = test.path("rule").asText("");
      if (!outcome.equals(test.path("expect").asText())
          || !(wanted.isEmpty() || wanted.equals(rule))) {
        failures.add(
            new PolicyError(
                1,
                1,
                "tests." + test.path("name").asText(),
                "expected %s%s, but it would be %s by %s"
                    .formatted(
                        test.path("expect").asText(),
                        wanted.isEmpty() ? "" : " by " + wanted,
                        outcome,
                        rule)));
      }
    }
    return failures;
  }
}
