package org.postern.policystore.analysis;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.postern.policystore.Application;
import org.postern.policystore.Condition;
import org.postern.policystore.Label;
import org.postern.policystore.Operand;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.RuleMatch;

/// Which applications rules are about, by name.
final class RuleTargets {
  private final Set<String> all = new HashSet<>();
  private final Map<String, List<String>> groups = new HashMap<>();
  private final Map<Label, Set<String>> labels = new HashMap<>();

  RuleTargets(PolicyConfiguration configuration) {
    for (Application application : configuration.applications()) {
      all.add(application.name());
      for (Label label : application.traits().labels()) {
        labels.computeIfAbsent(label, _ -> new HashSet<>()).add(application.name());
      }
    }
    configuration.applicationGroups().forEach(each -> groups.put(each.name(), each.applications()));
  }

  Set<String> of(RuleMatch match) {
    RuleMatch.Targets targets = match.targets();
    Set<String> found = new HashSet<>(targets.any() ? all : Set.of());
    found.addAll(targets.applications());
    found.addAll(inGroups(targets.groups()));
    found.addAll(labelled(targets.labels()));
    for (Condition condition : match.conditions()) {
      switch (condition.operand()) {
        case Operand.Applications(var names) -> keep(found, new HashSet<>(names), condition);
        case Operand.ApplicationGroups(var names) -> keep(found, inGroups(names), condition);
        case Operand.Labels(var wanted) -> keep(found, labelled(wanted), condition);
        default -> {}
      }
    }
    return found;
  }

  private static void keep(Set<String> found, Set<String> meant, Condition condition) {
    found.removeIf(name -> meant.contains(name) == condition.negated());
  }

  private Set<String> inGroups(List<String> names) {
    Set<String> members = new HashSet<>();
    names.forEach(name -> members.addAll(groups.getOrDefault(name, List.of())));
    return members;
  }

  private Set<String> labelled(List<Label> wanted) {
    Set<String> bearing = new HashSet<>();
    wanted.forEach(label -> bearing.addAll(labels.getOrDefault(label, Set.of())));
    return bearing;
  }
}
