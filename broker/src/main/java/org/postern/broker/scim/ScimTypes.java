package org.postern.broker.scim;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.unboundid.scim2.common.Path;
import com.unboundid.scim2.common.exceptions.ScimException;
import com.unboundid.scim2.common.types.AttributeDefinition;
import com.unboundid.scim2.common.types.EnterpriseUserExtension;
import com.unboundid.scim2.common.types.GroupResource;
import com.unboundid.scim2.common.types.SchemaResource;
import com.unboundid.scim2.common.types.UserResource;
import com.unboundid.scim2.common.utils.JsonUtils;
import com.unboundid.scim2.common.utils.SchemaUtils;
import com.unboundid.scim2.server.utils.ResourceTypeDefinition;
import com.unboundid.scim2.server.utils.SchemaChecker;
import java.beans.IntrospectionException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The resource types of one provider: User with the enterprise extension and the provider's own,
 * and Group. Immutable.
 */
final class ScimTypes {
  private static final SchemaResource USER = schema(UserResource.class);
  private static final SchemaResource GROUP = schema(GroupResource.class);
  private static final SchemaResource ENTERPRISE = lenient(schema(EnterpriseUserExtension.class));

  private final ResourceTypeDefinition user;
  private final ResourceTypeDefinition group;
  private final List<SchemaResource> schemas;

  private ScimTypes(List<SchemaResource> custom) {
    ResourceTypeDefinition.Builder builder =
        new ResourceTypeDefinition.Builder("User", "/Users")
            .setId("User")
            .setDescription("A person")
            .setCoreSchema(USER)
            .addOptionalSchemaExtension(ENTERPRISE);
    custom.forEach(builder::addOptionalSchemaExtension);
    this.user = builder.build();
    this.group =
        new ResourceTypeDefinition.Builder("Group", "/Groups")
            .setId("Group")
            .setDescription("Users that rules may name together")
            .setCoreSchema(GROUP)
            .build();
    List<SchemaResource> all = new ArrayList<>(List.of(USER, GROUP, ENTERPRISE));
    all.addAll(custom);
    this.schemas = List.copyOf(all);
  }

  private static SchemaResource schema(Class<?> type) {
    try {
      return Objects.requireNonNull(SchemaUtils.getSchema(type));
    } catch (IntrospectionException e) {
      throw new AssertionError("the library's own types have schemas", e);
    }
  }

  /**
   * Without parts that must be there: RFC 7643 asks for {@code manager.$ref}, which neither Entra
   * ID nor Okta sends.
   */
  private static SchemaResource lenient(SchemaResource schema) {
    return new SchemaResource(
        Known.urn(schema),
        Objects.requireNonNull(schema.getName()),
        schema.getDescription(),
        Objects.requireNonNull(schema.getAttributes()).stream().map(ScimTypes::lenient).toList());
  }

  private static AttributeDefinition lenient(AttributeDefinition attribute) {
    AttributeDefinition.Builder copy =
        new AttributeDefinition.Builder()
            .setName(attribute.getName())
            .setType(attribute.getType())
            .setMultiValued(attribute.isMultiValued())
            .setDescription(attribute.getDescription())
            .setRequired(false)
            .setCaseExact(attribute.isCaseExact())
            .setMutability(attribute.getMutability())
            .setReturned(attribute.getReturned())
            .setUniqueness(attribute.getUniqueness());
    if (attribute.getReferenceTypes() != null) {
      copy.addReferenceTypes(attribute.getReferenceTypes().toArray(String[]::new));
    }
    if (attribute.getSubAttributes() != null) {
      copy.addSubAttributes(
          attribute.getSubAttributes().stream()
              .map(ScimTypes::lenient)
              .toArray(AttributeDefinition[]::new));
    }
    return copy.build();
  }

  /** With the custom extensions of a provider, by URN. */
  static ScimTypes with(Map<String, String> documents) {
    List<SchemaResource> custom = new ArrayList<>();
    documents.values().forEach(document -> custom.add(custom(document)));
    return new ScimTypes(custom);
  }

  /**
   * Reads a schema document (RFC 7643 section 7).
   *
   * @throws ScimRefusal when it is none, or would redefine a standard schema
   */
  static SchemaResource custom(String document) {
    SchemaResource schema;
    try {
      ObjectNode node = ScimJson.parse(document.getBytes(StandardCharsets.UTF_8));
      schema = Objects.requireNonNull(JsonUtils.nodeToValue(node, SchemaResource.class));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw ScimRefusal.invalid("invalidSyntax", "not a SCIM schema document (RFC 7643, 7)");
    }
    @Nullable String urn = schema.getId();
    if (urn == null || !urn.toLowerCase(Locale.ROOT).startsWith("urn:")) {
      throw ScimRefusal.invalid("invalidValue", "id is missing (expected: urn:...)");
    }
    if (urn.toLowerCase(Locale.ROOT).startsWith("urn:ietf:params:scim:schemas:core:")
        || urn.equalsIgnoreCase(ENTERPRISE.getId())) {
      throw ScimRefusal.invalid("invalidValue", urn + " is a standard schema");
    }
    if (schema.getAttributes() == null || schema.getAttributes().isEmpty()) {
      throw ScimRefusal.invalid("invalidValue", "attributes are missing");
    }
    return schema;
  }

  ResourceTypeDefinition user() {
    return user;
  }

  ResourceTypeDefinition group() {
    return group;
  }

  List<SchemaResource> schemas() {
    return schemas;
  }

  /**
   * Makes a resource that a client sent one that we may store: values in their right shapes,
   * read-only members out.
   *
   * @throws ScimRefusal invalidSyntax, naming every attribute that no schema has
   */
  static ObjectNode checked(ResourceTypeDefinition type, ObjectNode sent) {
    ObjectNode resource = sent.deepCopy();
    Shapes.mend(resource, type);
    try {
      SchemaChecker checker = new SchemaChecker(type);
      ObjectNode writable = checker.removeReadOnlyAttributes(resource);
      checker.checkCreate(writable).throwSchemaExceptions();
      return writable;
    } catch (ScimException e) {
      throw ScimRefusal.of(e);
    }
  }

  static Path path(String text) {
    try {
      return Path.fromString(text);
    } catch (ScimException e) {
      throw ScimRefusal.invalid("invalidPath", "path " + Text.shown(text) + " cannot be read");
    }
  }

  /** Sub-attributes of an attribute, or none. */
  static Collection<AttributeDefinition> parts(AttributeDefinition attribute) {
    Collection<AttributeDefinition> parts = attribute.getSubAttributes();
    return parts == null ? List.of() : parts;
  }

  static boolean isAbsent(JsonNode value) {
    return value == null || value.isNull() || (value.isArray() && value.isEmpty());
  }
}
