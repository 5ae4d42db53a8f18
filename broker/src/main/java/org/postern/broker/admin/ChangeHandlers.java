package org.postern.broker.admin;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.Reply;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.jdbc.PendingChanges;

/** Four eyes: changes that wait for a second person, and which kinds have to. */
final class ChangeHandlers {
  private static final int LISTED = 10_000;

  private final AdminParts parts;
  private final Pages pages = new Pages(AdminLimits.DEFAULT);
  private final PolicyEditor editor;

  ChangeHandlers(AdminParts parts, PolicyEditor editor) {
    this.parts = parts;
    this.editor = editor;
  }

  Map<String, Handler> handlers() {
    return Map.of(
        "listChanges", this::list,
        "readChange", this::read,
        "approveChange", this::approve,
        "refuseChange", this::refuse,
        "readFourEyes", this::fourEyes,
        "putFourEyes", this::putFourEyes);
  }

  private PendingChanges changes() {
    return parts.administrators().changes();
  }

  private static Map<String, Object> line(PendingChanges.Pending change) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("id", change.id());
    line.put("state", change.state());
    line.put("author", change.author());
    line.put("message", change.message());
    line.put("createdAt", change.createdAt().toString());
    line.put("expiresAt", change.expiresAt().toString());
    line.put("baseVersion", change.baseVersion());
    line.put("changes", change.changes());
    line.put("decidedBy", change.decidedBy());
    return line;
  }

  private Reply list(AdminCall call) {
    return pages.lines(
        call,
        changes().list(LISTED).stream()
            .filter(change -> isShown(call, change))
            .map(ChangeHandlers::line)
            .toList(),
        "id");
  }

  /** Whoever is narrowed to labels knows of his own changes. */
  private static boolean isShown(AdminCall call, PendingChanges.Pending change) {
    return !call.principal.isNarrowed() || change.author().equals(call.principal.person());
  }

  private PendingChanges.Pending found(AdminCall call) {
    return changes()
        .find(call.path("id"))
        .filter(change -> isShown(call, change))
        .orElseThrow(
            () -> AdminProblem.notFound("change", call.path("id"), "postern admin change list"));
  }

  private Reply read(AdminCall call) {
    PendingChanges.Pending change = found(call);
    Map<String, Object> body = line(change);
    if (!call.principal.isNarrowed() && call.principal.may("policy:read")) {
      body.put("document", change.document());
    }
    return Reply.json(200, body);
  }

  private Reply approve(AdminCall call) {
    PendingChanges.Pending change = found(call);
    if (change.author().equals(call.principal.person())) {
      throw AdminProblem.forbidden("You wrote this change; another person has to approve it.");
    }
    if (call.principal.actor().kind() == Actor.Kind.API_CLIENT) {
      throw AdminProblem.forbidden("An API client is not a person; four eyes are two people's.");
    }
    if (!changes().decide(change.id(), "approved", call.principal.person())) {
      throw over();
    }
    boolean applied = false;
    try {
      PolicyEditor.Outcome outcome =
          editor.applyOurs(
              call,
              new PolicyEditor.Order(
                  change.document(),
                  "%s (by %s, approved)".formatted(change.message(), change.author()).strip(),
                  OptionalLong.of(change.baseVersion()),
                  false),
              true);
      if (outcome instanceof PolicyEditor.Outcome.Done done) {
        applied = true;
        parts.audit().recordAll(call.events());
        return Reply.json(
            200, Map.of("id", change.id(), "state", "approved", "version", done.version()));
      }
      throw new AdminProblem(
          409,
          "changed-meanwhile",
          "The policy is no longer the one that this change was made for",
          "Its author has to plan and apply it again.");
    } finally {
      if (!applied) {
        changes().reopen(change.id());
      }
    }
  }

  private Reply refuse(AdminCall call) {
    PendingChanges.Pending change = found(call);
    if (!changes().decide(change.id(), "refused", call.principal.person())) {
      throw over();
    }
    return Reply.json(200, Map.of("id", change.id(), "state", "refused"));
  }

  private static AdminProblem over() {
    return new AdminProblem(
        409, "decided", "This change does not wait any more", "postern admin change list");
  }

  private Reply fourEyes(AdminCall call) {
    return Reply.json(200, Map.of("kinds", new TreeSet<>(editor.fourEyes())));
  }

  private Reply putFourEyes(AdminCall call) {
    List<String> known = editor.contract().kinds().stream().map(PolicyKind::word).toList();
    TreeSet<String> kinds = new TreeSet<>();
    for (String each : call.texts("kinds")) {
      if (each.equals("*")) {
        kinds.addAll(known);
      } else if (known.contains(each)) {
        kinds.add(each);
      } else {
        throw AdminProblem.field(
            "kinds", "%s is none of %s".formatted(AdminApi.shown(each), known));
      }
    }
    if (!kinds.containsAll(editor.fourEyes()) && !call.principal.may("*:*")) {
      throw AdminProblem.forbidden("Only an owner takes away the need for a second person.");
    }
    parts.administrators().roles().set(PolicyEditor.FOUR_EYES, String.join(",", kinds));
    call.now(PolicyEditor.FOUR_EYES, Map.of("kinds", String.join(",", kinds)));
    return Reply.json(200, Map.of("kinds", kinds));
  }
}
