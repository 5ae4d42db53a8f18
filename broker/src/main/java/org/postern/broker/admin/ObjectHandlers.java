package org.postern.broker.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.Reply;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.jdbc.ConfigurationHistory;

/** The things of the policy document one by one, the same way for every kind. */
final class ObjectHandlers {
  private static final int VERSIONS_SEARCHED = 200;
  private static final int WARNINGS_IN_HEAD = 5;

  private final AdminParts parts;
  private final PolicyEditor editor;
  private final ImpactDesk impact;
  private final Pages pages;

  ObjectHandlers(AdminParts parts, PolicyEditor editor, ImpactDesk impact, AdminLimits limits) {
    this.impact = impact;
    this.parts = parts;
    this.editor = editor;
    this.pages = new Pages(limits);
  }

  Map<String, Handler> handlers() {
    return Map.of(
        "list", this::list,
        "read", this::read,
        "put", this::put,
        "delete", this::delete,
        "restore", this::restore);
  }

  private PolicyKind kind(AdminCall call) {
    return editor.contract().kind(call.operation.kind());
  }

  private List<PolicyKind> kinds() {
    return editor.contract().kinds();
  }

  private ConfigTree now() {
    return ConfigTree.of(parts.policy().load());
  }

  private Reply list(AdminCall call) {
    PolicyKind kind = kind(call);
    ConfigTree tree = now();
    ChangeReview.Reach reach = new ChangeReview.Reach(call.principal, tree, kinds());
    Optional<String> name = call.query("name");
    List<ObjectNode> things =
        tree.all(kind).stream()
            .filter(thing -> reach.shows(kind, thing))
            .filter(thing -> name.isEmpty() || ConfigTree.name(thing).equals(name.get()))
            .toList();
    return kind.isOrdered()
        ? pages.ordered(call, things, ConfigTree::name, thing -> thing)
        : pages.sorted(call, sortedByName(things), ConfigTree::name, thing -> thing);
  }

  private static List<ObjectNode> sortedByName(List<ObjectNode> things) {
    return things.stream().sorted(java.util.Comparator.comparing(ConfigTree::name)).toList();
  }

  private ObjectNode found(AdminCall call, ConfigTree tree) {
    PolicyKind kind = kind(call);
    ChangeReview.Reach reach = new ChangeReview.Reach(call.principal, tree, kinds());
    return tree.find(kind, call.path("name"))
        .filter(thing -> reach.shows(kind, thing))
        .orElseThrow(() ->
            AdminProblem.notFound(
                kind.word(), call.path("name"), "postern admin get " + kind.key()));
  }

  private Reply read(AdminCall call) {
    return shown(200, found(call, now()));
  }

  private static Reply shown(int status, ObjectNode thing) {
    return Reply.text(status, "application/json", thing.toString())
        .with("ETag", ConfigTree.tag(thing));
  }

  private Reply put(AdminCall call) {
    PolicyKind kind = kind(call);
    String name = call.path("name");
    ObjectNode wanted = ((ObjectNode) call.body).deepCopy();
    String named = wanted.path("name").asText(name);
    if (!named.equals(name)) {
      throw AdminProblem.field("name", "differs from the name in the path");
    }
    ObjectNode thing = wanted.objectNode().put("name", name);
    thing.setAll(wanted);
    PolicyEditor.Outcome outcome = editor.edit(call, tree -> place(call, kind, tree, thing));
    if (outcome instanceof PolicyEditor.Outcome.Waits waits) {
      return PolicyEditor.waits(waits);
    }
    if (call.isDryRun()) {
      return done(call, outcome);
    }
    return warned(call, outcome, shown(200, made(call, outcome)));
  }

  /** As this edit made it, for what others made of it since is not this caller's to have seen. */
  private ObjectNode made(AdminCall call, PolicyEditor.Outcome outcome) {
    return outcome instanceof PolicyEditor.Outcome.Done done
        ? found(call, ConfigTree.of(done.made()))
        : found(call, now());
  }

