package org.postern.broker.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Holds a value to as much of JSON Schema as the contract uses. One object for each request; says
 * everything that is wrong, each with its path.
 */
final class SchemaCheck {
  private final List<FieldError> errors = new ArrayList<>();

  /** One wrong field. */
  record FieldError(String path, String message) {}

  List<FieldError> errors() {
    return errors;
  }

  /** A parameter's text, as the type that its schema says. */
  void parameter(Contract.Parameter parameter, String text) {
    JsonNode schema = parameter.schema();
    if (schema.path("type").asText().equals("integer")) {
      if (!text.matches("-?[0-9]{1,18}")) {
        wrong(parameter.name(), "expected: a whole number");
        return;
      }
      long number = Long.parseLong(text);
      check(
          schema,
          number == (int) number ? IntNode.valueOf((int) number) : LongNode.valueOf(number),
          parameter.name());
      return;
    }
    check(schema, TextNode.valueOf(text), parameter.name());
  }

  void check(JsonNode schema, JsonNode value, String path) {
    String type = schema.path("type").asText();
    boolean fits =
        switch (type) {
          case "object" -> value.isObject();
          case "array" -> value.isArray();
          case "string" -> value.isTextual();
          case "integer" -> value.isIntegralNumber() && value.canConvertToLong();
          case "boolean" -> value.isBoolean();
          default -> true;
        };
    if (!fits) {
      wrong(path, "expected: " + type);
      return;
    }
    switch (type) {
      case "object" -> object(schema, value, path);
      case "array" -> array(schema, value, path);
      case "string" -> text(schema, value.textValue(), path);
      case "integer" -> number(schema, value.longValue(), path);
      default -> {}
    }
    anyOf(schema, value, path);
  }

  private void anyOf(JsonNode schema, JsonNode value, String path) {
    JsonNode words = schema.path("enum");
    if (words.isArray()) {
      for (JsonNode word : words) {
        if (word.equals(value)) {
          return;
        }
      }
      wrong(path, "expected: one of " + words);
    }
  }

  private void object(JsonNode schema, JsonNode value, String path) {
    Set<String> known = new HashSet<>();
    schema.path("properties").fieldNames().forEachRemaining(known::add);
    for (JsonNode required : schema.path("required")) {
      if (!value.has(required.asText())) {
        wrong(join(path, required.asText()), "is missing");
      }
    }
    boolean open = schema.path("additionalProperties").asBoolean(true);
    for (var field : value.properties()) {
      if (known.contains(field.getKey())) {
        check(
            schema.path("properties").path(field.getKey()),
            field.getValue(),
            join(path, field.getKey()));
      } else if (!open) {
        wrong(
            join(path, AdminApi.shown(field.getKey())),
            "is not known here (known: " + known.stream().sorted().toList() + ")");
      }
    }
  }

  private void array(JsonNode schema, JsonNode value, String path) {
    int most = schema.path("maxItems").asInt(Integer.MAX_VALUE);
    if (value.size() > most || value.size() < schema.path("minItems").asInt(0)) {
      wrong(path, "has %d items".formatted(value.size()));
      return;
    }
    for (int i = 0; i < value.size(); i++) {
      check(schema.path("items"), value.get(i), path + "[" + i + "]");
    }
  }

  private void text(JsonNode schema, String value, String path) {
    if (value.length() > schema.path("maxLength").asInt(Integer.MAX_VALUE)) {
      wrong(path, "is longer than " + schema.path("maxLength").asInt() + " characters");
      return;
    }
    if (value.length() < schema.path("minLength").asInt(0) || value.indexOf('\0') >= 0) {
      wrong(path, "is empty or holds a NUL");
      return;
    }
    if (schema.has("pattern") && !value.matches(schema.path("pattern").asText())) {
      wrong(path, "expected: " + schema.path("pattern").asText());
    }
    if (schema.path("format").asText().equals("date-time")) {
      try {
        Instant.parse(value);
      } catch (DateTimeException e) {
        wrong(path, "expected: a time such as 2026-03-01T10:00:00Z");
      }
    }
  }

  private void number(JsonNode schema, long value, String path) {
    if (value < schema.path("minimum").asLong(Long.MIN_VALUE)
        || value > schema.path("maximum").asLong(Long.MAX_VALUE)) {
      wrong(
          path,
          "is %d (expected: %s to %s)"
              .formatted(
                  value,
                  schema.path("minimum").asText("any"),
                  schema.path("maximum").asText("any")));
    }
  }

  private static String join(String path, String field) {
    return path.isEmpty() ? field : path + "." + field;
  }

  private void wrong(String path, String message) {
    errors.add(new FieldError(path, message));
  }
}
