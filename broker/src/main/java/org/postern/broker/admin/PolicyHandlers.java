package org.postern.broker.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.Reply;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.jdbc.ConfigurationHistory;
import org.postern.policystore.jdbc.PolicyStore;
import org.postern.policystore.yaml.PolicyWriter;

/** Policy as code: plan, put a document into force, read what is in force, go back. */
final class PolicyHandlers {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TAG = "\"cv-";

  private final AdminParts parts;
  private final PolicyEditor editor;
  private final ImpactDesk impact;
  private final Pages pages = new Pages(AdminLimits.DEFAULT);

  PolicyHandlers(AdminParts parts, PolicyEditor editor, ImpactDesk impact) {
    this.impact = impact;
    this.parts = parts;
    this.editor = editor;
  }

  Map<String, Handler> handlers() {
    return Map.of(
        "applyPolicy", this::apply,
        "planPolicy", this::plan,
        "exportPolicy", this::export,
        "listVersions", this::versions,
        "readVersion", this::version,
        "rollBack", this::rollBack);
  }

  static String tag(long version) {
    return TAG + version + "\"";
  }

  private static OptionalLong expected(AdminCall call) {
    Optional<String> tag = call.head.header("if-match");
    if (tag.isEmpty() || tag.get().equals("*")) {
      return OptionalLong.empty();
    }
    String text = tag.get();
    if (!text.matches("\"cv-[0-9]{1,18}\"")) {
      throw AdminProblem.field("If-Match", "expected: the ETag of the policy, as \"cv-17\"");
    }
    return OptionalLong.of(Long.parseLong(text.substring(TAG.length(), text.length() - 1)));
  }

  private Reply apply(AdminCall call) {
    String message = call.query("message").orElse("");
    return answer(
        call,
        editor.apply(
            call,
            new PolicyEditor.Order(call.document(), message, expected(call), call.isDryRun())));
  }

  private Reply plan(AdminCall call) {
    return answer(
        call,
        editor.apply(
            call, new PolicyEditor.Order(call.document(), "", OptionalLong.empty(), true)));
  }

  private Reply answer(AdminCall call, PolicyEditor.Outcome outcome) {
    return switch (outcome) {
      case PolicyEditor.Outcome.Waits waits -> PolicyEditor.waits(waits);
      case PolicyEditor.Outcome.Overtaken overtaken -> {
        List<ConfigurationHistory.Version> last = parts.history().list(Long.MAX_VALUE, 1);
        String who =
            last.isEmpty()
                ? ""
                : "The newest version, %d, is by %s. "
                    .formatted(last.getFirst().version(), last.getFirst().author());
        throw new AdminProblem(
            412,
            "changed-meanwhile",
            "Somebody else changed the policy meanwhile",
            who + "Plan again, then apply.");
      }
      case PolicyEditor.Outcome.Done(
              List<ObjectChange> changes,
              List<String> lines,
              long version,
              ImpactDesk.Change whole,
              PolicyConfiguration made) -> {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("changes", lines);
        body.put("details", changes.stream().map(ObjectChange::described).toList());
        body.put("version", version);
        Predicate<String> shows = DiffHandlers.shows(call, editor, whole);
        body.put("effects", impact.effects(whole, shows, call.principal.may("users:read")));
        body.put("warnings", impact.warnings(whole, shows));
        body.put("testsPassed", made.tests().size());
        body.put("dryRun", call.isDryRun() || call.operation.readsOnly());
        yield Reply.json(200, body).with("ETag", tag(version));
      }
    };
  }

  private Reply export(AdminCall call) {
    if (call.principal.isNarrowed()) {
      throw AdminProblem.forbidden(
          "The whole document shows more than your labels; list kind by kind.");
    }
    PolicyStore.Versioned now = parts.policy().loadVersioned();
    boolean json = call.query("format").filter("json"::equals).isPresent();
    String yaml = PolicyWriter.write(now.configuration());
    Optional<String> kind = call.query("kind");
    parts
        .audit()
        .record(
            AuditEvent.done(
                    call.principal.actor(), "policy.export", "policy", "version " + now.version())
                .because(kind.orElse("all kinds"))
                .in(call.head.requestId(), call.head.from().getHostAddress()));
    if (kind.isEmpty() && !json) {
      return yaml(yaml).with("ETag", tag(now.version()));
    }
    ConfigTree tree = ConfigTree.ofDocument(yaml);
    JsonNode document = kind.isEmpty() ? tree.root() : part(tree, kind.get(), call.query("name"));
    Reply reply =
        json
            ? Reply.text(200, "application/json", document.toString())
            : yaml(ConfigTree.yaml(document));
    return reply.with("ETag", tag(now.version()));
  }

