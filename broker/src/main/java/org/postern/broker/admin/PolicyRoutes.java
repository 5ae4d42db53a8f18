package org.postern.broker.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.front.Head;
import org.postern.broker.front.HttpsLimits;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.policystore.jdbc.AdminTokens;
import org.postern.policystore.jdbc.ApplyResult;
import org.postern.policystore.yaml.PolicyDocument;
import org.postern.policystore.yaml.PolicyError;
import org.postern.policystore.yaml.PolicyParser;
import org.postern.policystore.yaml.PolicyWriter;

/** Policy as code: put a document into force, read what is in force. */
final class PolicyRoutes {
  private static final ObjectMapper YAML =
      new ObjectMapper(
          YAMLFactory.builder()
              .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
              .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
              .build());

  private final AdminParts parts;
  private final AdminGate gate;

  PolicyRoutes(AdminParts parts, AdminGate gate) {
    this.parts = parts;
    this.gate = gate;
  }

  List<Route> routes(HttpsLimits limits) {
    return List.of(
        Route.post("/admin/v1/apply", limits.applyBytesMax(), gate, this::apply),
        Route.get("/admin/v1/config", gate, this::config),
        Route.get("/admin/v1/config/:kind", gate, this::config),
        Route.get("/admin/v1/config/:kind/:name", gate, this::config));
  }

  private Reply apply(Head head, byte[] body) {
    boolean dryRun = head.parameter("dry_run").filter("1"::equals).isPresent();
    String author = gate.who(head).map(AdminTokens.Verified::name).orElse("unknown");
    String text = new String(body, StandardCharsets.UTF_8);
    return switch (new PolicyParser(parts.policyLimits()).parse(text)) {
      case PolicyParser.Result.Failed(List<PolicyError> errors) -> wrong(errors);
      case PolicyParser.Result.Parsed(PolicyDocument document) ->
          answer(parts.policy().apply(document, author, dryRun), dryRun);
    };
  }

  private Reply answer(ApplyResult result, boolean dryRun) {
    return switch (result) {
      case ApplyResult.Refused(List<PolicyError> errors) -> wrong(errors);
      case ApplyResult.Applied(List<String> changes, long version) -> {
        if (!dryRun) {
          // Whoever applied finds it in force when the answer is there.
          parts.snapshots().refresh();
        }
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("changes", changes);
        body.put("version", version);
        body.put("dryRun", dryRun);
        yield Reply.json(200, body);
      }
    };
  }

  private static Reply wrong(List<PolicyError> errors) {
    List<Map<String, Object>> listed = new ArrayList<>();
    for (PolicyError error : errors) {
      Map<String, Object> each = new LinkedHashMap<>();
      each.put("line", error.line());
      each.put("column", error.column());
      each.put("path", error.path());
      each.put("message", error.message());
      listed.add(each);
    }
    return Reply.problem(
        422,
        "policy-wrong",
        "The policy document has %d mistake%s"
            .formatted(errors.size(), errors.size() == 1 ? "" : "s"),
        "Nothing was applied. Mend them and apply again.",
        Map.of("errors", listed));
  }

  private Reply config(Head head, byte[] body) throws JsonProcessingException {
    String yaml = PolicyWriter.write(parts.policy().load());
    Optional<String> kind = head.pathParameter("kind");
    boolean json = head.parameter("format").filter("json"::equals).isPresent();
    if (kind.isEmpty() && !json) {
      return Reply.text(200, "application/yaml; charset=utf-8", yaml);
    }
    JsonNode document = YAML.readTree(yaml);
    if (kind.isPresent()) {
      Optional<ObjectNode> part = part(document, kind.get(), head.pathParameter("name"));
      if (part.isEmpty()) {
        return Reply.problem(
            404,
            "not-found",
            "There is no %s%s"
                .formatted(
                    AdminApi.shown(kind.get()),
                    head.pathParameter("name").map(n -> " " + AdminApi.shown(n)).orElse("")),
            "Kinds are: " + kinds(document));
      }
      document = part.get();
    }
    return json
        ? Reply.text(200, "application/json", document.toString())
        : Reply.text(200, "application/yaml; charset=utf-8", YAML.writeValueAsString(document));
  }

  /** One kind of the document, or one of its members, as a document that can be applied. */
  private static Optional<ObjectNode> part(JsonNode document, String kind, Optional<String> name) {
    JsonNode members = document.get(kind);
    if (members == null || kind.equals("version")) {
      return Optional.empty();
    }
    ObjectNode part = YAML.createObjectNode();
    if (name.isEmpty()) {
      part.set("version", document.get("version"));
      part.set(kind, members);
      return Optional.of(part);
    }
    for (JsonNode member : members) {
      if (member.path("name").asText().equals(name.get())) {
        part.set(kind, YAML.createArrayNode().add(member));
        return Optional.of(part);
      }
    }
    return Optional.empty();
  }

  private static String kinds(JsonNode document) {
    List<String> kinds = new ArrayList<>();
    document.fieldNames().forEachRemaining(kinds::add);
    kinds.remove("version");
    return String.join(", ", kinds);
  }
}
