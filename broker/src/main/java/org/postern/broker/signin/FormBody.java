package org.postern.broker.signin;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A body of {@code application/x-www-form-urlencoded}. A field that comes twice makes the whole
 * form unusable: two readers might each believe another one.
 */
public final class FormBody {
  private static final int FIELDS_MAX = 16;

  private final Map<String, String> fields;

  private FormBody(Map<String, String> fields) {
    this.fields = fields;
  }

  /** Reads a form. */
  public static FormBody parse(byte[] body) throws SignInException {
    Map<String, String> fields = new HashMap<>();
    String[] pairs = new String(body, StandardCharsets.ISO_8859_1).split("&", FIELDS_MAX + 1);
    if (pairs.length > FIELDS_MAX) {
      throw invalid("more than " + FIELDS_MAX + " fields");
    }
    for (String pair : pairs) {
      int equals = pair.indexOf('=');
      try {
        String name = decode(equals < 0 ? pair : pair.substring(0, equals));
        String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
        if (fields.put(name, value) != null) {
          throw invalid("a field comes twice");
        }
      } catch (IllegalArgumentException e) {
        throw invalid("a field is not encoded as it must be");
      }
    }
    return new FormBody(fields);
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private static SignInException invalid(String detail) {
    return new SignInException(SignInFault.REQUEST_INVALID, "form: " + detail);
  }

  /** A field that is there and not empty. */
  public Optional<String> field(String name) {
    return Optional.ofNullable(fields.get(name)).filter(value -> !value.isEmpty());
  }
}
