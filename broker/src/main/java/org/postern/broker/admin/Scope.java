package org.postern.broker.admin;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.postern.policystore.Application;
import org.postern.policystore.PolicyConfiguration;

/**
 * What a caller may read of in one configuration. Whoever is narrowed to labels reads of his
 * applications and of the rules that are about nothing else; everybody else of everything.
 */
final class Scope {
  private static final List<String> RULES = List.of("rules", "session-rules", "forwarding-rules");

  private final boolean all;
  private final Set<String> applications = new HashSet<>();
  private final Set<String> rules = new HashSet<>();

  private Scope(boolean all) {
    this.all = all;
  }

  static Scope of(AdminCall call, PolicyEditor editor, PolicyConfiguration configuration) {
    Scope scope = new Scope(!call.principal.isNarrowed());
    if (!scope.all) {
      ConfigTree tree = ConfigTree.of(configuration);
      List<PolicyKind> kinds = editor.contract().kinds();
      ChangeReview.Reach reach = new ChangeReview.Reach(call.principal, tree, kinds);
      for (PolicyKind kind : kinds) {
        if (RULES.contains(kind.word())) {
          tree.all(kind).stream()
              .filter(rule -> reach.holds(kind, rule))
              .forEach(rule -> scope.rules.add(ConfigTree.name(rule)));
        }
      }
      for (Application application : configuration.applications()) {
        if (reach.holdsApplication(application.name())) {
          scope.applications.add(application.name());
        }
      }
    }
    return scope;
  }

  /** Whether it is everything. */
  boolean isWhole() {
    return all;
  }

  boolean holdsApplication(String name) {
    return all || applications.contains(name);
  }

  /** Names of rules are unique over the three lists. */
  boolean holdsRule(String name) {
    return all || rules.contains(name);
  }

  /** The applications that a caller who is narrowed reaches. */
  Set<String> applications() {
    return applications;
  }

  /**
   * An explanation without the rules and applications of others. Which facts were missing can be
   * read off the rules that are left.
   */
  Map<String, Object> cut(Map<String, Object> explanation) {
    if (all) {
      return explanation;
    }
    Map<String, Object> shown = new LinkedHashMap<>(explanation);
    String rule = String.valueOf(explanation.getOrDefault("rule", ""));
    boolean others = !rule.isEmpty() && !holdsRule(rule);
    shown.put("rule", others ? "" : rule);
    shown.put("ruleOfOthers", others);
    List<Object> traces = new ArrayList<>();
    if (explanation.get("trace") instanceof List<?> list) {
      for (Object each : list) {
        if (each instanceof Map<?, ?> trace && holdsRule(String.valueOf(trace.get("rule")))) {
          traces.add(trace);
        }
      }
    }
    shown.put("trace", traces);
    List<Object> names = new ArrayList<>();
    if (explanation.get("applications") instanceof List<?> list) {
      list.stream().filter(each -> holdsApplication(String.valueOf(each))).forEach(names::add);
    }
    shown.put("applications", names);
    shown.put("application", names.isEmpty() ? "" : names.getFirst());
    shown.put("missingFacts", missing(traces));
    return shown;
  }

  private static List<String> missing(List<Object> traces) {
    Set<String> missing = new java.util.LinkedHashSet<>();
    for (Object each : traces) {
      if (each instanceof Map<?, ?> trace
          && "unknown".equals(trace.get("matches"))
          && trace.get("conditions") instanceof List<?> conditions) {
        for (Object condition : conditions) {
          if (condition instanceof Map<?, ?> one && "unknown".equals(one.get("holds"))) {
            missing.add(String.valueOf(one.get("condition")));
          }
        }
      }
    }
    return List.copyOf(missing);
  }
}