  /** The answer is the thing itself, so what the change carves out stands in its head. */
  private Reply warned(AdminCall call, PolicyEditor.Outcome outcome, Reply reply) {
    if (!(outcome instanceof PolicyEditor.Outcome.Done done)) {
      return reply;
    }
    List<String> texts =
        impact.warnings(done.whole(), DiffHandlers.shows(call, editor, done.whole())).stream()
            .limit(WARNINGS_IN_HEAD)
            .map(each -> "299 - \"" + each.get("text") + "\"")
            .toList();
    return texts.isEmpty() ? reply : reply.with("Warning", String.join(", ", texts));
  }

  private PolicyKind place(AdminCall call, PolicyKind kind, ConfigTree tree, ObjectNode thing) {
    String name = ConfigTree.name(thing);
    List<ObjectNode> things = new ArrayList<>(tree.all(kind));
    Optional<ObjectNode> old = tree.find(kind, name);
    condition(call, old);
    int at = old.map(things::indexOf).orElse(things.size());
    old.ifPresent(things::remove);
    Optional<String> before = call.query("before");
    Optional<String> after = call.query("after");
    if (before.isPresent() || after.isPresent()) {
      ChangeReview.Reach reach = new ChangeReview.Reach(call.principal, tree, kinds());
      String neighbour = before.orElseGet(() -> after.orElse(""));
      at =
          beside(
              kind,
              things,
              before.isEmpty(),
              other -> ConfigTree.name(other).equals(neighbour) && reach.shows(kind, other));
    }
    things.add(at, thing);
    tree.put(kind, things);
    return kind;
  }

  private static int beside(
      PolicyKind kind, List<ObjectNode> things, boolean behind, Predicate<ObjectNode> isNeighbour) {
    if (!kind.isOrdered()) {
      throw AdminProblem.field(behind ? "after" : "before", kind.word() + " have no order");
    }
    for (int i = 0; i < things.size(); i++) {
      if (isNeighbour.test(things.get(i))) {
        return behind ? i + 1 : i;
      }
    }
    throw AdminProblem.field(behind ? "after" : "before", "names none of the others");
  }

  /** Whoever replaces must have seen what he replaces. */
  private static void condition(AdminCall call, Optional<ObjectNode> old) {
    Optional<String> match = call.head.header("if-match");
    boolean fresh = call.head.header("if-none-match").filter("*"::equals).isPresent();
    if (match.isEmpty() && !fresh) {
      throw new AdminProblem(
          428,
          "precondition-required",
          "It has to be said what is to be replaced",
          "Send If-Match with the ETag that you have read, or If-None-Match: * for a new one.");
    }
    if (fresh && old.isPresent()) {
      throw new AdminProblem(
          412,
          "exists",
          "There is one of this name already",
          "Read it, then send its ETag in If-Match.");
    }
    match.ifPresent(tag -> matches(tag, old));
  }

  private static void matches(String tag, Optional<ObjectNode> old) {
    if (old.isEmpty() || !(tag.equals("*") || tag.equals(ConfigTree.tag(old.get())))) {
      throw AdminProblem.changed();
    }
  }

  private Reply delete(AdminCall call) {
    PolicyKind kind = kind(call);
    ConfigTree seen = now();
    ObjectNode thing = found(call, seen);
    String name = ConfigTree.name(thing);
    Dependents dependents = dependents(call, seen, kind, name);
    if (call.isDryRun()) {
      call.isAudited();
      Map<String, Object> body = new LinkedHashMap<>();
      body.put("kind", kind.word());
      body.put("name", name);
      body.put("removable", dependents.count() == 0);
      body.put("dependents", dependents.shown());
      body.put("dependentsOfOthers", dependents.others());
      return Reply.json(200, body);
    }
    PolicyEditor.Outcome outcome =
        editor.edit(
            call,
            tree -> {
              ObjectNode old = found(call, tree);
              call.head.header("if-match").ifPresent(tag -> matches(tag, Optional.of(old)));
              Dependents named = dependents(call, tree, kind, name);
              if (named.count() > 0) {
                throw inUse(kind, name, named);
              }
              List<ObjectNode> things = new ArrayList<>(tree.all(kind));
              things.remove(old);
              tree.put(kind, things);
              return kind;
            });
    return done(call, outcome);
  }

  /**
   * What names a thing.
   *
   * @param others how many more there are that the caller may not see
   */
  private record Dependents(List<Map<String, Object>> shown, int others) {
    int count() {
      return shown.size() + others;
    }
  }

