package org.postern.broker.scim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.unboundid.scim2.common.Path;
import com.unboundid.scim2.common.exceptions.ScimException;
import com.unboundid.scim2.common.filters.Filter;
import com.unboundid.scim2.server.utils.ResourceTypeDefinition;
import com.unboundid.scim2.server.utils.ScimResourceTrimmer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a client asks of a list or of one resource: filter, page, attributes.
 *
 * @param cursor present: paging by cursor (RFC 9865), empty for the first page; absent: by index
 * @param startIndex from 1
 * @param count resources on the page, already within the limit
 * @param attributes in the words of the client; empty: the default
 */
record ScimQuery(
    Optional<Filter> filter,
    String filterText,
    Optional<String> cursor,
    int startIndex,
    int count,
    List<String> attributes,
    List<String> excludedAttributes) {

  /** From query parameters, of which none came twice. */
  static ScimQuery of(Map<String, String> sent, ScimLimits limits) {
    Map<String, String> query = new LinkedHashMap<>();
    sent.forEach((name, value) -> query.put(name.toLowerCase(Locale.ROOT), value));
    String filterText = query.getOrDefault("filter", "");
    Optional<String> cursor = Optional.ofNullable(query.get("cursor"));
    List<String> attributes = list(query.getOrDefault("attributes", ""));
    List<String> excluded = list(query.getOrDefault("excludedattributes", ""));
    if (!attributes.isEmpty() && !excluded.isEmpty()) {
      throw ScimRefusal.invalid(
          "invalidValue", "attributes and excludedAttributes cannot be combined");
    }
    return new ScimQuery(
        filter(filterText, limits),
        filterText,
        cursor,
        number(query, "startindex", 1),
        count(query, cursor.isPresent(), limits),
        attributes,
        excluded);
  }

  /** From the body of POST /.search (RFC 7644 section 3.4.3). */
  static ScimQuery of(ObjectNode search, ScimLimits limits) {
    Map<String, String> query = new LinkedHashMap<>();
    for (String name : List.of("filter", "startIndex", "count", "cursor")) {
      JsonNode value = search.get(name);
      if (value != null && !value.isNull()) {
        query.put(name, value.asText());
      }
    }
    for (String name : List.of("attributes", "excludedAttributes")) {
      List<String> names = new ArrayList<>();
      search.path(name).forEach(each -> names.add(each.asText()));
      query.put(name, String.join(",", names));
    }
    return of(query, limits);
  }

  private static List<String> list(String text) {
    return text.isBlank()
        ? List.of()
        : Arrays.stream(text.split(",", -1)).map(String::strip).toList();
  }

  private static Optional<Filter> filter(String text, ScimLimits limits) {
    if (text.isBlank()) {
      return Optional.empty();
    }
    int depth = 0;
    int deepest = 0;
    for (int i = 0; i < text.length(); i++) {
      depth += text.charAt(i) == '(' || text.charAt(i) == '[' ? 1 : 0;
      depth -= text.charAt(i) == ')' || text.charAt(i) == ']' ? 1 : 0;
      deepest = Math.max(deepest, depth);
    }
    if (text.length() > limits.filterCharactersMax() || deepest > limits.filterDepthMax()) {
      throw ScimRefusal.tooMany("the filter is too long or too deep");
    }
    try {
      return Optional.of(Filter.fromString(text));
    } catch (ScimException e) {
      throw ScimRefusal.of(e);
    } catch (RuntimeException e) {
      // Whatever the parser stumbles over is the client's text.
      throw ScimRefusal.invalid("invalidFilter", "the filter cannot be read");
    }
  }

  private static int count(Map<String, String> query, boolean byCursor, ScimLimits limits) {
    int count = number(query, "count", limits.pageDefault());
    if (byCursor && (count < 0 || count > limits.pageMax())) {
      throw ScimRefusal.invalid(
          "invalidCount", "count is %d (expected: 0 to %d)".formatted(count, limits.pageMax()));
    }
    return Math.max(0, Math.min(count, limits.pageMax()));
  }

  private static int number(Map<String, String> query, String name, int fallback) {
    String text = query.getOrDefault(name, "");
    try {
      // Less than one is one (RFC 7644 section 3.4.2.4); a negative count is none.
      return text.isEmpty() ? fallback : Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw ScimRefusal.invalid(
          "invalidValue", "%s is '%s' (expected: a number)".formatted(name, Text.shown(text)));
    }
  }

  /** How many resources lie before the page, when paging by index. */
  int skip() {
    return Math.max(0, startIndex - 1);
  }

  /** Whether the answer shows an attribute of the top level that is returned by default. */
  boolean shows(String attribute) {
    if (!attributes.isEmpty()) {
      return attributes.stream().anyMatch(each -> isOrIsPartOf(each, attribute));
    }
    return excludedAttributes.stream().noneMatch(each -> each.equalsIgnoreCase(attribute));
  }

  private static boolean isOrIsPartOf(String each, String attribute) {
    String lower = each.toLowerCase(Locale.ROOT);
    String name = lower.startsWith("urn:") ? lower.substring(lower.lastIndexOf(':') + 1) : lower;
    return name.equals(attribute) || name.startsWith(attribute + ".");
  }

  /** The resource with the attributes that were asked for. */
  ObjectNode trim(ResourceTypeDefinition type, ObjectNode resource) {
    if (attributes.isEmpty() && excludedAttributes.isEmpty()) {
      return resource;
    }
    List<String> named = attributes.isEmpty() ? excludedAttributes : attributes;
    Set<Path> paths =
        named.stream()
            .map(name -> type.normalizePath(ScimTypes.path(name)).withoutFilters())
            .collect(Collectors.toSet());
    return new ScimResourceTrimmer(type, Set.of(), paths, attributes.isEmpty())
        .trimObjectNode(resource);
  }
}
