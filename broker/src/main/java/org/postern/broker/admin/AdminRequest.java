package org.postern.broker.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A JSON body of an administrator. */
final class AdminRequest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final JsonNode object;

  private AdminRequest(JsonNode object) {
    this.object = object;
  }

  /** What is wrong with a request; the message goes back to the administrator. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message);
    }
  }

  static AdminRequest parse(byte[] body) throws Malformed {
    try {
      JsonNode node = JSON.readTree(body);
      if (node != null && node.isObject()) {
        return new AdminRequest(node);
      }
    } catch (IOException e) {
      throw new Malformed("the body is not JSON");
    }
    throw new Malformed("the body must be a JSON object");
  }

  String text(String name) throws Malformed {
    JsonNode value = object.get(name);
    if (value == null || !value.isTextual() || value.textValue().isBlank()) {
      throw new Malformed(name + " is missing (expected: a text)");
    }
    return value.textValue();
  }

  long number(String name, long low, long high) throws Malformed {
    JsonNode value = object.get(name);
    if (value == null
        || !value.isIntegralNumber()
        || value.longValue() < low
        || value.longValue() > high) {
      throw new Malformed(
          "%s is %s (expected: a number from %d to %d)".formatted(name, value, low, high));
    }
    return value.longValue();
  }

  List<String> texts(String name) throws Malformed {
    List<String> texts = new ArrayList<>();
    for (JsonNode each : object.path(name)) {
      if (!each.isTextual()) {
        throw new Malformed(name + " must be a list of texts");
      }
      texts.add(each.textValue());
    }
    return texts;
  }
}
