package org.postern.policystore.yaml;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;

/// As much of JSON Schema as our schema uses. A keyword that it does not know is an error, so that
/// the schema cannot outgrow it unnoticed.
final class MiniSchema {
  private final JsonNode root;

  MiniSchema(JsonNode root) {
    this.root = root;
  }

  /// What is wrong with a document, as paths; empty: nothing.
  List<String> check(JsonNode document) {
    List<String> errors = new ArrayList<>();
    check(root, document, "$", errors);
    return errors;
  }

  private boolean fits(JsonNode schema, JsonNode value) {
    List<String> errors = new ArrayList<>();
    check(schema, value, "", errors);
    return errors.isEmpty();
  }

  private void check(JsonNode schema, JsonNode value, String at, List<String> errors) {
    schema
        .properties()
        .forEach(keyword -> {
          if (!holds(keyword.getKey(), keyword.getValue(), schema, value, at, errors)) {
            errors.add(at + " " + keyword.getKey());
          }
        });
  }

  private boolean holds(
      String keyword,
      JsonNode rule,
      JsonNode schema,
      JsonNode value,
      String at,
      List<String> errors) {
    return switch (keyword) {
      case "$schema", "$defs", "title", "description" -> true;
      case "$ref" -> {
        check(root.at(rule.asText().substring(1)), value, at, errors);
        yield true;
      }
      case "additionalProperties" -> {
        boolean known = true;
        if (rule.isObject()) {
          for (var entry : value.properties()) {
            check(rule, entry.getValue(), at + "." + entry.getKey(), errors);
          }
          yield true;
        }
        for (var entry : value.properties()) {
          known &= schema.get("properties").has(entry.getKey());
        }
        yield known;
      }
      case "properties" -> {
        for (var entry : value.properties()) {
          if (rule.has(entry.getKey())) {
            check(rule.get(entry.getKey()), entry.getValue(), at + "." + entry.getKey(), errors);
          }
        }
        yield true;
      }
      case "items" -> {
        for (int i = 0; value.isArray() && i < value.size(); i++) {
          check(rule, value.get(i), at + "[" + i + "]", errors);
        }
        yield true;
      }
      case "oneOf" -> count(rule, value) == 1;
      case "anyOf" -> count(rule, value) >= 1;
      case "allOf" -> count(rule, value) == rule.size();
      case "maxProperties" -> value.size() <= rule.asInt();
      case "propertyNames" -> {
        for (var entry : value.properties()) {
          check(rule, TextNode.valueOf(entry.getKey()), at, errors);
        }
        yield true;
      }
      case "minProperties" -> value.size() >= rule.asInt();
      default -> holds(keyword, rule, value);
    };
  }

  private static boolean holds(String keyword, JsonNode rule, JsonNode value) {
    return switch (keyword) {
      case "type" -> isA(rule.asText(), value);
      case "const" -> rule.equals(value);
      case "enum" -> contains(rule, value);
      case "required" -> {
        boolean all = true;
        for (JsonNode name : rule) {
          all &= value.has(name.asText());
        }
        yield all;
      }
      case "uniqueItems" -> {
        HashSet<JsonNode> seen = new HashSet<>();
        boolean unique = true;
        for (JsonNode item : value) {
          unique &= seen.add(item);
        }
        yield unique;
      }
      case "minItems" -> value.size() >= rule.asInt();
      case "maxItems" -> value.size() <= rule.asInt();
      case "minLength" -> value.asText().length() >= rule.asInt();
      case "maxLength" -> value.asText().length() <= rule.asInt();
      case "minimum" -> value.asLong() >= rule.asLong();
      case "maximum" -> value.asLong() <= rule.asLong();
      case "pattern" -> Pattern.compile(rule.asText()).matcher(value.asText()).find();
      default -> throw new AssertionError("unknown keyword " + keyword);
    };
  }

  private static boolean contains(JsonNode values, JsonNode value) {
    for (JsonNode one : values) {
      if (one.equals(value)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isA(String type, JsonNode value) {
    return switch (type) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isTextual();
      case "integer" -> value.isIntegralNumber();
      case "boolean" -> value.isBoolean();
      default -> throw new AssertionError(type);
    };
  }

  private int count(JsonNode schemas, JsonNode value) {
    int fitting = 0;
    for (JsonNode one : schemas) {
      fitting += fits(one, value) ? 1 : 0;
    }
    return fitting;
  }
}
