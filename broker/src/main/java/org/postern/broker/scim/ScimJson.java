package org.postern.broker.scim;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.unboundid.scim2.common.utils.JsonUtils;
import java.io.IOException;
import java.time.Instant;
import org.postern.broker.front.Reply;

/** JSON as SCIM has it: member names in any case (RFC 7643 section 2.1). */
final class ScimJson {
  static final String ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";
  private static final String TYPE = "application/scim+json";

  private ScimJson() {}

  static ObjectNode object() {
    return JsonUtils.getJsonNodeFactory().objectNode();
  }

  static ArrayNode array() {
    return JsonUtils.getJsonNodeFactory().arrayNode();
  }

  static ObjectNode parse(byte[] body) {
    try {
      JsonNode node = JsonUtils.getObjectReader().readTree(body);
      if (node instanceof ObjectNode object) {
        return object;
      }
    } catch (IOException e) {
      throw ScimRefusal.invalid("invalidSyntax", "the body is not JSON");
    }
    throw ScimRefusal.invalid("invalidSyntax", "the body is not a JSON object");
  }

  /** What we stored ourselves. */
  static ObjectNode stored(String text) {
    try {
      return (ObjectNode) JsonUtils.getObjectReader().readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a stored resource is not JSON", e);
    }
  }

  static Reply reply(int status, ObjectNode body) {
    return Reply.text(status, TYPE, body.toString());
  }

  static Reply empty(int status) {
    return Reply.text(status, TYPE, "");
  }

  static ObjectNode error(ScimRefusal refusal) {
    ObjectNode error = object();
    error.set("schemas", array().add(ERROR));
    // A text, not a number: RFC 7644 section 3.12.
    error.put("status", Integer.toString(refusal.status()));
    if (refusal.scimType() != null) {
      error.put("scimType", refusal.scimType());
    }
    error.put("detail", refusal.detail());
    return error;
  }

  static String etag(long version) {
    return "W/\"" + version + "\"";
  }

  static ObjectNode meta(
      String type, Instant created, Instant modified, String location, long version) {
    ObjectNode meta = object();
    meta.put("resourceType", type);
    meta.put("created", created.toString());
    meta.put("lastModified", modified.toString());
    meta.put("location", location);
    meta.put("version", etag(version));
    return meta;
  }
}
