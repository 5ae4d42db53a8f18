package org.postern.policystore.analysis;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.postern.policystore.Condition;
import org.postern.policystore.Operand;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.Rule;

/// Which facts somebody tells the brokers of. A rule about a fact that nobody tells never allows,
/// and denies everybody whom its other conditions mean.
///
/// @param country some broker can tell the country of an address
/// @param risk somebody has set a risk level
public record FactSources(boolean country, boolean risk) {

  /// Rules about facts that nobody tells.
  ///
  /// @param asked rules to look at
  public List<Finding> unfed(PolicyConfiguration configuration, Predicate<Rule> asked) {
    List<Finding> findings = new ArrayList<>();
    Stream.of(configuration.rules(), configuration.sessionRules(), configuration.forwardingRules())
        .flatMap(List::stream)
        .filter(asked)
        .forEach(rule -> {
          for (Condition condition : rule.match().conditions()) {
            if (condition.operand() instanceof Operand.Countries && !country) {
              findings.add(
                  finding(
                      rule,
                      "the country, and no broker has a country file; start one with"
                          + " --country-db FILE"));
            }
            if (condition.operand() instanceof Operand.Risks && !risk) {
              findings.add(
                  finding(
                      rule,
                      "the risk level, and nobody ever set one; use postern admin risk"
                          + " set, or a signal stream that sends risk-level-change"));
            }
          }
        });
    return findings;
  }

  private static Finding finding(Rule rule, String what) {
    return new Finding(
        Finding.Kind.MISSING_FACT,
        rule.name(),
        "rule "
            + rule.name()
            + " asks for "
            + what
            + ". Until then the fact is missing: the rule never allows, and if it denies, it denies"
            + " everybody whom it may mean");
  }
}
