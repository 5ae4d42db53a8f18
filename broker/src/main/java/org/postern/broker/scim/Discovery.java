package org.postern.broker.scim;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.unboundid.scim2.common.types.SchemaResource;
import com.unboundid.scim2.common.utils.JsonUtils;
import com.unboundid.scim2.server.utils.ResourceTypeDefinition;
import java.util.List;

/** What a client can find out about the server (RFC 7644 section 4). */
final class Discovery {
  private static final String RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

  private Discovery() {}

  static ObjectNode serviceProviderConfig(ScimLimits limits, String base) {
    ObjectNode config = ScimJson.object();
    config.set(
        "schemas",
        ScimJson.array().add("urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"));
    config.set("patch", supported(true));
    ObjectNode bulk = supported(true);
    bulk.put("maxOperations", limits.bulkOperationsMax());
    bulk.put("maxPayloadSize", limits.bodyBytesMax());
    config.set("bulk", bulk);
    ObjectNode filter = supported(true);
    filter.put("maxResults", limits.pageMax());
    config.set("filter", filter);
    config.set("changePassword", supported(false));
    config.set("sort", supported(false));
    config.set("etag", supported(true));
    ObjectNode pagination = ScimJson.object();
    pagination.put("cursor", true);
    pagination.put("index", true);
    pagination.put("defaultPaginationMethod", "index");
    pagination.put("defaultPageSize", limits.pageDefault());
    pagination.put("maxPageSize", limits.pageMax());
    config.set("pagination", pagination);
    ObjectNode scheme = ScimJson.object();
    scheme.put("type", "oauthbearertoken");
    scheme.put("name", "Bearer token");
    scheme.put("description", "postern admin scim token create PROVIDER");
    scheme.put("primary", true);
    config.set("authenticationSchemes", ScimJson.array().add(scheme));
    ObjectNode meta = ScimJson.object();
    meta.put("resourceType", "ServiceProviderConfig");
    meta.put("location", base + "/ServiceProviderConfig");
    config.set("meta", meta);
    return config;
  }

  private static ObjectNode supported(boolean is) {
    ObjectNode node = ScimJson.object();
    node.put("supported", is);
    return node;
  }

  static ObjectNode schemas(ScimTypes types, String base) {
    return list(types.schemas().stream().map(schema -> schema(schema, base)).toList());
  }

  static ObjectNode schema(ScimTypes types, String base, String urn) {
    for (SchemaResource schema : types.schemas()) {
      if (Known.urn(schema).equalsIgnoreCase(urn)) {
        return schema(schema, base);
      }
    }
    throw ScimRefusal.notFound("schema", urn);
  }

  private static ObjectNode schema(SchemaResource schema, String base) {
    ObjectNode node = JsonUtils.valueToNode(schema);
    ObjectNode meta = ScimJson.object();
    meta.put("resourceType", "Schema");
    meta.put("location", base + "/Schemas/" + Known.urn(schema));
    node.set("meta", meta);
    return node;
  }

  static ObjectNode resourceTypes(ScimTypes types, String base) {
    return list(List.of(resourceType(types.user(), base), resourceType(types.group(), base)));
  }

  static ObjectNode resourceType(ScimTypes types, String base, String name) {
    for (ResourceTypeDefinition type : List.of(types.user(), types.group())) {
      if (type.getName().equalsIgnoreCase(name)) {
        return resourceType(type, base);
      }
    }
    throw ScimRefusal.notFound("resource type", name);
  }

  private static ObjectNode resourceType(ResourceTypeDefinition type, String base) {
    ObjectNode node = JsonUtils.valueToNode(type.toScimResource());
    ObjectNode meta = ScimJson.object();
    meta.put("resourceType", "ResourceType");
    meta.put("location", base + "/ResourceTypes/" + type.getName());
    node.set("meta", meta);
    return node;
  }

  private static ObjectNode list(List<ObjectNode> all) {
    ArrayNode resources = ScimJson.array();
    resources.addAll(all);
    ObjectNode answer = ScimJson.object();
    answer.set("schemas", ScimJson.array().add(RESPONSE));
    answer.put("totalResults", all.size());
    answer.put("itemsPerPage", all.size());
    answer.put("startIndex", 1);
    answer.set("Resources", resources);
    return answer;
  }
}
