package org.postern.broker.admin;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.Reply;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.Rule;
import org.postern.policystore.RuleMode;
import org.postern.policystore.analysis.Finding;
import org.postern.policystore.analysis.Lint;
import org.postern.policystore.decision.RuleCounts;
import org.postern.policystore.decision.Snapshot;

/** What looks wrong with a policy, and what its rules did. */
final class LintHandlers {
  private static final RuleCounts NOTHING = new RuleCounts(0, 0, 0, 0);

  private final AdminParts parts;
  private final PolicyEditor editor;
  private final Pages pages;

  LintHandlers(AdminParts parts, PolicyEditor editor, AdminLimits limits) {
    this.parts = parts;
    this.editor = editor;
    this.pages = new Pages(limits);
  }

  Map<String, Handler> handlers() {
    return Map.of(
        "lint", this::lint, "lintDocument", this::lintDocument, "listRuleCounts", this::rules);
  }

  private Reply lint(AdminCall call) {
    Snapshot now = parts.snapshots().refresh();
    return findings(call, now, now.configuration());
  }

  private Reply lintDocument(AdminCall call) {
    Snapshot now = parts.snapshots().refresh();
    return findings(call, now, editor.proposed(call, call.document(), now.configuration()));
  }

  /** One finding, and a key that no other has. */
  private record Line(String key, Finding finding) {}

  private Reply findings(AdminCall call, Snapshot now, PolicyConfiguration configuration) {
    Optional<String> kind = call.query("kind");
    Scope scope = Scope.of(call, editor, configuration);
    Map<String, Integer> sameSubject = new HashMap<>();
    List<Line> lines = new ArrayList<>();
    List<Finding> findings =
        new ArrayList<>(
            Lint.of(configuration, now.identities().connectors().values(), counts(now)));
    findings.addAll(parts.factSources().unfed(configuration, _ -> true));
    for (Finding finding : findings) {
      if (kind.filter(wanted -> !wanted.equals(word(finding.kind()))).isEmpty()
          && shows(scope, finding)) {
        String key = word(finding.kind()) + " " + finding.subject();
        lines.add(new Line(key + " " + sameSubject.merge(key, 1, Integer::sum), finding));
      }
    }
    return pages.ordered(
        call,
        lines,
        Line::key,
        line ->
            Map.of(
                "kind", word(line.finding().kind()),
                "subject", line.finding().subject(),
                "text", line.finding().text()));
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** What this broker counted a moment ago is in it; what others did comes within seconds. */
  private Map<String, RuleCounts> counts(Snapshot now) {
    parts.ruleCounts().add(now.takeCounts());
    return parts.ruleCounts().all();
  }

  private static boolean shows(Scope scope, Finding finding) {
    return switch (finding.kind()) {
      case SHADOWED, CONTRADICTING, NEVER_HIT, UNCOVERED_PLATFORM, MISSING_FACT ->
          scope.holdsRule(finding.subject());
      case WIDE -> scope.holdsApplication(finding.subject());
      case SINGLE_CONNECTOR, EMPTY_GROUP -> scope.isWhole();
    };
  }

  // -- what rules did

  /** A rule and the list that it is in. */
  private record Placed(String kind, Rule rule) {}

  private Reply rules(AdminCall call) {
    Snapshot now = parts.snapshots().refresh();
    Map<String, RuleCounts> counts = counts(now);
    PolicyConfiguration configuration = now.configuration();
    Scope scope = Scope.of(call, editor, configuration);
    List<Placed> rules = new ArrayList<>();
    configuration.rules().forEach(rule -> rules.add(new Placed("rules", rule)));
    configuration.sessionRules().forEach(rule -> rules.add(new Placed("session-rules", rule)));
    configuration
        .forwardingRules()
        .forEach(rule -> rules.add(new Placed("forwarding-rules", rule)));
    return pages.ordered(
        call,
        rules.stream().filter(each -> scope.holdsRule(each.rule().name())).toList(),
        each -> each.rule().name(),
        each -> line(each, counts.getOrDefault(each.rule().name(), NOTHING)));
  }

  private static Map<String, Object> line(Placed placed, RuleCounts count) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("name", placed.rule().name());
    line.put("kind", placed.kind());
    line.put("mode", mode(placed.rule().mode()));
    line.put("hits", count.hits());
    line.put("reports", count.reports());
    line.put("changes", count.changes());
    line.put(
        "lastHit",
        count.lastHitMillis() == 0
            ? null
            : java.time.Instant.ofEpochMilli(count.lastHitMillis()).toString());
    return line;
  }

  private static String mode(RuleMode mode) {
    return switch (mode) {
      case RuleMode.Off off -> "off";
      case RuleMode.ReportOnly reportOnly -> "report-only";
      case RuleMode.Enforce enforce -> "enforce";
      case RuleMode.EnforcePercent(int percent) -> "enforce for " + percent + " %";
      case RuleMode.EnforceGroup(String group) -> "enforce for group " + group;
    };
  }
}
