package org.postern.broker.scim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.unboundid.scim2.common.Path;
import com.unboundid.scim2.common.exceptions.ScimException;
import com.unboundid.scim2.common.messages.PatchOperation;
import com.unboundid.scim2.common.types.AttributeDefinition;
import com.unboundid.scim2.common.utils.JsonUtils;
import com.unboundid.scim2.server.utils.ResourceTypeDefinition;
import java.util.List;

/** Applies the steps of a PATCH to a resource, with the library's operations. */
final class Patching {
  private Patching() {}

  /**
   * Changes the resource in place.
   *
   * @throws ScimRefusal mutability, for an attribute that clients cannot change
   */
  static void apply(
      ResourceTypeDefinition type, ObjectNode resource, List<PatchDialect.Step> steps) {
    for (PatchDialect.Step step : steps) {
      AttributeDefinition attribute = type.getAttributeDefinition(step.path().withoutFilters());
      if (attribute != null
          && attribute.getMutability() == AttributeDefinition.Mutability.READ_ONLY) {
        throw ScimRefusal.invalid(
            "mutability", Text.shown(step.path().toString()) + " cannot be changed by clients");
      }
      try {
        apply(resource, step);
      } catch (ScimException e) {
        throw ScimRefusal.of(e);
      }
    }
  }

  private static void apply(ObjectNode resource, PatchDialect.Step step) throws ScimException {
    JsonNode value = step.value();
    if (value == null) {
      PatchOperation.remove(step.path()).apply(resource);
      return;
    }
    switch (step.kind()) {
      case ADD -> add(resource, step.path(), value);
      case REPLACE -> {
        boolean toOneElement = hasFilter(step.path());
        if (toOneElement && !JsonUtils.pathExists(step.path(), resource)) {
          // Entra ID replaces the work address of a user who has none, and means: add it.
          add(resource, step.path(), value);
        } else {
          PatchOperation.replace(step.path(), value).apply(resource);
        }
      }
      case REMOVE -> removeValues(resource, step.path(), value);
    }
  }

  private static void add(ObjectNode resource, Path path, JsonNode value) throws ScimException {
    PatchOperation.add(path, value).apply(resource);
  }

  private static boolean hasFilter(Path path) {
    for (Path.Element element : path) {
      if (element.getValueFilter() != null) {
        return true;
      }
    }
    return false;
  }

  /** The elements of a list that are named by their values, as Entra ID does. */
  private static void removeValues(ObjectNode resource, Path path, JsonNode values)
      throws ScimException {
    JsonNode known = JsonUtils.getValue(path, resource);
    if (!(known instanceof ArrayNode list)) {
      PatchOperation.remove(path).apply(resource);
      return;
    }
    ArrayNode kept = ScimJson.array();
    for (JsonNode each : list) {
      if (!isAmong(each, values)) {
        kept.add(each);
      }
    }
    JsonUtils.replaceValue(path, resource, kept);
  }

  private static boolean isAmong(JsonNode each, JsonNode values) {
    for (JsonNode named : values.isArray() ? values : List.of(values)) {
      boolean same =
          (named.isObject() && named.has("value"))
              ? named.get("value").equals(each.get("value"))
              : named.equals(each);
      if (same) {
        return true;
      }
    }
    return false;
  }
}
