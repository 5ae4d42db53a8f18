package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.postern.policystore.yaml.Suggestion;

/** The kinds of the policy document as a person types them. */
final class Kinds {
  private static final String SCHEMA = "/org/postern/policystore/postern.schema.json";

  private Kinds() {}

  /**
   * The kind's key in the document. {@code connectorGroups}, {@code connector-groups} and {@code
   * connector-group} are one.
   */
  static String key(String given) {
    List<String> keys = keys();
    String wanted = plain(given);
    return keys.stream()
        .filter(key -> plain(key).equals(wanted) || plain(key).equals(wanted + "s"))
        .findFirst()
        .orElseThrow(() ->
            new CommandException(
                ExitCode.WRONG,
                "there is no kind %s%s (expected one of: %s)"
                    .formatted(
                        Table.printable(given),
                        Suggestion.of(given, keys),
                        String.join(", ", keys))));
  }

  /** As {@link #key}, for commands that take a name after it, which beginners turn round. */
  static String key(String given, String name, String command) {
    try {
      return key(given);
    } catch (CommandException wrong) {
      String turned;
      try {
        turned = key(name);
      } catch (CommandException neither) {
        throw wrong;
      }
      throw new CommandException(
          ExitCode.WRONG,
          "the kind comes before the name: postern admin %s %s %s"
              .formatted(command, turned, Table.printable(given)));
    }
  }

  private static String plain(String text) {
    return text.replace("-", "").replace("_", "").toLowerCase(Locale.ROOT);
  }

  private static List<String> keys() {
    List<String> keys = new ArrayList<>();
    try (InputStream in = Kinds.class.getResourceAsStream(SCHEMA)) {
      for (var each : AdminClient.JSON.readTree(in).path("properties").properties()) {
        JsonNode type = each.getValue().path("type");
        if (type.asText().equals("array")) {
          keys.add(each.getKey());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the schema in this build cannot be read", e);
    }
    return keys;
  }
}
