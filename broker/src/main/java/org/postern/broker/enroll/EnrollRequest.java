package org.postern.broker.enroll;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Base64;
import org.postern.policystore.ShownText;

/** A flat JSON object of texts from a stranger. Members that nobody asks for are ignored. */
final class EnrollRequest {
  private static final int DEPTH_MAX = 4;

  private static final ObjectMapper JSON =
      JsonMapper.builder(
              com.fasterxml.jackson.core.JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(DEPTH_MAX).build())
                  .enable(com.fasterxml.jackson.core.StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .configure(JsonParser.Feature.INCLUDE_SOURCE_IN_LOCATION, false)
          .build();

  private final JsonNode object;

  private EnrollRequest(JsonNode object) {
    this.object = object;
  }

  /** The request cannot be used; the message says what was expected and may be sent back. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message);
    }
  }

  static EnrollRequest parse(byte[] body) throws Malformed {
    try {
      JsonNode node = JSON.readTree(body);
      if (node != null && node.isObject()) {
        return new EnrollRequest(node);
      }
    } catch (IOException e) {
      // Jackson's message repeats what was sent, which may be a secret.
      throw new Malformed("the body is not JSON");
    }
    throw new Malformed("the body must be a JSON object");
  }

  /** A text that must be there. */
  String secret(String name, int charactersMax) throws Malformed {
    JsonNode value = object.get(name);
    if (value == null || !value.isTextual() || value.textValue().isEmpty()) {
      throw new Malformed("the member " + name + " is missing (expected: a text)");
    }
    if (value.textValue().length() > charactersMax) {
      throw new Malformed(name + " is too long (expected: at most " + charactersMax + ")");
    }
    return value.textValue();
  }

  /** A text for people that may be missing; cut to size, without what would rearrange a line. */
  String label(String name, int charactersMax, String absent) {
    JsonNode value = object.get(name);
    if (value == null || !value.isTextual()) {
      return absent;
    }
    String text = ShownText.of(value.textValue().replaceAll("\\p{Cntrl}", " ").strip());
    String cut = text.substring(0, Math.min(text.length(), charactersMax));
    return cut.isEmpty() ? absent : cut;
  }

  /** A certificate request in base64. */
  byte[] csr(int bytesMax) throws Malformed {
    try {
      return Base64.getDecoder().decode(secret("csr", bytesMax * 2));
    } catch (IllegalArgumentException e) {
      throw new Malformed("csr must be base64 of a DER PKCS #10 request");
    }
  }
}
