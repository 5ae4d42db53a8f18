package org.postern.policystore.yaml;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.PolicyLimits;

/// Policy documents that are several texts, made one: what they list under one key is joined, in
/// their order. Whatever is found wrong with the whole is said of the text and line it stands in.
public final class MergedPolicy {
  /// Kinds of rules share their names.
  private static final List<String> RULES = List.of("rules", "sessionRules", "forwardingRules");

  private final Map<String, List<Piece>> kinds = new LinkedHashMap<>();
  private final Map<String, Place> keys = new HashMap<>();

  private MergedPolicy() {}

  /// One text.
  ///
  /// @param name for messages, as the path of a file
  public record Source(String name, String text) {}

  /// Where something stands.
  public record Place(String source, int line, int column) {
    /// As compilers say it.
    @Override
    public String toString() {
      return source + ":" + line + ":" + column;
    }
  }

  /// A mistake and where it stands.
  public record PlacedError(Place place, String path, String message) {
    /// `rules.yaml:12:5: rules[2]: ...`.
    @Override
    public String toString() {
      return place + ": " + (path.isEmpty() ? "" : path + ": ") + message;
    }
  }

  /// What came of it.
  public sealed interface Result {
    /// They are one document.
    record Merged(MergedPolicy policy) implements Result {}

    /// They are not: all mistakes that can be told.
    record Failed(List<PlacedError> errors) implements Result {
      /// Copies the list.
      public Failed {
        errors = List.copyOf(errors);
      }
    }
  }

  private record Piece(String source, Node node) {
    Place place() {
      return new Place(source, node.line(), node.column());
    }
  }

  /// Makes one of several, at least one.
  public static Result merge(List<Source> sources, PolicyLimits limits) {
    MergedPolicy policy = new MergedPolicy();
    List<PlacedError> errors = new ArrayList<>();
    for (Source source : sources) {
      Problems problems = new Problems(limits.errors());
      Node root = YamlTree.read(source.text(), limits, problems);
      if (root instanceof Node.Mapping mapping) {
        policy.add(source.name(), mapping, problems);
      } else if (root != null) {
        problems.add(root, "", "expected keys and values, as in version: 1");
      }
      for (PolicyError error : problems.sorted()) {
        Place place = new Place(source.name(), error.line(), error.column());
        errors.add(new PlacedError(place, error.path(), error.message()));
      }
    }
    policy.twice(errors);
    return errors.isEmpty() ? new Result.Merged(policy) : new Result.Failed(errors);
  }

  private void add(String source, Node.Mapping root, Problems problems) {
    boolean versioned = false;
    for (Node.Entry entry : root.entries()) {
      keys.putIfAbsent(entry.key(), new Place(source, entry.line(), entry.column()));
      if (entry.key().equals("version")) {
        versioned = entry.value() instanceof Node.Scalar(String text, _, _, _) && text.equals("1");
      } else if (entry.value() instanceof Node.Sequence sequence) {
        List<Piece> pieces = kinds.computeIfAbsent(entry.key(), key -> new ArrayList<>());
        sequence.items().forEach(item -> pieces.add(new Piece(source, item)));
      } else {
        problems.add(
            entry.value(),
            entry.key(),
            "expected a list, as in [a, b] or lines with a leading dash");
      }
    }
    if (!versioned) {
      problems.add(root, "version", "expected in each file: version: 1");
    }
  }

  /// Names that stand twice, with both places.
  private void twice(List<PlacedError> errors) {
    Map<String, Place> rules = new HashMap<>();
    kinds.forEach((kind, pieces) -> {
      Map<String, Place> known = RULES.contains(kind) ? rules : new HashMap<>();
      for (int i = 0; i < pieces.size(); i++) {
        Piece piece = pieces.get(i);
        String name = name(piece.node());
        Place other = name.isEmpty() ? null : known.putIfAbsent(name, piece.place());
        if (other != null) {
          errors.add(
              new PlacedError(
                  piece.place(),
                  kind + "[" + i + "]",
                  Problems.quote(name) + " is already defined in " + other));
        }
      }
    });
  }

