package org.postern.policystore.analysis;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.postern.policystore.Application;
import org.postern.policystore.Condition;
import org.postern.policystore.Label;
import org.postern.policystore.Operand;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.RuleMatch;

/// Which applications rules are about, as bits: an application's bit is its place in the
/// configuration.
final class RuleTargets {
  private final int count;
  private final Map<String, Integer> places = new HashMap<>();
  private final Map<String, BitSet> groups = new HashMap<>();
  private final Map<Label, BitSet> labels = new HashMap<>();

  RuleTargets(PolicyConfiguration configuration) {
    List<Application> applications = configuration.applications();
    this.count = applications.size();
    for (int i = 0; i < count; i++) {
      places.put(applications.get(i).name(), i);
      for (Label label : applications.get(i).traits().labels()) {
        labels.computeIfAbsent(label, _ -> new BitSet()).set(i);
      }
    }
    configuration
        .applicationGroups()
        .forEach(each -> groups.put(each.name(), named(each.applications())));
  }

  BitSet of(RuleMatch match) {
    RuleMatch.Targets targets = match.targets();
    BitSet found = new BitSet(count);
    if (targets.any()) {
      found.set(0, count);
    }
    found.or(named(targets.applications()));
    found.or(inGroups(targets.groups()));
    found.or(labelled(targets.labels()));
    for (Condition condition : match.conditions()) {
      switch (condition.operand()) {
        case Operand.Applications(var names) -> keep(found, named(names), condition);
        case Operand.ApplicationGroups(var names) -> keep(found, inGroups(names), condition);
        case Operand.Labels(var wanted) -> keep(found, labelled(wanted), condition);
        default -> {}
      }
    }
    return found;
  }

  private static void keep(BitSet found, BitSet meant, Condition condition) {
    if (condition.negated()) {
      found.andNot(meant);
    } else {
      found.and(meant);
    }
  }

  private BitSet named(List<String> names) {
    BitSet bits = new BitSet();
    for (String name : names) {
      Integer place = places.get(name);
      if (place != null) {
        bits.set(place);
      }
    }
    return bits;
  }

  private BitSet inGroups(List<String> names) {
    BitSet members = new BitSet();
    names.forEach(name -> members.or(groups.getOrDefault(name, new BitSet())));
    return members;
  }

  private BitSet labelled(List<Label> wanted) {
    BitSet bearing = new BitSet();
    wanted.forEach(label -> bearing.or(labels.getOrDefault(label, new BitSet())));
    return bearing;
  }
}
