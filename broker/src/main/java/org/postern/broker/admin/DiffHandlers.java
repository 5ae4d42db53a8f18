package org.postern.broker.admin;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.Reply;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.decision.Snapshot;

/** Two policies beside each other: what differs, and what that does to people. */
final class DiffHandlers {
  private final AdminParts parts;
  private final PolicyEditor editor;
  private final ImpactDesk impact;

  DiffHandlers(AdminParts parts, PolicyEditor editor, ImpactDesk impact) {
    this.parts = parts;
    this.editor = editor;
    this.impact = impact;
  }

  Map<String, Handler> handlers() {
    return Map.of("diff", this::diff);
  }

  private Reply diff(AdminCall call) {
    Snapshot now = parts.snapshots().refresh();
    boolean versions = call.body.has("from") || call.body.has("to");
    if (versions && call.principal.isNarrowed()) {
      throw AdminProblem.forbidden("A version shows more than your labels.");
    }
    if (call.body.has("to") && call.body.has("document")) {
      throw AdminProblem.field("to", "give a version or a document, not both");
    }
    PolicyConfiguration before = version(call, "from", now);
    PolicyConfiguration after =
        call.body.has("document")
            ? editor.proposed(call, call.text("document"), before)
            : version(call, "to", now);
    ImpactDesk.Change change = new ImpactDesk.Change(before, after);
    Map<String, Object> body = new LinkedHashMap<>();
    body.put(
        "details",
        call.principal.isNarrowed()
            ? java.util.List.of()
            : ConfigTree.changes(before, after, editor.contract().kinds()).stream()
                .map(ObjectChange::described)
                .toList());
    Predicate<String> shows = shows(call, editor, change);
    body.put("effects", impact.effects(change, shows, call.principal.may("users:read")));
    body.put("warnings", impact.warnings(change, shows));
    return Reply.json(200, body);
  }

  private PolicyConfiguration version(AdminCall call, String field, Snapshot now) {
    if (!call.body.has(field)) {
      return now.configuration();
    }
    long number = call.body.path(field).asLong();
    String document =
        parts
            .history()
            .document(number)
            .orElseThrow(() ->
                AdminProblem.notFound(
                    "version", "" + number, "postern admin history lists those that are kept"));
    return editor.written(document);
  }

  /** Applications that the caller may know of, on either side of a change. */
  static Predicate<String> shows(AdminCall call, PolicyEditor editor, ImpactDesk.Change change) {
    if (!call.principal.isNarrowed()) {
      return name -> true;
    }
    ChangeReview.Reach before =
        new ChangeReview.Reach(
            call.principal, ConfigTree.of(change.before()), editor.contract().kinds());
    ChangeReview.Reach after =
        new ChangeReview.Reach(
            call.principal, ConfigTree.of(change.after()), editor.contract().kinds());
    return name -> before.holdsApplication(name) || after.holdsApplication(name);
  }
}
