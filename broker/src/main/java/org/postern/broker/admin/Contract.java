package org.postern.broker.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The OpenAPI document, read from {@code openapi.yaml} and completed: one path for each kind of the
 * policy document, and what all operations have in common. Routes are made from it and from nothing
 * else. Immutable after loading.
 */
final class Contract {
  private static final String ROOT = "/org/postern/broker/admin/openapi.yaml";
  private static final String POLICY_SCHEMA = "/org/postern/policystore/postern.schema.json";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
  private static final List<String> METHODS = List.of("get", "post", "put", "delete");

  /**
   * One operation.
   *
   * @param id unique
   * @param handler which code answers; operations of several kinds share one
   * @param path with {@code {name}} for parts that vary
   * @param permission {@code resource:verb}, {@code public} or {@code self}
   * @param body none, small or document
   * @param kind of the policy document, empty if it is about none
   * @param bodySchema what a JSON body must be; null: not JSON, or judged by the policy's grammar
   * @param readsOnly whether it leaves everything as it is
   * @param byLabel whether a role that is narrowed to labels may do it, as far as they reach
   */
  record Operation(
      String id,
      String handler,
      String method,
      String path,
      String permission,
      BodySize body,
      String kind,
      List<Parameter> parameters,
      @Nullable JsonNode bodySchema,
      boolean readsOnly,
      boolean byLabel) {
    /** Copies the list. */
    Operation {
      parameters = List.copyOf(parameters);
    }
  }

  /** How much is read of a body. */
  enum BodySize {
    /** Nothing. */
    NONE,
    /** The door's usual limit. */
    SMALL,
    /** A policy document. */
    DOCUMENT
  }

  /** A parameter of the path, the query or the head. */
  record Parameter(String name, String in, boolean required, JsonNode schema) {}

  private final ObjectNode document;
  private final List<Operation> operations = new ArrayList<>();
  private final List<PolicyKind> kinds = new ArrayList<>();

  private Contract(ObjectNode document) {
    this.document = document;
  }

  /** Reads it from the class path. */
  static Contract load() {
    try {
      Contract contract = new Contract((ObjectNode) YAML.readTree(resource(ROOT)));
      contract.complete(JSON.readTree(resource(POLICY_SCHEMA)));
      return contract;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = Contract.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException("this build has no " + name);
      }
      return in.readAllBytes();
    }
  }

  /** All operations; those whose path is fixed before those whose path varies. */
  List<Operation> operations() {
    return operations;
  }

  /** The kinds of the policy document. */
  List<PolicyKind> kinds() {
    return kinds;
  }

  /** The kind of this word in paths. */
  PolicyKind kind(String word) {
    return kinds.stream().filter(kind -> kind.word().equals(word)).findFirst().orElseThrow();
  }

  /** The whole document. */
  ObjectNode document() {
    return document;
  }

  private void complete(JsonNode policySchema) {
    for (var each : policySchema.path("properties").properties()) {
      if (each.getValue().path("type").asText().equals("array")) {
        kinds.add(PolicyKind.of(each.getKey()));
      }
    }
    ObjectNode schemas = (ObjectNode) document.path("components").path("schemas");
    policySchema
        .path("$defs")
        .properties()
        .forEach(each -> schemas.set("policy." + each.getKey(), moved(each.getValue())));
    ObjectNode written = (ObjectNode) document.path("paths");
    ObjectNode paths = JSON.createObjectNode();
    for (var path : written.properties()) {
      if (path.getKey().contains("{kind}")) {
        for (PolicyKind kind : kinds) {
          JsonNode thing = thing(kind, policySchema);
          String word = path.getKey().replace("{kind}", kind.word());
          paths.set(word, forKind((ObjectNode) path.getValue(), kind, thing));
        }
      } else {
        paths.set(path.getKey(), path.getValue());
      }
    }
    document.set("paths", paths);
    ContractText text = new ContractText();
    for (var path : paths.properties()) {
      for (String method : METHODS) {
        if (path.getValue().get(method) instanceof ObjectNode operation) {
          operations.add(operation(path.getKey(), method, operation, path.getValue()));
          text.complete(operation);
        }
      }
    }
    operations.sort(Comparator.comparingInt(operation -> operation.path().split("\\{", -1).length));
  }

  /** References of the policy's schema, as references of this document. */
  private static JsonNode moved(JsonNode schema) {
    try {
      return JSON.readTree(schema.toString().replace("#/$defs/", "#/components/schemas/policy."));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode thing(PolicyKind kind, JsonNode policySchema) {
    JsonNode item = policySchema.path("properties").path(kind.key()).path("items");
    if (!kind.isText()) {
      return moved(item);
    }
    ObjectNode object = JSON.createObjectNode().put("type", "object");
    object.putObject("properties").set("name", moved(item));
    return object;
  }

  private static ObjectNode forKind(ObjectNode path, PolicyKind kind, JsonNode thing) {
    ObjectNode copy = path.deepCopy();
    for (String method : METHODS) {
      if (copy.get(method) instanceof ObjectNode operation) {
        String handler = operation.path("operationId").asText();
        operation.put("operationId", handler + "-" + kind.word());
        operation.put("x-handler", handler);
        operation.put("x-kind", kind.word());
        operation.put("x-permission", fill(operation, "x-permission", kind));
        operation.put("summary", fill(operation, "summary", kind));
        if (!kind.isByLabel()) {
          operation.remove("x-by-label");
        }
        if (operation.has("x-body-schema")) {
          operation.remove("x-body-schema");
          operation.set(
              "requestBody",
              JSON.createObjectNode()
                  .set(
                      "content",
                      JSON.createObjectNode()
                          .set("application/json", JSON.createObjectNode().set("schema", thing))));
        }
        if (operation.path("x-answer").asText().equals("thing")) {
          operation.set("x-answer-schema", thing);
        }
      }
    }
    return copy;
  }

  private static String fill(ObjectNode operation, String field, PolicyKind kind) {
    return operation.path(field).asText().replace("{kind}", kind.word());
  }

  private Operation operation(String path, String method, ObjectNode node, JsonNode whole) {
    List<Parameter> parameters = new ArrayList<>();
    for (JsonNode list : new JsonNode[] {whole.path("parameters"), node.path("parameters")}) {
      for (JsonNode each : list) {
        JsonNode found = resolve(each);
        parameters.add(
            new Parameter(
                found.path("name").asText(),
                found.path("in").asText(),
                found.path("required").asBoolean(),
                found.path("schema")));
      }
    }
    String id = node.path("operationId").asText();
    String handler = node.path("x-handler").asText(id);
    JsonNode schema =
        node.path("requestBody").path("content").path("application/json").get("schema");
    return new Operation(
        id,
        handler,
        method.toUpperCase(Locale.ROOT),
        path,
        node.path("x-permission").asText(),
        BodySize.valueOf(node.path("x-body").asText("none").toUpperCase(Locale.ROOT)),
        node.path("x-kind").asText(),
        parameters,
        node.has("x-kind") ? null : schema,
        method.equals("get") || node.path("x-reads-only").asBoolean(),
        node.path("x-by-label").asBoolean());
  }

  private JsonNode resolve(JsonNode parameter) {
    String reference = parameter.path("$ref").asText();
    return reference.isEmpty() ? parameter : document.at(reference.substring(1));
  }

  /** A list of texts as JSON. */
  static ArrayNode texts(List<String> texts) {
    ArrayNode array = JSON.createArrayNode();
    texts.forEach(array::add);
    return array;
  }
}
