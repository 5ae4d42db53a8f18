package org.postern.broker.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.Rule;
import org.postern.policystore.yaml.PolicyWriter;
import org.yaml.snakeyaml.LoaderOptions;

/** The policy document as a tree, whatever kinds its grammar has. Not safe for several threads. */
final class ConfigTree {
  private static final int CODE_POINTS_MAX = 64 * 1024 * 1024;
  private static final int TAG_CHARACTERS = 16;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectMapper YAML =
      new ObjectMapper(
          YAMLFactory.builder()
              .loaderOptions(loader())
              .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
              .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
              .build());

  private final ObjectNode root;

  private ConfigTree(ObjectNode root) {
    this.root = root;
  }

  private static LoaderOptions loader() {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(CODE_POINTS_MAX);
    return options;
  }

  static ConfigTree of(PolicyConfiguration configuration) {
    return ofDocument(PolicyWriter.write(configuration));
  }

  /** Of a document that the writer wrote. */
  static ConfigTree ofDocument(String yaml) {
    try {
      return new ConfigTree((ObjectNode) YAML.readTree(yaml));
    } catch (IOException e) {
      throw new UncheckedIOException("a canonical document could not be read", e);
    }
  }

  ObjectNode root() {
    return root;
  }

  /** All things of a kind as objects with a name, in their order. */
  List<ObjectNode> all(PolicyKind kind) {
    List<ObjectNode> all = new ArrayList<>();
    for (JsonNode each : root.path(kind.key())) {
      all.add(
          each instanceof ObjectNode object
              ? object
              : JSON.createObjectNode().put("name", each.asText()));
    }
    return all;
  }

  Optional<ObjectNode> find(PolicyKind kind, String name) {
    return all(kind).stream().filter(thing -> name(thing).equals(name)).findFirst();
  }

  static String name(JsonNode thing) {
    return thing.path("name").asText();
  }

  /** Replaces all things of a kind. */
  void put(PolicyKind kind, List<ObjectNode> things) {
    ArrayNode list = root.putArray(kind.key());
    for (ObjectNode thing : things) {
      list.add(kind.isText() ? thing.path("name") : thing);
    }
  }

  /** A document that sets one kind and leaves the others as they are. */
  String document(PolicyKind kind) {
    ObjectNode part = JSON.createObjectNode();
    part.set("version", root.path("version"));
    part.set(kind.key(), root.path(kind.key()));
    return part.toString();
  }

  /** What has to be sent back to change exactly this. */
  static String tag(JsonNode thing) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(thing.toString().getBytes(StandardCharsets.UTF_8));
      return "\"" + HexFormat.of().formatHex(hash).substring(0, TAG_CHARACTERS) + "\"";
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  static String yaml(JsonNode node) {
    try {
      return YAML.writeValueAsString(node);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What has to happen to one configuration to become another, thing by thing. Only what differs is
   * written and read.
   */
  static List<ObjectChange> changes(
      PolicyConfiguration before, PolicyConfiguration after, List<PolicyKind> kinds) {
    return of(before.without(after))
        .to(
            of(after.without(before)),
            kinds,
            kind -> order(kind, names(before, kind), names(after, kind)));
  }

  private static List<String> names(PolicyConfiguration configuration, PolicyKind kind) {
    List<? extends Rule> rules =
        switch (kind.key()) {
          case "rules" -> configuration.rules();
          case "sessionRules" -> configuration.sessionRules();
          case "forwardingRules" -> configuration.forwardingRules();
          default ->
              throw new IllegalArgumentException(
                  kind.key() + " (expected: a kind of rules, whose order matters)");
        };
    return rules.stream().map(Rule::name).toList();
  }

  /** What has to happen to become another, thing by thing. */
  List<ObjectChange> to(ConfigTree after, List<PolicyKind> kinds) {
    return to(
        after,
        kinds,
        kind ->
            order(
                kind,
                all(kind).stream().map(ConfigTree::name).toList(),
                after.all(kind).stream().map(ConfigTree::name).toList()));
  }

  private List<ObjectChange> to(
      ConfigTree after,
      List<PolicyKind> kinds,
      Function<PolicyKind, Optional<ObjectChange>> order) {
    List<ObjectChange> changes = new ArrayList<>();
    for (PolicyKind kind : kinds) {
      Map<String, ObjectNode> old = byName(all(kind));
      Map<String, ObjectNode> now = byName(after.all(kind));
      old.forEach((name, thing) -> {
        ObjectNode other = now.get(name);
        if (other == null) {
          changes.add(new ObjectChange(kind, name, ObjectChange.Op.REMOVED, thing, null));
        } else if (!other.equals(thing)) {
          changes.add(new ObjectChange(kind, name, ObjectChange.Op.CHANGED, thing, other));
        }
      });
      now.forEach((name, thing) -> {
        if (!old.containsKey(name)) {
          changes.add(new ObjectChange(kind, name, ObjectChange.Op.ADDED, null, thing));
        }
      });
      if (kind.isOrdered()) {
        order.apply(kind).ifPresent(changes::add);
      }
    }
    return changes;
  }

  private static Optional<ObjectChange> order(PolicyKind kind, List<String> old, List<String> now) {
    List<String> before = common(old, now);
    List<String> after = common(now, old);
    return before.equals(after)
        ? Optional.empty()
        : Optional.of(
            new ObjectChange(
                kind,
                "(order)",
                ObjectChange.Op.MOVED,
                JSON.createObjectNode().put("position", String.join(", ", before)),
                JSON.createObjectNode().put("position", String.join(", ", after))));
  }

  private static List<String> common(List<String> names, List<String> others) {
    Set<String> there = new HashSet<>(others);
    return names.stream().filter(there::contains).toList();
  }

  private static Map<String, ObjectNode> byName(List<ObjectNode> things) {
    Map<String, ObjectNode> map = new LinkedHashMap<>();
    things.forEach(thing -> map.put(name(thing), thing));
    return map;
  }

  /** A thing that names another, and where. */
  record Dependent(PolicyKind kind, String name, String field) {}

  /** Everything that names this thing: in lists or fields that bear its kind's key. */
  List<Dependent> dependents(PolicyKind kind, String name, List<PolicyKind> kinds) {
    List<Dependent> found = new ArrayList<>();
    for (PolicyKind other : kinds) {
      for (ObjectNode thing : all(other)) {
        List<String> fields = new ArrayList<>();
        search(thing, "", kind, name, fields);
        fields.forEach(field -> found.add(new Dependent(other, name(thing), field)));
      }
    }
    return found;
  }

  private static void search(
      JsonNode node, String path, PolicyKind kind, String name, List<String> fields) {
    for (var field : node.properties()) {
      JsonNode value = field.getValue();
      String at = path.isEmpty() ? field.getKey() : path + "." + field.getKey();
      if (field.getKey().equals(kind.key())) {
        for (JsonNode each : value) {
          if (each.isTextual() && each.asText().equals(name)) {
            fields.add(at);
          }
        }
      }
      search(value, at, kind, name, fields);
    }
    if (node.isArray()) {
      node.forEach(each -> search(each, path, kind, name, fields));
    }
  }
}
