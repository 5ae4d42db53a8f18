package org.postern.policystore.analysis;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.postern.policystore.Application;
import org.postern.policystore.Condition;
import org.postern.policystore.HostPattern;
import org.postern.policystore.Operand;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.RisingRun;
import org.postern.policystore.Rule;
import org.postern.policystore.RuleMode;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.decision.Spot;

/// The host patterns for which anything that decisions depend on is another after a change: the
/// applications that take part, the rules about them or their order, and what these rules name.
final class Differing {
  private final Snapshot before;
  private final Snapshot after;
  private final Set<String> groups;
  private final Set<String> applicationGroups;
  private final Set<String> profiles;
  private final Set<String> networks;
  private final boolean everything;
  private final Set<String> altered;
  private final Set<String> moved;

  Differing(Snapshot before, Snapshot after) {
    this.before = before;
    this.after = after;
    PolicyConfiguration old = before.configuration();
    PolicyConfiguration now = after.configuration();
    this.groups = changed(old.groups(), now.groups(), each -> each.name());
    // Where several applications take part, a rule may be about another of them than before.
    this.applicationGroups =
        changed(old.applicationGroups(), now.applicationGroups(), each -> each.name());
    this.profiles = changed(old.postureProfiles(), now.postureProfiles(), each -> each.name());
    this.networks = changed(old.trustedNetworks(), now.trustedNetworks(), each -> each.name());
    // They say whose addresses count, and whose sessions.
    this.everything = !old.identityProviders().equals(now.identityProviders());
    this.altered = altered();
    this.moved = moved(rules(before), rules(after));
  }

  private static <T> Set<String> changed(List<T> old, List<T> now, Function<T, String> name) {
    Set<T> same = new HashSet<>(old);
    same.retainAll(new HashSet<>(now));
    Set<String> names = new HashSet<>();
    old.stream().filter(each -> !same.contains(each)).forEach(each -> names.add(name.apply(each)));
    now.stream().filter(each -> !same.contains(each)).forEach(each -> names.add(name.apply(each)));
    return names;
  }

  /// A pattern and what is another there.
  ///
  /// @param all whoever asks may be answered otherwise; else only whom one of the rules may be
  ///   about
  /// @param rules names of access and session rules
  record Difference(HostPattern pattern, boolean all, Set<String> rules) {}

  /// Of both sides, each once.
  List<Difference> patterns() {
    Map<String, HostPattern> all = new LinkedHashMap<>();
    for (Snapshot side : List.of(before, after)) {
      for (Application application : side.configuration().applications()) {
        application.hosts().forEach(host -> all.putIfAbsent(host.text(), host));
      }
    }
    List<Difference> differing = new ArrayList<>();
    for (HostPattern pattern : all.values()) {
      Spot old = before.spot(pattern);
      Spot now = after.spot(pattern);
      boolean everybody = everything || !old.applications().equals(now.applications());
      Set<String> touched = touched(old.rules(), now.rules());
      if (everybody || !touched.isEmpty()) {
        differing.add(new Difference(pattern, everybody, touched));
      }
    }
    return differing;
  }

  /// Rules that are not on both sides as they were, and, if the others changed places, so many of
  /// these that the rest is in the same order on both sides: whom none of the touched may be about
  /// is answered by the rest alone.
  private Set<String> touched(List<Rule> oldRules, List<Rule> newRules) {
    Set<String> touched = new HashSet<>(0);
    if (haveSameNames(oldRules, newRules)) {
      newRules.stream().map(Rule::name).filter(altered::contains).forEach(touched::add);
      return touched;
    }
    Set<String> old = names(oldRules);
    Set<String> now = names(newRules);
    old.stream()
        .filter(name -> !now.contains(name) || altered.contains(name))
        .forEach(touched::add);
    now.stream()
        .filter(name -> !old.contains(name) || altered.contains(name))
        .forEach(touched::add);
    List<String> stayed = old.stream().filter(name -> !touched.contains(name)).toList();
    List<String> stays = now.stream().filter(name -> !touched.contains(name)).toList();
    int from = 0;
    int to = stayed.size();
    while (from < to && stayed.get(from).equals(stays.get(from))) {
      from++;
    }
    while (from < to && stayed.get(to - 1).equals(stays.get(to - 1))) {
      to--;
    }
    stayed.subList(from, to).stream().filter(moved::contains).forEach(touched::add);
    return touched;
  }

  private static boolean haveSameNames(List<Rule> some, List<Rule> others) {
    boolean same = some.size() == others.size();
    for (int i = 0; same && i < some.size(); i++) {
      same = some.get(i).name().equals(others.get(i).name());
    }
    return same;
  }

  private static Set<String> names(List<Rule> rules) {
    Set<String> names = new LinkedHashSet<>();
    rules.forEach(rule -> names.add(rule.name()));
    return names;
  }

  /// Of the rules on both sides, as few as have to be taken out for the rest to be in the same
  /// order.
  private static Set<String> moved(List<Rule> old, List<Rule> now) {
    Map<String, Integer> places = new HashMap<>();
    old.forEach(rule -> places.putIfAbsent(rule.name(), places.size()));
    List<String> names = names(now).stream().filter(places::containsKey).toList();
    boolean[] stays = RisingRun.of(names.stream().mapToLong(places::get).toArray());
    Set<String> moved = new HashSet<>();
    for (int i = 0; i < stays.length; i++) {
      if (!stays[i]) {
        moved.add(names.get(i));
      }
    }
    return moved;
  }

  /// Names of rules that are other than before, or that name something that is.
  private Set<String> altered() {
    Map<String, Rule> old = new HashMap<>();
    rules(before).forEach(rule -> old.put(rule.name(), rule));
    Set<String> names = new HashSet<>();
    for (Rule rule : rules(after)) {
      if (!rule.equals(old.get(rule.name())) || namesChangedThing(rule)) {
        names.add(rule.name());
      }
    }
    return names;
  }

  private static List<Rule> rules(Snapshot side) {
    List<Rule> rules = new ArrayList<>(side.configuration().rules());
    rules.addAll(side.configuration().sessionRules());
    return rules;
  }

  private boolean namesChangedThing(Rule rule) {
    boolean mode =
        rule.mode() instanceof RuleMode.EnforceGroup(String group) && groups.contains(group);
    return mode
        || rule.match().subjects().groups().stream().anyMatch(groups::contains)
        || rule.match().targets().groups().stream().anyMatch(applicationGroups::contains)
        || rule.match().conditions().stream().map(Condition::operand).anyMatch(this::isChanged);
  }

  private boolean isChanged(Operand operand) {
    return switch (operand) {
      case Operand.Groups(var names) -> names.stream().anyMatch(groups::contains);
      case Operand.ApplicationGroups(var names) ->
          names.stream().anyMatch(applicationGroups::contains);
      case Operand.Posture(var results) ->
          results.stream().anyMatch(each -> profiles.contains(each.profile()));
      case Operand.TrustedNetworks(var names) -> names.stream().anyMatch(networks::contains);
      default -> false;
    };
  }
}
