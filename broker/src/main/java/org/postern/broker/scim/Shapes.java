package org.postern.broker.scim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.unboundid.scim2.common.types.AttributeDefinition;
import com.unboundid.scim2.common.types.SchemaResource;
import com.unboundid.scim2.server.utils.ResourceTypeDefinition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Puts values into the shape that the schema asks for where real clients are known to send another
 * one that can mean nothing else: {@code "True"} for true, one value for a list of one and the
 * other way round, a bare id for a reference, an extension's members beside its URN missing from
 * {@code schemas}. Everything else is left for the schema check to refuse.
 */
final class Shapes {
  private Shapes() {}

  /** Mends a whole resource in place. */
  static void mend(ObjectNode resource, ResourceTypeDefinition type) {
    SchemaResource core = Objects.requireNonNull(type.getCoreSchema());
    mendMembers(resource, core.getAttributes());
    for (SchemaResource extension : type.getSchemaExtensions().keySet()) {
      if (resource.get(Known.urn(extension)) instanceof ObjectNode part) {
        mendMembers(part, extension.getAttributes());
      }
    }
    // A null takes an attribute away (RFC 7643 section 2.5).
    List<String> nulls = new ArrayList<>();
    for (Map.Entry<String, JsonNode> member : resource.properties()) {
      if (ScimTypes.isAbsent(member.getValue())) {
        nulls.add(member.getKey());
      }
    }
    nulls.forEach(resource::remove);
    ArrayNode schemas = ScimJson.array().add(Known.urn(type));
    for (SchemaResource extension : type.getSchemaExtensions().keySet()) {
      if (resource.has(Known.urn(extension))) {
        schemas.add(Known.urn(extension));
      }
    }
    for (JsonNode named : resource.path("schemas")) {
      // Entra ID names a schema of its own on groups, and sends nothing of it: nothing is lost.
      if (isUnknown(named.asText(), type) && resource.has(named.asText())) {
        throw ScimRefusal.invalid(
            "invalidValue",
            "schema %s is not known here; GET /Schemas lists those that are"
                .formatted(Text.shown(named.asText())));
      }
    }
    resource.set("schemas", schemas);
  }

  private static boolean isUnknown(String urn, ResourceTypeDefinition type) {
    return !urn.equalsIgnoreCase(Known.urn(type))
        && type.getSchemaExtensions().keySet().stream()
            .noneMatch(extension -> urn.equalsIgnoreCase(Known.urn(extension)));
  }

  private static void mendMembers(ObjectNode object, Collection<AttributeDefinition> attributes) {
    for (AttributeDefinition attribute : attributes) {
      JsonNode value = object.get(attribute.getName());
      if (value != null && !value.isNull()) {
        object.set(attribute.getName(), mended(value, attribute));
      }
    }
  }

  /** A value in the shape of its attribute. */
  static JsonNode mended(JsonNode value, AttributeDefinition attribute) {
    if (attribute.isMultiValued()) {
      ArrayNode all = ScimJson.array();
      for (JsonNode each : value.isArray() ? value : List.of(value)) {
        all.add(one(each, attribute));
      }
      return all;
    }
    return one(value.isArray() && value.size() == 1 ? value.get(0) : value, attribute);
  }

  private static JsonNode one(JsonNode value, AttributeDefinition attribute) {
    Collection<AttributeDefinition> parts = ScimTypes.parts(attribute);
    if (!parts.isEmpty()) {
      return complex(value, parts);
    }
    JsonNode simple = value.isObject() && value.has("value") ? value.get("value") : value;
    if (attribute.getType() == AttributeDefinition.Type.BOOLEAN && simple.isTextual()) {
      return switch (simple.textValue().toLowerCase(Locale.ROOT)) {
        case "true" -> BooleanNode.TRUE;
        case "false" -> BooleanNode.FALSE;
        case String other -> simple;
      };
    }
    return simple;
  }

  private static JsonNode complex(JsonNode value, Collection<AttributeDefinition> parts) {
    boolean hasValue = parts.stream().anyMatch(part -> part.getName().equals("value"));
    if (value.isTextual() && hasValue) {
      ObjectNode reference = ScimJson.object();
      reference.set("value", value);
      return reference;
    }
    if (value instanceof ObjectNode object) {
      mendMembers(object, parts);
    }
    return value;
  }
}
