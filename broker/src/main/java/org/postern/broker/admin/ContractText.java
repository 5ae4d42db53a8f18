package org.postern.broker.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Writes into each operation of the document what all of them have in common. */
final class ContractText {
  private static final ObjectMapper JSON = new ObjectMapper();

  void complete(ObjectNode operation) {
    String permission = operation.path("x-permission").asText();
    ObjectNode responses = operation.putObject("responses");
    responses.set(operation.path("x-status").asText("200"), success(operation));
    if (operation
        .path("operationId")
        .asText()
        .matches("applyPolicy|rollBack|(put|delete|restore)-.*")) {
      responses.set("202", described("It waits for a second person", reference("object")));
      responses.set("409", problem("It cannot be done as things are"));
      responses.set("412", problem("Somebody else changed it meanwhile"));
    }
    if (!permission.equals("public")) {
      responses.set("401", problem("No token, or one that is not accepted"));
      responses.set("403", problem("The role does not reach so far"));
    }
    responses.set("429", problem("Too many requests; Retry-After says how many seconds to wait"));
    responses.set("default", problem("A refusal"));
    operation.set("security", security(permission));
    body(operation);
    for (String ours :
        new String[] {"x-answer", "x-answer-schema", "x-status", "x-handler", "x-body-type"}) {
      operation.remove(ours);
    }
  }

  private static JsonNode security(String permission) {
    return permission.equals("public")
        ? JSON.createArrayNode()
        : JSON.createArrayNode()
            .add(JSON.createObjectNode().set("token", JSON.createArrayNode()))
            .add(JSON.createObjectNode().set("client", JSON.createArrayNode()));
  }

  private static JsonNode success(ObjectNode operation) {
    return switch (operation.path("x-answer").asText()) {
      case "list" ->
          described("A page", JSON.createObjectNode().put("$ref", "#/components/schemas/List"));
      case "thing" -> described("The thing, with its ETag", operation.path("x-answer-schema"));
      case "document" -> {
        ObjectNode described = described("The document, with its ETag", reference("object"));
        ((ObjectNode) described.path("content"))
            .putObject("application/yaml")
            .putObject("schema")
            .put("type", "string");
        yield described;
      }
      default -> described("Done", reference("object"));
    };
  }

  private static ObjectNode reference(String type) {
    return JSON.createObjectNode().put("type", type);
  }

  private static ObjectNode described(String description, JsonNode schema) {
    ObjectNode response = JSON.createObjectNode().put("description", description);
    response.putObject("content").putObject("application/json").set("schema", schema);
    return response;
  }

  private static ObjectNode problem(String description) {
    ObjectNode response = JSON.createObjectNode().put("description", description);
    response
        .putObject("content")
        .putObject("application/problem+json")
        .putObject("schema")
        .put("$ref", "#/components/schemas/Problem");
    return response;
  }

  private static void body(ObjectNode operation) {
    if (!operation.has("x-body")) {
      return;
    }
    if (operation.has("requestBody")) {
      ((ObjectNode) operation.path("requestBody")).put("required", true);
      return;
    }
    ObjectNode body = operation.putObject("requestBody").put("required", true);
    String type = operation.path("x-body-type").asText();
    body.putObject("content").putObject(type).putObject("schema").put("type", "string");
  }
}
