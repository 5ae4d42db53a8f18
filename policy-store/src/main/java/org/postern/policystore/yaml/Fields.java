package org.postern.policystore.yaml;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.HostPattern;
import org.postern.policystore.Operand;
import org.postern.policystore.Server;

/// The keys of one mapping, read by name. Whatever is wrong goes to the problems, with its place,
/// and reading goes on.
final class Fields {
  private final Node.Mapping mapping;
  private final String path;
  private final Reading reading;
  private final Map<String, Node.Entry> entries = new LinkedHashMap<>();

  /// What all readers of one document share.
  record Reading(Problems problems, int entriesMax, Map<String, Place> places) {
    /// Notes where something stands, for mistakes that are only seen later.
    void place(String key, Node node, String path) {
      places.putIfAbsent(key, new Place(node.line(), node.column(), path));
    }
  }

  /// Where something stands.
  record Place(int line, int column, String path) {}

  private Fields(Node.Mapping mapping, String path, Reading reading, List<String> known) {
    this.mapping = mapping;
    this.path = path;
    this.reading = reading;
    for (Node.Entry entry : mapping.entries()) {
      if (known.contains(entry.key())) {
        entries.put(entry.key(), entry);
      } else {
        reading
            .problems()
            .add(
                entry.line(),
                entry.column(),
                at(entry.key()),
                "unknown key "
                    + Problems.quote(entry.key())
                    + Suggestion.of(entry.key(), known)
                    + " (known here: "
                    + String.join(", ", known)
                    + ")");
      }
    }
  }

  /// The keys of a node; null, with the problem noted, if it is not a mapping.
  static @Nullable Fields of(Node node, String path, Reading reading, List<String> known) {
    if (node instanceof Node.Mapping mapping) {
      return new Fields(mapping, path, reading, known);
    }
    reading
        .problems()
        .add(
            node,
            path,
            "expected keys and values (" + String.join(", ", known) + "), as in key: x");
    return null;
  }

  /// The path of a key here.
  String at(String key) {
    String shown = key.length() <= 60 ? key : key.substring(0, 60);
    return path.isEmpty() ? shown : path + "." + shown;
  }

  String path() {
    return path;
  }

  Node node() {
    return mapping;
  }

  boolean has(String key) {
    return entries.containsKey(key);
  }

  /// The value of a key.
  @Nullable Node get(String key) {
    Node.Entry entry = entries.get(key);
    return entry == null ? null : entry.value();
  }

  void problem(String key, String message) {
    Node value = get(key);
    reading.problems().add(value == null ? mapping : value, at(key), message);
  }

  void problem(String message) {
    reading.problems().add(mapping, path, message);
  }

  <T> Optional<T> required(String key, Function<String, Grammar.Read<T>> grammar) {
    if (!has(key)) {
      problem("key " + Problems.quote(key) + " is missing");
      return Optional.empty();
    }
    return optional(key, grammar);
  }

  <T> Optional<T> optional(String key, Function<String, Grammar.Read<T>> grammar) {
    Node value = get(key);
    return value == null ? Optional.empty() : word(value, at(key), grammar);
  }

  /// The name of a thing, which no other of its kind has.
  Optional<String> name(String kind, Function<String, Grammar.Read<String>> grammar) {
    Optional<String> name = required("name", grammar);
    name.ifPresent(text -> {
      Place known = reading.places().get(kind + " " + text);
      if (known != null) {
        problem(
            "name",
            kind + " " + Problems.quote(text) + " is already defined in line " + known.line());
      }
      reading.place(kind + " " + text, mapping, path);
    });
    return name;
  }

  /// Notes where a single value stands.
  void place(String key, String place) {
    Node value = get(key);
    if (value != null) {
      reading.place(place, value, at(key));
    }
  }

  boolean flag(String key) {
    return optional(key, Grammar::truth).orElse(false);
  }

  private <T> Optional<T> word(
      Node value, String where, Function<String, Grammar.Read<T>> grammar) {
    if (!(value instanceof Node.Scalar scalar)) {
      reading.problems().add(value, where, "expected a single value, not a list or keys");
      return Optional.empty();
    }
    if (scalar.isNull()) {
      reading.problems().add(value, where, "no value (expected: one after the colon)");
      return Optional.empty();
    }
    return switch (grammar.apply(scalar.text())) {
      case Grammar.Read.Good<T>(T good) -> Optional.of(good);
      case Grammar.Read.Bad<T>(String message) -> {
        reading.problems().add(value, where, message);
        yield Optional.empty();
      }
    };
  }

  /// The values of a list, without those that are wrong. Values that appear twice are a mistake.
  ///
  /// @param placeKey the key under which each value's place is noted, before the value itself;
  ///   empty: not noted
  <T> List<T> list(String key, Function<String, Grammar.Read<T>> grammar, String placeKey) {
    Set<T> values = new LinkedHashSet<>();
    List<Node> items = items(key);
    for (int i = 0; i < items.size(); i++) {
      String where = at(key) + "[" + i + "]";
      Node item = items.get(i);
      word(item, where, grammar)
          .ifPresent(value -> {
            if (!values.add(value)) {
              reading.problems().add(item, where, "appears twice in this list");
            } else if (!placeKey.isEmpty()) {
              reading.place(placeKey + text(value), item, where);
            }
          });
    }
    return new ArrayList<>(values);
  }

  private static String text(@Nullable Object value) {
    return switch (value) {
      case HostPattern host -> host.text();
      case Server server -> server.text();
      case Operand.PostureResult result -> result.profile();
      case null, default -> String.valueOf(value);
    };
  }

  /// The items of a list; none, with the problem noted, if it is something else.
  List<Node> items(String key) {
    return items(key, reading.entriesMax());
  }

  /// The same with another limit.
  List<Node> items(String key, int max) {
    Node value = get(key);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof Node.Sequence sequence)) {
      reading
          .problems()
          .add(value, at(key), "expected a list, as in [a, b] or lines with a leading dash");
      return List.of();
    }
    if (sequence.items().size() > max) {
      reading
          .problems()
          .add(
              value, at(key), sequence.items().size() + " entries (expected: at most " + max + ")");
      return List.of();
    }
    return sequence.items();
  }
}