  private static String name(Node node) {
    return switch (node) {
      case Node.Scalar scalar -> scalar.text();
      case Node.Sequence sequence -> "";
      case Node.Mapping mapping ->
          mapping.entries().stream()
              .filter(entry -> entry.key().equals("name"))
              .map(entry -> entry.value() instanceof Node.Scalar scalar ? scalar.text() : "")
              .findFirst()
              .orElse("");
    };
  }

  /// The whole as one document.
  public String document() {
    StringBuilder document = new StringBuilder("version: 1\n");
    kinds.forEach((kind, pieces) -> {
      document.append(PolicyWriter.quote(kind)).append(pieces.isEmpty() ? ": []\n" : ":\n");
      for (Piece piece : pieces) {
        document.append("  - ").append(flow(piece.node())).append('\n');
      }
    });
    return document.toString();
  }

  private static String flow(Node node) {
    return switch (node) {
      case Node.Scalar scalar -> scalar.isNull() ? "null" : PolicyWriter.quote(scalar.text());
      case Node.Sequence sequence ->
          sequence.items().stream()
              .map(MergedPolicy::flow)
              .collect(Collectors.joining(", ", "[", "]"));
      case Node.Mapping mapping ->
          mapping.entries().stream()
              .map(entry -> PolicyWriter.quote(entry.key()) + ": " + flow(entry.value()))
              .collect(Collectors.joining(", ", "{", "}"));
    };
  }

  /// Where a path of the whole document stands, or as much of it as there is.
  ///
  /// @param path as in `applications[2].hosts[0]`
  /// @return nothing for what only the policy in force says
  public Optional<Place> place(String path) {
    int end = path.indexOf('[');
    String kind = end < 0 ? path : path.substring(0, end);
    List<Piece> pieces = kinds.getOrDefault(kind, List.of());
    int close = path.indexOf(']');
    if (end < 0 || close < end || !path.substring(end + 1, close).matches("[0-9]{1,9}")) {
      return Optional.ofNullable(keys.get(kind));
    }
    int index = Integer.parseInt(path.substring(end + 1, close));
    if (index >= pieces.size()) {
      return Optional.ofNullable(keys.get(kind));
    }
    Piece piece = pieces.get(index);
    return Optional.of(inside(piece, path.substring(close + 1)));
  }

  /// As deep as the path leads.
  private static Place inside(Piece piece, String path) {
    Node node = piece.node();
    String rest = path;
    Place place = piece.place();
    while (!rest.isEmpty()) {
      Step step = step(node, rest);
      if (step == null) {
        return place;
      }
      node = step.node();
      rest = step.rest();
      place = new Place(piece.source(), step.line(), step.column());
    }
    return place;
  }

  private record Step(Node node, String rest, int line, int column) {}

  private static @Nullable Step step(Node node, String path) {
    return switch (node) {
      case Node.Mapping mapping -> step(mapping, path);
      case Node.Sequence sequence -> step(sequence, path);
      case Node.Scalar scalar -> null;
    };
  }

  private static @Nullable Step step(Node.Mapping mapping, String path) {
    for (Node.Entry entry : mapping.entries()) {
      String start = "." + entry.key();
      String rest = path.startsWith(start) ? path.substring(start.length()) : "no";
      if (rest.isEmpty() || rest.startsWith(".") || rest.startsWith("[")) {
        Node value = entry.value();
        return new Step(value, rest, value.line(), value.column());
      }
    }
    return null;
  }

  private static @Nullable Step step(Node.Sequence sequence, String path) {
    if (!path.matches("\\[[0-9]{1,9}\\].*")) {
      return null;
    }
    int close = path.indexOf(']');
    int index = Integer.parseInt(path.substring(1, close));
    if (index >= sequence.items().size()) {
      return null;
    }
    Node item = sequence.items().get(index);
    return new Step(item, path.substring(close + 1), item.line(), item.column());
  }
}
