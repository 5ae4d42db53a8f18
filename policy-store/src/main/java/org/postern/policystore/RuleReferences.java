package org.postern.policystore;

import java.util.ArrayList;
import java.util.List;

/// What a rule or a policy test names: the things that must exist for it to mean what it says.
public final class RuleReferences {
  /// One name in a rule.
  ///
  /// @param kind `application`, `application group`, `group`, `connector group`, `trusted network`,
  ///   `posture profile`, `identity provider` or `rule`
  public record Reference(String kind, String name) {}

  private final List<Reference> found = new ArrayList<>();

  private RuleReferences() {}

  /// All names, in the order of the text, perhaps more than once.
  public static List<Reference> of(Rule rule) {
    RuleReferences references = new RuleReferences();
    references.add("application", rule.match().targets().applications());
    references.add("application group", rule.match().targets().groups());
    references.add("group", rule.match().subjects().groups());
    for (Condition condition : rule.match().conditions()) {
      switch (condition.operand()) {
        case Operand.Applications(var names) -> references.add("application", names);
        case Operand.ApplicationGroups(var names) -> references.add("application group", names);
        case Operand.Groups(var names) -> references.add("group", names);
        case Operand.Providers(var names) -> references.add("identity provider", names);
        case Operand.TrustedNetworks(var names) -> references.add("trusted network", names);
        case Operand.Posture(var results) ->
            references.add(
                "posture profile", results.stream().map(Operand.PostureResult::profile).toList());
        default -> {}
      }
    }
    if (rule.mode() instanceof RuleMode.EnforceGroup(String group)) {
      references.add("group", List.of(group));
    }
    if (rule instanceof AccessRule access) {
      references.add("connector group", access.terms().connectorGroups());
    }
    return references.found;
  }

  /// All names in a policy test. Groups that a provider says are its own names.
  public static List<Reference> of(PolicyTest test) {
    RuleReferences references = new RuleReferences();
    if (!test.rule().isEmpty()) {
      references.add("rule", List.of(test.rule()));
    }
    if (test.person().provider().isEmpty()) {
      references.add("group", test.person().groups());
    } else {
      references.add("identity provider", List.of(test.person().provider()));
    }
    references.add("posture profile", List.copyOf(test.situation().posture().keySet()));
    if (test.situation().trustedNetworks() != null) {
      references.add("trusted network", List.copyOf(test.situation().trustedNetworks()));
    }
    return references.found;
  }

  private void add(String kind, List<String> names) {
    names.forEach(name -> found.add(new Reference(kind, name)));
  }
}