  private Dependents dependents(AdminCall call, ConfigTree tree, PolicyKind kind, String name) {
    ChangeReview.Reach reach = new ChangeReview.Reach(call.principal, tree, kinds());
    List<ConfigTree.Dependent> found = tree.dependents(kind, name, kinds());
    List<Map<String, Object>> shown = new ArrayList<>();
    for (ConfigTree.Dependent each : found) {
      if (tree.find(each.kind(), each.name())
          .filter(thing -> reach.shows(each.kind(), thing))
          .isPresent()) {
        shown.add(Map.of("kind", each.kind().word(), "name", each.name(), "field", each.field()));
      }
    }
    return new Dependents(shown, found.size() - shown.size());
  }

  private static AdminProblem inUse(PolicyKind kind, String name, Dependents dependents) {
    return new AdminProblem(
        Reply.problem(
            409,
            "in-use",
            "%s %s is named by %d other%s"
                .formatted(
                    kind.word(), name, dependents.count(), dependents.count() == 1 ? "" : "s"),
            "Take it out of them first, or apply both in one document.",
            Map.of("dependents", dependents.shown().stream().limit(100).toList())));
  }

  private Reply done(AdminCall call, PolicyEditor.Outcome outcome) {
    return switch (outcome) {
      case PolicyEditor.Outcome.Waits waits -> PolicyEditor.waits(waits);
      case PolicyEditor.Outcome.Overtaken overtaken -> throw AdminProblem.changed();
      case PolicyEditor.Outcome.Done(
              List<ObjectChange> changes,
              List<String> lines,
              long version,
              ImpactDesk.Change whole,
              PolicyConfiguration made) ->
          Reply.json(
              200,
              Map.of(
                  "changes",
                  changes.stream().map(ObjectChange::described).toList(),
                  "version",
                  version,
                  "warnings",
                  impact.warnings(whole, DiffHandlers.shows(call, editor, whole)),
                  "dryRun",
                  call.isDryRun()));
    };
  }

  private Reply restore(AdminCall call) {
    PolicyKind kind = kind(call);
    String name = call.path("name");
    ObjectNode old =
        call.query("version")
            .map(version -> at(kind, name, Long.parseLong(version)))
            .orElseGet(() -> last(kind, name));
    ChangeReview.Reach reach = new ChangeReview.Reach(call.principal, now(), kinds());
    if (!reach.shows(kind, old)) {
      throw neverThere(kind, name);
    }
    PolicyEditor.Outcome outcome =
        editor.edit(
            call,
            tree -> {
              List<ObjectNode> things = new ArrayList<>(tree.all(kind));
              Optional<ObjectNode> present = tree.find(kind, name);
              int place = present.map(things::indexOf).orElse(things.size());
              present.ifPresent(things::remove);
              things.add(place, old);
              tree.put(kind, things);
              return kind;
            });
    if (outcome instanceof PolicyEditor.Outcome.Waits waits) {
      return PolicyEditor.waits(waits);
    }
    return warned(call, outcome, shown(200, made(call, outcome)));
  }

  private ObjectNode at(PolicyKind kind, String name, long version) {
    return parts
        .history()
        .document(version)
        .flatMap(text -> ConfigTree.ofDocument(text).find(kind, name))
        .orElseThrow(() -> neverThere(kind, name));
  }

  /** As it was before it became what it is, or is not. */
  private ObjectNode last(PolicyKind kind, String name) {
    Optional<ObjectNode> present = now().find(kind, name);
    for (ConfigurationHistory.Version each :
        parts.history().list(Long.MAX_VALUE, VERSIONS_SEARCHED)) {
      Optional<ObjectNode> was =
          parts
              .history()
              .document(each.version())
              .flatMap(text -> ConfigTree.ofDocument(text).find(kind, name));
      if (was.isPresent() && !was.equals(present)) {
        return was.get();
      }
    }
    throw neverThere(kind, name);
  }

  private static AdminProblem neverThere(PolicyKind kind, String name) {
    return AdminProblem.notFound(
        "earlier " + kind.word(), name, "postern admin history shows the versions that are kept");
  }
}