  private static Reply yaml(String text) {
    return Reply.text(200, "application/yaml; charset=utf-8", text);
  }

  /** One kind of the document, or one of its members, as a document. */
  private ObjectNode part(ConfigTree tree, String kind, Optional<String> name) {
    PolicyKind found =
        editor.contract().kinds().stream()
            .filter(each -> each.key().equals(kind) || each.word().equals(kind))
            .findFirst()
            .orElseThrow(() ->
                AdminProblem.notFound(
                    "kind",
                    kind,
                    "Kinds are: "
                        + String.join(
                            ", ",
                            editor.contract().kinds().stream().map(PolicyKind::key).toList())));
    ObjectNode part = JSON.createObjectNode();
    if (name.isEmpty()) {
      part.set("version", tree.root().path("version"));
      part.set(found.key(), tree.root().path(found.key()));
      return part;
    }
    JsonNode thing =
        tree.find(found, name.get())
            .orElseThrow(() ->
                AdminProblem.notFound(
                    found.word(), name.get(), "postern admin get " + found.key()));
    part.set(found.key(), JSON.createArrayNode().add(found.isText() ? thing.path("name") : thing));
    return part;
  }

  // -- history

  private Reply versions(AdminCall call) {
    if (call.principal.isNarrowed()) {
      throw AdminProblem.forbidden("The history tells of more than your labels.");
    }
    List<Map<String, Object>> items =
        parts.history().list(pages.number(call), pages.limit(call)).stream()
            .map(PolicyHandlers::line)
            .toList();
    return pages.newest(call, items, "version");
  }

  private static Map<String, Object> line(ConfigurationHistory.Version version) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("version", version.version());
    line.put("at", version.at().toString());
    line.put("author", version.author());
    line.put("message", version.message());
    line.put("requestId", version.requestId());
    line.put("changes", version.changes());
    line.put("restorable", version.restorable());
    return line;
  }

  private Reply version(AdminCall call) {
    if (call.principal.isNarrowed()) {
      throw AdminProblem.forbidden("A version shows more than your labels.");
    }
    long number = Long.parseLong(call.path("version"));
    ConfigurationHistory.Version found =
        parts
            .history()
            .find(number)
            .orElseThrow(
                () -> AdminProblem.notFound("version", "" + number, "postern admin history"));
    Map<String, Object> body = line(found);
    Optional<String> document = parts.history().document(number);
    document.ifPresent(text -> {
      body.put("document", text);
      body.put("details", differences(number, text));
    });
    return Reply.json(200, body);
  }

  /** Against the version before, if that is kept. */
  private List<Map<String, Object>> differences(long number, String document) {
    ConfigTree now = ConfigTree.ofDocument(document);
    List<ConfigurationHistory.Version> earlier = parts.history().list(number, 1);
    Optional<ConfigTree> before =
        earlier.isEmpty()
            ? Optional.of(ConfigTree.of(PolicyConfiguration.EMPTY))
            : parts.history().document(earlier.getFirst().version()).map(ConfigTree::ofDocument);
    return before
        .map(tree ->
            tree.to(now, editor.contract().kinds()).stream().map(ObjectChange::described).toList())
        .orElse(List.of());
  }

  private Reply rollBack(AdminCall call) {
    long number = Long.parseLong(call.path("version"));
    String document =
        parts
            .history()
            .document(number)
            .orElseThrow(() ->
                AdminProblem.notFound(
                    "version",
                    "" + number,
                    "The document of a version must still be kept: postern admin history says of"
                        + " which it is"));
    return answer(
        call,
        editor.applyOurs(
            call,
            new PolicyEditor.Order(
                document, "rollback to version " + number, OptionalLong.empty(), call.isDryRun()),
            false));
  }
}
