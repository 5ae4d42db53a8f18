package org.postern.policystore.yaml;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.PolicyLimits;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.reader.ReaderException;

/// Turns text into a tree of nodes, from the events of a YAML parser. Anchors, aliases and tags are
/// refused: nothing here needs them, and they are what YAML bombs are made of.
final class YamlTree {
  private final PolicyLimits limits;
  private final Problems problems;
  private final Iterator<Event> events;

  private YamlTree(String text, PolicyLimits limits, Problems problems) {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(limits.documentBytes());
    options.setMaxAliasesForCollections(0);
    this.limits = limits;
    this.problems = problems;
    this.events = new Yaml(options).parse(new java.io.StringReader(text)).iterator();
  }

  /// Thrown after a mistake that leaves nothing to go on with; it is among the problems already.
  private static final class Hopeless extends RuntimeException {
    private static final long serialVersionUID = 1;

    private Hopeless() {
      super("the document cannot be read on", null, false, false);
    }
  }

  /// The root of the one document in the text. Null if there is none or it cannot be read, with the
  /// reason among the problems.
  static @Nullable Node read(String text, PolicyLimits limits, Problems problems) {
    if (tooLarge(text, limits.documentBytes())) {
      problems.add(
          1,
          1,
          "",
          "the document is larger than " + limits.documentBytes() + " bytes; split it by kind");
      return null;
    }
    try {
      return new YamlTree(text, limits, problems).document();
    } catch (Hopeless e) {
      return null;
    } catch (MarkedYAMLException e) {
      Mark mark = e.getProblemMark();
      problems.add(line(mark), column(mark), "", explain(e));
    } catch (ReaderException e) {
      int position = Math.max(0, Math.min(e.getPosition(), text.length()));
      int line = 1 + (int) text.substring(0, position).chars().filter(c -> c == '\n').count();
      problems.add(line, 1, "", "the document holds a character that YAML does not allow");
    } catch (YAMLException e) {
      problems.add(1, 1, "", "this is not YAML: " + firstLine(e.getMessage()));
    }
    return null;
  }

  private static boolean tooLarge(String text, int bytesMax) {
    if (text.length() > bytesMax) {
      return true;
    }
    return 3L * text.length() > bytesMax
        && text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length > bytesMax;
  }

  private static String explain(MarkedYAMLException e) {
    String problem = firstLine(e.getProblem());
    if (firstLine(e.getContext()).contains("alias")) {
      return "a text that begins with * must be in quotes, as in \"*.corp.internal\"";
    }
    return "this is not YAML: " + problem;
  }

  private static String firstLine(@Nullable String text) {
    String whole = text == null ? "it cannot be read" : text;
    int end = whole.indexOf('\n');
    return end < 0 ? whole : whole.substring(0, end);
  }

  private static int line(@Nullable Mark mark) {
    return mark == null ? 1 : mark.getLine() + 1;
  }

  private static int column(@Nullable Mark mark) {
    return mark == null ? 1 : mark.getColumn() + 1;
  }

  private @Nullable Node document() {
    Node root = null;
    while (events.hasNext()) {
      Event event = events.next();
      if (event.is(Event.ID.DocumentStart)) {
        if (root != null) {
          problems.add(
              line(event.getStartMark()),
              column(event.getStartMark()),
              "",
              "a second document begins here (expected: one)");
          throw new Hopeless();
        }
        root = node(events.next(), 1);
      }
    }
    if (root == null) {
      problems.add(1, 1, "", "the document is empty (expected: at least \"version: 1\")");
    }
    return root;
  }

  private Node node(Event event, int depth) {
    int line = line(event.getStartMark());
    int column = column(event.getStartMark());
    if (event instanceof AliasEvent) {
      problems.add(
          line,
          column,
          "",
          "aliases are not accepted; a text that begins with * must be in quotes, as in"
              + " \"*.corp.internal\"");
      return new Node.Scalar("", false, line, column);
    }
    refuseDecoration((NodeEvent) event, line, column);
    if (event instanceof ScalarEvent scalar) {
      boolean plain = scalar.getScalarStyle() == ScalarStyle.PLAIN;
      return new Node.Scalar(scalar.getValue(), plain, line, column);
    }
    if (depth > limits.depth()) {
      problems.add(line, column, "", "nested deeper than " + limits.depth() + " levels");
      throw new Hopeless();
    }
    return event instanceof MappingStartEvent
        ? mapping(line, column, depth)
        : sequence(line, column, depth);
  }

  private void refuseDecoration(NodeEvent event, int line, int column) {
    if (event.getAnchor() != null) {
      problems.add(line, column, "", "anchors (&" + event.getAnchor() + ") are not accepted");
    }
    String tag =
        switch (event) {
          case ScalarEvent scalar -> scalar.getTag();
          case CollectionStartEvent collection -> collection.getTag();
          default -> null;
        };
    if (tag != null && !tag.equals("!")) {
      problems.add(line, column, "", "tags (" + Problems.quote(tag) + ") are not accepted");
    }
  }

  private Node sequence(int line, int column, int depth) {
    List<Node> items = new ArrayList<>();
    while (true) {
      Event event = events.next();
      if (event.is(Event.ID.SequenceEnd)) {
        return new Node.Sequence(items, line, column);
      }
      items.add(node(event, depth + 1));
    }
  }

  private Node mapping(int line, int column, int depth) {
    List<Node.Entry> entries = new ArrayList<>();
    Set<String> keys = new HashSet<>();
    while (true) {
      Event event = events.next();
      if (event.is(Event.ID.MappingEnd)) {
        return new Node.Mapping(entries, line, column);
      }
      Node key = node(event, depth + 1);
      Node value = node(events.next(), depth + 1);
      if (!(key instanceof Node.Scalar scalar)) {
        problems.add(key, "", "a key must be a word");
      } else if (!keys.add(scalar.text())) {
        problems.add(key, "", "key " + Problems.quote(scalar.text()) + " appears twice");
      } else {
        entries.add(new Node.Entry(scalar.text(), value, key.line(), key.column()));
      }
    }
  }
}
