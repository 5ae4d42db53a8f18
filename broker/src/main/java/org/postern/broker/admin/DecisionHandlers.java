package org.postern.broker.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.audit.ExplanationText;
import org.postern.broker.front.Reply;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.Explanation;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.jdbc.DecisionRecords;

/** Decisions that were made, found again by their id; and decisions that would be made. */
final class DecisionHandlers {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final AdminParts parts;
  private final PolicyEditor editor;
  private final ImpactDesk impact;
  private final Pages pages;

  DecisionHandlers(AdminParts parts, PolicyEditor editor, ImpactDesk impact, AdminLimits limits) {
    this.editor = editor;
    this.impact = impact;
    this.parts = parts;
    this.pages = new Pages(limits);
  }

  Map<String, Handler> handlers() {
    return Map.of(
        "listDecisions", this::list,
        "readDecision", this::read,
        "check", this::check);
  }

  private Reply list(AdminCall call) {
    Scope scope = scope(call);
    DecisionRecords.Query query =
        new DecisionRecords.Query(
            call.query("user"),
            call.query("outcome"),
            scope.isWhole() ? Optional.empty() : Optional.of(scope.applications()),
            pages.number(call),
            pages.limit(call));
    List<DecisionRecords.Listed> found = parts.decisions().list(query);
    List<Map<String, Object>> items = new ArrayList<>();
    for (DecisionRecords.Listed each : found) {
      Map<String, Object> line = line(each.decided(), scope);
      line.put("seq", each.seq());
      items.add(line);
    }
    return pages.newest(call, items, "seq");
  }

  private Scope scope(AdminCall call) {
    return Scope.of(call, editor, parts.snapshots().current().configuration());
  }

  private Map<String, Object> line(DecisionRecords.Decided decided, Scope scope) {
    UserRecord user = parts.snapshots().current().identities().users().get(decided.userId());
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("id", decided.id());
    line.put("at", decided.at().toString());
    line.put("user", user == null ? decided.userId() : user.email());
    line.put("userId", decided.userId());
    line.put("deviceId", decided.deviceId());
    line.put("host", decided.host());
    line.put("port", decided.port());
    line.put("transport", decided.transport());
    line.put("application", decided.why().application());
    line.put("outcome", decided.why().outcome());
    line.put("reason", decided.why().reason());
    line.put("rule", scope.holdsRule(decided.why().rule()) ? decided.why().rule() : "");
    line.put("broker", decided.broker());
    return line;
  }

  private Reply read(AdminCall call) throws JsonProcessingException {
    Scope scope = scope(call);
    DecisionRecords.Decided decided =
        parts
            .decisions()
            .find(call.path("id"))
            .filter(found -> scope.holdsApplication(found.why().application()))
            .orElseThrow(() ->
                AdminProblem.notFound(
                    "decision",
                    call.path("id"),
                    "They are kept %d days; postern admin decision list"
                        .formatted(DecisionRecords.KEPT.toDays())));
    Map<String, Object> body = line(decided, scope);
    Map<String, Object> why =
        JSON.readValue(
            decided.why().trace(), new TypeReference<LinkedHashMap<String, Object>>() {});
    body.put("why", scope.cut(why));
    return Reply.json(200, body);
  }

  private Reply check(AdminCall call) {
    Snapshot now = parts.snapshots().refresh();
    Question question = Question.of(call.body, parts.clock().instant());
    String document = call.text("document");
    Snapshot policy =
        document.isEmpty()
            ? now
            : now.with(
                now.version(),
                editor.proposed(call, document, now.configuration()).sharing(now.configuration()),
                now.identities());
    WhatIf whatIf = new WhatIf(question, policy);
    WhatIf.Asked asked = whatIf.asked(device -> impact.facts(policy, device));
    mayAskAbout(call, asked);
    Explanation why = whatIf.explain(asked);
    Scope scope = Scope.of(call, editor, policy.configuration());
    if (why.applications().stream().noneMatch(scope::holdsApplication) && !scope.isWhole()) {
      throw AdminProblem.field("host", "none of your applications has this host and port");
    }
    Map<String, Object> body =
        new LinkedHashMap<>(scope.cut(ExplanationText.describe(why, Explanation.RULES_MAX)));
    body.put("policyVersion", now.version());
    UserRecord user = asked.user();
    DeviceRecord device = asked.device();
    body.put("user", user == null ? "" : user.id());
    body.put("device", device == null ? "" : device.id());
    body.put("knownFacts", FactText.of(asked.view().facts()));
    return Reply.json(200, body);
  }

  /** What the engine knows of a real person is not for everybody who may read the policy. */
  static void mayAskAbout(AdminCall call, WhatIf.Asked asked) {
    if (asked.user() != null && !call.principal.may("users:read")) {
      throw AdminProblem.forbidden(
          "This is about a real person: it needs users:read too. Ask about somebody made up, with"
              + " groups and attributes.");
    }
  }
}
