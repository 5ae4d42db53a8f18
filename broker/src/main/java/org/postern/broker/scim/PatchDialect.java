package org.postern.broker.scim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.unboundid.scim2.common.Path;
import com.unboundid.scim2.common.types.AttributeDefinition;
import com.unboundid.scim2.common.utils.SchemaUtils;
import com.unboundid.scim2.server.utils.ResourceTypeDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a PATCH (RFC 7644 section 3.5.2) in the dialects that Entra ID and Okta speak, into steps
 * that each have a path: {@code op} in any case, operations without a path and with dotted or
 * URN-prefixed member names, removals that list values, references as bare ids.
 */
final class PatchDialect {
  /** What a step does. */
  enum Kind {
    ADD,
    REMOVE,
    REPLACE
  }

  /**
   * One step.
   *
   * @param value null for a removal of everything at the path
   */
  record Step(Kind kind, Path path, @Nullable JsonNode value) {
    /** The attribute that it is about, without its schema. */
    String attribute() {
      return path.isRoot() ? "" : path.getElement(0).getAttribute();
    }
  }

  private static final Set<String> NOT_PATCHED = Set.of("schemas", "id", "meta");

  private final ResourceTypeDefinition type;
  private final int operationsMax;

  PatchDialect(ResourceTypeDefinition type, int operationsMax) {
    this.type = type;
    this.operationsMax = operationsMax;
  }

  List<Step> read(ObjectNode request) {
    JsonNode operations = request.get("Operations");
    if (operations == null || !operations.isArray() || operations.isEmpty()) {
      throw ScimRefusal.invalid("invalidSyntax", "Operations are missing (expected: a list)");
    }
    List<Step> steps = new ArrayList<>();
    for (JsonNode each : operations) {
      if (!(each instanceof ObjectNode operation)) {
        throw ScimRefusal.invalid("invalidSyntax", "an operation is not a JSON object");
      }
      read(operation, steps);
      if (steps.size() > operationsMax) {
        throw ScimRefusal.tooMany(
            "too many operations (expected: at most " + operationsMax + " in one PATCH)");
      }
    }
    return steps;
  }

  private void read(ObjectNode operation, List<Step> steps) {
    Kind kind = kind(Text.of(operation, "op").orElse(""));
    JsonNode value = operation.get("value");
    String path = Text.of(operation, "path").orElse("");
    if (!path.isEmpty()) {
      steps.add(step(kind, path, value));
      return;
    }
    if (kind == Kind.REMOVE) {
      throw ScimRefusal.invalid("noTarget", "a removal has no path");
    }
    if (!(value instanceof ObjectNode members)) {
      throw ScimRefusal.invalid(
          "invalidValue", "an operation without a path has no object as its value");
    }
    for (Map.Entry<String, JsonNode> member : members.properties()) {
      if (!NOT_PATCHED.contains(member.getKey().toLowerCase(Locale.ROOT))) {
        withoutPath(kind, member.getKey(), member.getValue(), steps);
      }
    }
  }

  /** A member of a value without a path: its name is the path. */
  private void withoutPath(Kind kind, String name, JsonNode value, List<Step> steps) {
    boolean isExtension =
        SchemaUtils.isUrn(name)
            && type.getSchemaExtensions().keySet().stream()
                .anyMatch(extension -> Known.urn(extension).equalsIgnoreCase(name));
    if (isExtension && value instanceof ObjectNode members) {
      for (Map.Entry<String, JsonNode> member : members.properties()) {
        steps.add(step(kind, name + ":" + member.getKey(), member.getValue()));
      }
      return;
    }
    steps.add(step(kind, name, value));
  }

  private static Kind kind(String op) {
    return switch (op.toLowerCase(Locale.ROOT)) {
      case "add" -> Kind.ADD;
      case "remove" -> Kind.REMOVE;
      case "replace" -> Kind.REPLACE;
      case String other ->
          throw ScimRefusal.invalid(
              "invalidSyntax",
              "op is '%s' (expected: add, remove or replace)".formatted(Text.shown(other)));
    };
  }

  private Step step(Kind kind, String text, @Nullable JsonNode value) {
    Path path = ScimTypes.path(text);
    if (path.isRoot()) {
      throw ScimRefusal.invalid("invalidPath", "path " + Text.shown(text) + " names no attribute");
    }
    if ((value == null || value.isNull()) && kind == Kind.ADD) {
      throw ScimRefusal.invalid("invalidValue", Text.shown(text) + " is added without a value");
    }
    if (value == null
        || value.isNull()
        || (kind == Kind.REMOVE && value.isArray() && value.isEmpty())) {
      return new Step(Kind.REMOVE, path, null);
    }
    AttributeDefinition attribute = type.getAttributeDefinition(path.withoutFilters());
    if (attribute == null) {
      throw ScimRefusal.invalid(
          "invalidPath", "no schema has the attribute " + Text.shown(path.toString()));
    }
    boolean oneElement = path.getElement(path.size() - 1).getValueFilter() != null;
    return new Step(
        kind, path, oneElement ? element(value, attribute) : Shapes.mended(value, attribute));
  }

  /** The value of one element of a list, which a filter has chosen. */
  private static JsonNode element(JsonNode value, AttributeDefinition attribute) {
    JsonNode mended = Shapes.mended(value, attribute);
    return mended.isArray() && mended.size() == 1 ? mended.get(0) : mended;
  }
}
