package org.postern.policystore.decision;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Condition;
import org.postern.policystore.Label;
import org.postern.policystore.Operand;
import org.postern.policystore.Rule;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.RuleMode;
import org.postern.policystore.Truth;

/// One list of rules, made ready for being asked. A rule's place in the order is its bit; each
/// application has a row with the bits of the rules that are about it.
final class RuleLayer {
  private static final int[] NO_RULES = {};

  final CompiledRule[] rules;
  final int words;
  private final List<? extends Rule> source;
  private final Catalog catalog;
  private final RuleRows rows;
  private final Map<String, Integer> indices = new HashMap<>();

  // By whom a rule names, so that a subject's rules are found without asking all of them.
  private final Map<String, int[]> byGroup = new HashMap<>();
  private final Map<String, int[]> byEmail = new HashMap<>();
  private final int[] forAnyone;
  private final int[] forSomePeople;
  private final int[] all;
  private final long[] wantingUnknown;
  // Rules of which there is no more to ask than whom they name.
  private final long[] plain;

  RuleLayer(List<? extends Rule> source, Catalog catalog, @Nullable RuleLayer before) {
    this.source = source;
    this.catalog = catalog;
    this.rules = compile(source, before);
    this.words = (rules.length + 63) >>> 6;
    Map<String, List<Integer>> groups = new HashMap<>();
    Map<String, List<Integer>> emails = new HashMap<>();
    List<Integer> anyone = new ArrayList<>();
    List<Integer> some = new ArrayList<>();
    List<Integer> live = new ArrayList<>();
    for (int i = 0; i < rules.length; i++) {
      indices.put(rules[i].rule.name(), i);
      if (rules[i].rule.mode() instanceof RuleMode.Off) {
        continue;
      }
      RuleMatch.Subjects who = rules[i].rule.match().subjects();
      live.add(i);
      if (who.anyone()) {
        anyone.add(i);
      } else if (!who.groups().isEmpty() || !who.users().isEmpty()) {
        some.add(i);
      }
      for (String group : who.groups()) {
        groups.computeIfAbsent(group, key -> new ArrayList<>()).add(i);
      }
      for (String email : who.users()) {
        emails.computeIfAbsent(email, key -> new ArrayList<>()).add(i);
      }
    }
    this.forAnyone = ints(anyone);
    this.forSomePeople = ints(some);
    this.all = ints(live);
    this.wantingUnknown = new long[words];
    set(
        wantingUnknown,
        live.stream().mapToInt(i -> i).filter(i -> rules[i].wantsUnknown()).toArray());
    this.plain = new long[words];
    set(plain, live.stream().mapToInt(i -> i).filter(i -> rules[i].isPlain()).toArray());
    groups.forEach((group, list) -> byGroup.put(group, ints(list)));
    emails.forEach((email, list) -> byEmail.put(email, ints(list)));
    this.rows = buildRows();
  }

  /// Takes over what is known of rules that did not change, their counts with them.
  private static CompiledRule[] compile(List<? extends Rule> source, @Nullable RuleLayer before) {
    CompiledRule[] compiled = new CompiledRule[source.size()];
    Map<Condition, CompiledCondition> shared = new HashMap<>();
    if (before != null) {
      for (CompiledRule known : before.rules) {
        known.share(shared);
      }
    }
    for (int i = 0; i < compiled.length; i++) {
      Rule rule = source.get(i);
      CompiledRule known = before == null ? null : before.rule(rule.name());
      if (known == null) {
        compiled[i] = new CompiledRule(rule, new RuleCounter(), shared);
      } else {
        compiled[i] =
            known.rule.equals(rule) ? known : new CompiledRule(rule, known.counter, shared);
      }
    }
    return compiled;
  }

  /// Whether it is that of these rules and applications.
  @SuppressWarnings("ReferenceEquality") // The same object is known to be the same without looking.
  boolean isOf(List<? extends Rule> wanted, Catalog wantedCatalog) {
    return source == wanted && catalog == wantedCatalog;
  }

  boolean isEmpty() {
    return rules.length == 0;
  }

  @Nullable CompiledRule rule(String name) {
    Integer index = indices.get(name);
    return index == null ? null : rules[index];
  }

  /// A rule's place in the order; -1 if there is no such rule.
  int indexOf(String name) {
    return indices.getOrDefault(name, -1);
  }

  private static int[] ints(List<Integer> values) {
    return values.stream().distinct().mapToInt(Integer::intValue).toArray();
  }

  // -- applications

  private RuleRows buildRows() {
    RuleRows.Builder builder = new RuleRows.Builder(rules.length, catalog.applications.length);
    for (int rule : all) {
      RuleMatch match = rules[rule].rule.match();
      if (isPlain(rules[rule].rule) && match.targets().any()) {
        builder.everywhere(rule);
      } else {
        targets(match).forEach(application -> builder.add(rule, application));
      }
    }
    return builder.build();
  }

