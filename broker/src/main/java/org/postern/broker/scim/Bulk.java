package org.postern.broker.scim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.postern.policystore.jdbc.ScimGroups;
import org.postern.policystore.jdbc.ScimUsers;

/**
 * Several operations in one request (RFC 7644 section 3.7), one after the other, each committed by
 * itself; a {@code bulkId} stands for what an earlier operation of the request has made.
 */
final class Bulk {
  private static final String REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
  private static final String RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
  private static final String REFERENCE = "bulkId:";

  private final ScimCall call;
  private final ScimLimits limits;
  private final Map<String, String> made = new HashMap<>();

  Bulk(ScimCall call, ScimLimits limits) {
    this.call = call;
    this.limits = limits;
  }

  ObjectNode run(ObjectNode request) {
    JsonNode operations = request.get("Operations");
    boolean isBulk = request.path("schemas").toString().contains(REQUEST);
    if (!isBulk || operations == null || !operations.isArray()) {
      throw ScimRefusal.invalid("invalidSyntax", "not a bulk request (RFC 7644, 3.7)");
    }
    if (operations.size() > limits.bulkOperationsMax()) {
      throw ScimRefusal.tooLarge(
          "%d operations (expected: at most %d)"
              .formatted(operations.size(), limits.bulkOperationsMax()));
    }
    int errorsMax = request.path("failOnErrors").asInt(Integer.MAX_VALUE);
    ArrayNode results = ScimJson.array();
    int errors = 0;
    for (JsonNode operation : operations) {
      if (errors >= errorsMax) {
        break;
      }
      ObjectNode result = one(operation);
      errors += result.path("status").asInt() >= 400 ? 1 : 0;
      results.add(result);
    }
    ObjectNode answer = ScimJson.object();
    answer.set("schemas", ScimJson.array().add(RESPONSE));
    answer.set("Operations", results);
    return answer;
  }

  private ObjectNode one(JsonNode operation) {
    ObjectNode result = ScimJson.object();
    String method = operation.path("method").asText().toUpperCase(Locale.ROOT);
    result.put("method", method);
    Optional<String> bulkId = Text.of(operation, "bulkId");
    bulkId.ifPresent(id -> result.put("bulkId", id));
    try {
      String path = resolved(operation.path("path").asText());
      ObjectNode data =
          operation.get("data") instanceof ObjectNode sent
              ? (ObjectNode) resolved(sent)
              : ScimJson.object();
      Precondition precondition = new Precondition(Text.of(operation, "version"), Optional.empty());
      run(method, path, data, precondition, result);
      bulkId.ifPresent(id -> made.put(id, result.path("location").asText().replaceAll(".*/", "")));
    } catch (ScimRefusal e) {
      result.put("status", Integer.toString(e.status()));
      result.set("response", ScimJson.error(e));
    }
    return result;
  }

  private void run(
      String method, String path, ObjectNode data, Precondition precondition, ObjectNode result) {
    String[] parts = path.split("/", -1);
    String kind = parts.length > 1 ? parts[1] : "";
    String id = parts.length > 2 ? parts[2] : "";
    boolean users = kind.equals("Users");
    if ((!users && !kind.equals("Groups")) || parts.length > 3) {
      throw ScimRefusal.invalid("invalidPath", "path is neither /Users nor /Groups");
    }
    boolean creates = method.equals("POST") && id.isEmpty();
    if (!creates && id.isEmpty()) {
      throw ScimRefusal.invalid("invalidPath", "the path names no resource");
    }
    if (method.equals("DELETE")) {
      if (users) {
        call.users.delete(id, precondition);
      } else {
        call.groups.delete(id, precondition);
      }
      result.put("status", "204");
      return;
    }
    if (users) {
      ScimUsers.Stored user =
          switch (method) {
            case "POST" -> call.users.create(data);
            case "PUT" -> call.users.replace(id, data, precondition);
            case "PATCH" -> call.users.patch(id, data, precondition);
            case String other -> throw wrongMethod(other);
          };
      done(result, creates, "/Users/" + user.id(), user.version());
    } else {
      ScimGroups.Stored group =
          switch (method) {
            case "POST" -> call.groups.create(data);
            case "PUT" -> call.groups.replace(id, data, precondition);
            case "PATCH" -> call.groups.patch(id, data, precondition);
            case String other -> throw wrongMethod(other);
          };
      done(result, creates, "/Groups/" + group.id(), group.version());
    }
  }

  private void done(ObjectNode result, boolean created, String path, long version) {
    result.put("status", created ? "201" : "200");
    result.put("location", call.base + path);
    result.put("version", ScimJson.etag(version));
  }

  private static ScimRefusal wrongMethod(String method) {
    return ScimRefusal.invalid(
        "invalidSyntax",
        "method is %s (expected: POST, PUT, PATCH or DELETE)".formatted(Text.shown(method)));
  }

  private String resolved(String text) {
    int at = text.indexOf(REFERENCE);
    if (at < 0) {
      return text;
    }
    String name = text.substring(at + REFERENCE.length());
    String id = made.get(name);
    if (id == null) {
      throw ScimRefusal.invalid(
          "invalidValue", "bulkId %s was not made before".formatted(Text.shown(name)));
    }
    return text.substring(0, at) + id;
  }

  private JsonNode resolved(JsonNode value) {
    if (value.isTextual() && value.textValue().startsWith(REFERENCE)) {
      return TextNode.valueOf(resolved(value.textValue()));
    }
    if (value instanceof ObjectNode object) {
      ObjectNode copy = ScimJson.object();
      object.properties().forEach(each -> copy.set(each.getKey(), resolved(each.getValue())));
      return copy;
    }
    if (value.isArray()) {
      ArrayNode copy = ScimJson.array();
      value.forEach(each -> copy.add(resolved(each)));
      return copy;
    }
    return value;
  }
}
