package org.postern.policystore.jdbc;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// Fields as one flat JSON object of texts, sorted, so that the same fields are the same text.
final class FieldsText {
  private FieldsText() {}

  static String write(Map<String, String> fields) {
    StringBuilder out = new StringBuilder("{");
    new TreeMap<>(fields)
        .forEach((name, value) -> {
          out.append(out.length() == 1 ? "" : ",");
          quote(out, name);
          out.append(':');
          quote(out, value);
        });
    return out.append('}').toString();
  }

  private static void quote(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ' || (c >= 0x7f && c < 0xa0) || Character.isSurrogate(c)) {
        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }

  /// Reads what [#write] wrote.
  static Map<String, String> read(String text) {
    Map<String, String> fields = new TreeMap<>();
    int at = 1;
    while (at < text.length() && text.charAt(at) == '"') {
      StringBuilder name = new StringBuilder();
      at = unquote(text, at, name) + 1;
      StringBuilder value = new StringBuilder();
      at = unquote(text, at, value) + 1;
      fields.put(name.toString(), value.toString());
    }
    return fields;
  }

  /// The place behind the closing quote.
  private static int unquote(String text, int quote, StringBuilder out) {
    int at = quote + 1;
    while (at < text.length() && text.charAt(at) != '"') {
      char c = text.charAt(at);
      if (c != '\\') {
        out.append(c);
        at += 1;
      } else if (text.charAt(at + 1) == 'u') {
        out.append((char) Integer.parseInt(text.substring(at + 2, at + 6), 16));
        at += 6;
      } else {
        out.append(text.charAt(at + 1));
        at += 2;
      }
    }
    return at + 1;
  }
}