  /// Whether no further condition is about the application.
  private static boolean isPlain(Rule rule) {
    return rule.match().conditions().stream()
        .noneMatch(condition -> CompiledCondition.isAboutApplication(condition.operand()));
  }

  private Iterable<CompiledApplication> targets(RuleMatch match) {
    Set<CompiledApplication> found = new HashSet<>();
    RuleMatch.Targets targets = match.targets();
    if (targets.any()) {
      found.addAll(List.of(catalog.applications));
    }
    named(targets.applications(), found);
    targets.groups().forEach(group -> found.addAll(catalog.inGroup(group)));
    targets.labels().forEach(label -> found.addAll(catalog.labelled(label)));
    for (Condition condition : match.conditions()) {
      if (CompiledCondition.isAboutApplication(condition.operand())) {
        Set<CompiledApplication> meant = meant(condition.operand());
        found.removeIf(application -> meant.contains(application) == condition.negated());
      }
    }
    return found;
  }

  private void named(List<String> names, Set<CompiledApplication> found) {
    for (String name : names) {
      CompiledApplication application = catalog.application(name);
      if (application != null) {
        found.add(application);
      }
    }
  }

  private Set<CompiledApplication> meant(Operand operand) {
    Set<CompiledApplication> meant = new HashSet<>();
    if (operand instanceof Operand.Applications(List<String> names)) {
      named(names, meant);
    } else if (operand instanceof Operand.ApplicationGroups(List<String> names)) {
      names.forEach(name -> meant.addAll(catalog.inGroup(name)));
    } else if (operand instanceof Operand.Labels(List<Label> labels)) {
      labels.forEach(label -> meant.addAll(catalog.labelled(label)));
    }
    return meant;
  }

  /// Sixty-four rules that are about an application.
  long word(CompiledApplication application, int word) {
    return rows.word(application, word);
  }

  /// See [RuleRows#next].
  int next(HostEntry entry, long matching, int from) {
    return rows.next(entry, matching, from);
  }

  /// Whether any rule wants something not to be known.
  boolean wantsUnknown() {
    return Arrays.stream(wantingUnknown).anyMatch(word -> word != 0);
  }

  /// Of sixty-four rules those that want something not to be known.
  long wantingUnknown(int word) {
    return wantingUnknown[word];
  }

  boolean isAbout(int rule, CompiledApplication application) {
    return (word(application, rule >>> 6) & 1L << rule) != 0;
  }

  // -- subjects

  /// The rules that may be about a subject.
  LayerView view(SubjectFacts subject) {
    long[] maybe = new long[words];
    if (subject.workload() != null) {
      set(maybe, all);
      return standing(subject, maybe, new long[words]);
    }
    long[] named = new long[words];
    set(named, forAnyone);
    if (subject.email() == null) {
      set(maybe, forSomePeople);
    } else {
      set(named, byEmail.getOrDefault(subject.email(), NO_RULES));
    }
    for (String group : subject.groups()) {
      set(named, byGroup.getOrDefault(group, NO_RULES));
    }
    for (int word = 0; word < words; word++) {
      maybe[word] |= named[word];
    }
    return standing(subject, maybe, named);
  }

  /// No rule at all, for subjects that may do nothing.
  LayerView nothing() {
    return new LayerView(new long[words], new long[words], new long[words], false);
  }

  /// @param named of the rules that may be about the subject, those that surely name it
  private LayerView standing(SubjectFacts subject, long[] maybe, long[] named) {
    long[] sure = new long[words];
    long[] report = new long[words];
    boolean reports = false;
    for (int word = 0; word < words; word++) {
      sure[word] = named[word] & plain[word];
      for (long bits = maybe[word] & ~sure[word]; bits != 0; bits &= bits - 1) {
        long bit = Long.lowestOneBit(bits);
        CompiledRule rule = rules[(word << 6) + Long.numberOfTrailingZeros(bit)];
        Truth who = (named[word] & bit) == 0 ? rule.who(subject) : Truth.TRUE;
        Truth truth = rule.standing(who, subject);
        Truth inForce = rule.inForce(subject);
        if (truth == Truth.FALSE) {
          maybe[word] &= ~bit;
        } else if (inForce == Truth.FALSE) {
          report[word] |= bit;
          reports = true;
          sure[word] |= truth == Truth.TRUE ? bit : 0;
        } else if (truth.and(inForce) == Truth.TRUE) {
          sure[word] |= bit;
        }
      }
    }
    return new LayerView(maybe, sure, report, reports);
  }

  private static void set(long[] bits, int[] indices) {
    for (int index : indices) {
      bits[index >>> 6] |= 1L << index;
    }
  }
}
