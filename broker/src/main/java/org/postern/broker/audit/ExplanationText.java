package org.postern.broker.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.postern.policystore.Rule;
import org.postern.policystore.decision.Decision;
import org.postern.policystore.decision.Explanation;
import org.postern.policystore.jdbc.DecisionRecords;

/** An explanation in the words of the API. */
public final class ExplanationText {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int RULES_KEPT = 50;

  private ExplanationText() {}

  static DecisionRecords.Why of(Explanation why) {
    Map<String, Object> full = describe(why, RULES_KEPT);
    try {
      return new DecisionRecords.Why(
          text(full, "application"),
          text(full, "outcome"),
          text(full, "reason"),
          text(full, "rule"),
          JSON.writeValueAsString(full));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an explanation is maps, lists and texts", e);
    }
  }

  private static String text(Map<String, Object> from, String field) {
    return String.valueOf(from.get(field));
  }

  /** The whole, with at most so many rules. */
  public static Map<String, Object> describe(Explanation why, int rulesMax) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("outcome", outcome(why.decision()));
    body.put("reason", reason(why.decision()));
    Rule rule = why.decision().rule();
    body.put("rule", rule == null ? "" : rule.name());
    body.put("layer", word(why.layer()));
    body.put("application", why.applications().isEmpty() ? "" : why.applications().getFirst());
    body.put("applications", why.applications());
    body.put("missingFacts", why.missingFacts());
    long next = why.reconsiderAtMillis();
    body.put("mayChangeAt", next == Long.MAX_VALUE ? null : Instant.ofEpochMilli(next).toString());
    body.put("trace", why.rules().stream().limit(rulesMax).map(ExplanationText::trace).toList());
    return body;
  }

  /** In a word: allow, deny, step-up, approval. */
  public static String outcome(Decision decision) {
    return switch (decision) {
      case Decision.Allow allow -> "allow";
      case Decision.Deny deny -> "deny";
      case Decision.StepUp stepUp -> "step-up";
      case Decision.RequireApproval approval -> "approval";
    };
  }

  private static String reason(Decision decision) {
    return switch (decision) {
      case Decision.Allow allow -> "";
      case Decision.Deny deny -> deny.reason().name();
      case Decision.StepUp stepUp -> "POLICY_STEP_UP";
      case Decision.RequireApproval approval -> "POLICY_APPROVAL_REQUIRED";
    };
  }

  private static Map<String, Object> trace(Explanation.RuleTrace rule) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("rule", rule.name());
    line.put("layer", word(rule.layer()));
    line.put("role", word(rule.role()));
    line.put("matches", word(rule.truth()));
    List<Map<String, Object>> conditions = new ArrayList<>();
    for (Explanation.ConditionTrace condition : rule.conditions()) {
      Map<String, Object> each = new LinkedHashMap<>();
      each.put("condition", condition.text());
      each.put("holds", word(condition.truth()));
      each.put("fact", condition.fact());
      conditions.add(each);
    }
    line.put("conditions", conditions);
    return line;
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
