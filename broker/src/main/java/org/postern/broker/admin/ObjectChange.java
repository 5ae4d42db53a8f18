package org.postern.broker.admin;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One thing of the policy document, before and after a change. */
record ObjectChange(
    PolicyKind kind, String name, Op op, @Nullable JsonNode before, @Nullable JsonNode after) {
  /** What happens to it. */
  enum Op {
    /** It comes. */
    ADDED,
    /** It goes. */
    REMOVED,
    /** It stays and is other than before. */
    CHANGED,
    /** The things of this kind have another order. */
    MOVED
  }

  String word() {
    return op.name().toLowerCase(Locale.ROOT);
  }

  /** The fields that differ, as they were. */
  Map<String, String> fieldsBefore() {
    return fields(before, after);
  }

  /** The fields that differ, as they are. */
  Map<String, String> fieldsAfter() {
    return fields(after, before);
  }

  private static Map<String, String> fields(@Nullable JsonNode of, @Nullable JsonNode other) {
    Map<String, String> fields = new LinkedHashMap<>();
    if (of != null) {
      for (var field : of.properties()) {
        if (other == null || !field.getValue().equals(other.get(field.getKey()))) {
          fields.put(field.getKey(), text(field.getValue()));
        }
      }
    }
    return fields;
  }

  private static String text(JsonNode value) {
    return value.isValueNode() ? value.asText() : value.toString();
  }

  /** For an answer: each field that differs, with what it was and what it is. */
  Map<String, Object> described() {
    Map<String, String> old = fieldsBefore();
    Map<String, String> now = fieldsAfter();
    Map<String, Object> differing = new LinkedHashMap<>();
    Set<String> names = new LinkedHashSet<>(old.keySet());
    names.addAll(now.keySet());
    for (String field : names) {
      Map<String, Object> both = new LinkedHashMap<>();
      both.put("before", old.get(field));
      both.put("after", now.get(field));
      differing.put(field, both);
    }
    Map<String, Object> described = new LinkedHashMap<>();
    described.put("kind", kind.word());
    described.put("name", name);
    described.put("change", word());
    described.put("fields", differing);
    return described;
  }
}
