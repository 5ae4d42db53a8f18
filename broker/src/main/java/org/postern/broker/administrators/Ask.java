package org.postern.broker.administrators;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Optional;
import org.postern.broker.front.Head;

/** A request with its JSON body. */
record Ask(Head head, JsonNode body) {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final int AGENT_MAX = 160;

  static Ask of(Head head, byte[] bytes) throws Refusal {
    try {
      JsonNode node = JSON.readTree(bytes);
      if (node != null && node.isObject()) {
        return new Ask(head, node);
      }
    } catch (IOException e) {
      throw Refusal.badRequest("The body is not JSON, or a field came twice.");
    }
    throw Refusal.badRequest("The body must be a JSON object.");
  }

  /** A text of at most {@code max} characters; empty if there is none. */
  String text(String name, int max) throws Refusal {
    JsonNode value = body.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return "";
    }
    if (!value.isTextual() || value.textValue().length() > max) {
      throw Refusal.badRequest("%s must be a text of at most %d characters.".formatted(name, max));
    }
    return value.textValue();
  }

  /** A whole number, or the default. */
  long number(String name, long otherwise, long low, long high) throws Refusal {
    JsonNode value = body.path(name);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isIntegralNumber() || value.longValue() < low || value.longValue() > high) {
      throw Refusal.badRequest("%s must be a number from %d to %d.".formatted(name, low, high));
    }
    return value.longValue();
  }

  /** What the browser says of a passkey, as it came. */
  String credential() throws Refusal {
    JsonNode value = body.path("credential");
    if (!value.isObject()) {
      throw Refusal.badRequest("credential must be an object.");
    }
    return value.toString();
  }

  String address() {
    return head.from().getHostAddress();
  }

  /** What the browser says it is, in printable characters. */
  String agent() {
    return agent(head);
  }

  /** The same of any request. */
  static String agent(Head head) {
    Optional<String> agent = head.header("user-agent");
    String text = agent.orElse("unknown").replaceAll("[^\\x20-\\x7e]", "?");
    return text.substring(0, Math.min(text.length(), AGENT_MAX));
  }
}
