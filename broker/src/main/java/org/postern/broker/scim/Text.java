package org.postern.broker.scim;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/** Texts of resources. */
final class Text {
  private static final int SHOWN_MAX = 64;

  private Text() {}

  /** What a client wrote, cut to a size that fits a message. */
  static String shown(String text) {
    String printable = text.replaceAll("\\p{Cntrl}", "?");
    return printable.length() <= SHOWN_MAX ? printable : printable.substring(0, SHOWN_MAX) + "...";
  }

  /** A member's text; empty if it is absent, null, blank or no text. */
  static Optional<String> of(JsonNode object, String name) {
    JsonNode value = object.get(name);
    return value == null || !value.isTextual() || value.textValue().isBlank()
        ? Optional.empty()
        : Optional.of(value.textValue());
  }

  /** A name within its limit, without the characters that no name has. */
  static String name(String attribute, String value, int charactersMax) {
    if (value.length() > charactersMax) {
      throw ScimRefusal.invalid(
          "invalidValue",
          "%s has %d characters (expected: at most %d)"
              .formatted(attribute, value.length(), charactersMax));
    }
    if (value.chars().anyMatch(Character::isISOControl)) {
      throw ScimRefusal.invalid("invalidValue", attribute + " has a control character");
    }
    return value;
  }
}
