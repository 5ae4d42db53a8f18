package org.postern.broker.admin;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.postern.broker.front.Reply;

/**
 * One page of a list. The cursor is the last key of the page before, so pages stay whole when
 * things come and go between them.
 */
final class Pages {
  private final AdminLimits limits;

  Pages(AdminLimits limits) {
    this.limits = limits;
  }

  int limit(AdminCall call) {
    return call.query("limit").map(Integer::parseInt).orElse(limits.pageDefault());
  }

  String cursor(AdminCall call) {
    return call.query("cursor")
        .map(text -> {
          try {
            String key = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8);
            if (key.indexOf('\0') >= 0) {
              throw AdminProblem.field("cursor", "is not a nextCursor of this list");
            }
            return key;
          } catch (IllegalArgumentException e) {
            throw AdminProblem.field("cursor", "is not a nextCursor of this list");
          }
        })
        .orElse("");
  }

  long number(AdminCall call) {
    String cursor = cursor(call);
    if (!cursor.isEmpty() && !cursor.matches("[0-9]{1,18}")) {
      throw AdminProblem.field("cursor", "is not a nextCursor of this list");
    }
    return cursor.isEmpty() ? Long.MAX_VALUE : Long.parseLong(cursor);
  }

  static String cursorOf(String key) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(key.getBytes(StandardCharsets.UTF_8));
  }

  /** Of things that are sorted by their key. */
  <T> Reply sorted(
      AdminCall call, List<T> things, Function<T, String> key, Function<T, Object> shown) {
    String cursor = cursor(call);
    List<T> rest = new ArrayList<>();
    for (T thing : things) {
      if (cursor.isEmpty() || key.apply(thing).compareTo(cursor) > 0) {
        rest.add(thing);
      }
    }
    return page(call, rest, key, shown);
  }

  /** Of things that come in their own order; the cursor is the key of the last one shown. */
  <T> Reply ordered(
      AdminCall call, List<T> things, Function<T, String> key, Function<T, Object> shown) {
    return page(call, after(call, things, key), key, shown);
  }

  private <T> List<T> after(AdminCall call, List<T> things, Function<T, String> key) {
    String cursor = cursor(call);
    int from = 0;
    for (int i = 0; !cursor.isEmpty() && i < things.size(); i++) {
      if (key.apply(things.get(i)).equals(cursor)) {
        from = i + 1;
      }
    }
    if (!cursor.isEmpty() && from == 0) {
      throw AdminProblem.field("cursor", "names something that is gone; begin again");
    }
    return things.subList(from, things.size());
  }

  /** Of lines that come in their own order, each with a field that no other has the same of. */
  Reply lines(AdminCall call, List<Map<String, Object>> lines, String key) {
    return lines(call, lines, key, Map.of());
  }

  /** The same, with more beside the page. */
  Reply lines(
      AdminCall call, List<Map<String, Object>> lines, String key, Map<String, Object> more) {
    List<Map<String, Object>> rest = after(call, lines, line -> String.valueOf(line.get(key)));
    Map<String, Object> body = new LinkedHashMap<>(more);
    body.putAll(body(call, rest, line -> String.valueOf(line.get(key)), line -> line));
    return Reply.json(200, body);
  }

  private <T> Reply page(
      AdminCall call, List<T> rest, Function<T, String> key, Function<T, Object> shown) {
    return Reply.json(200, body(call, rest, key, shown));
  }

  private <T> Map<String, Object> body(
      AdminCall call, List<T> rest, Function<T, String> key, Function<T, Object> shown) {
    int most = Math.min(limit(call), rest.size());
    List<T> page = rest.subList(0, most);
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("items", page.stream().map(shown).toList());
    if (most < rest.size()) {
      body.put("nextCursor", cursorOf(key.apply(page.getLast())));
    }
    return body;
  }

  /**
   * A page that was cut in the database.
   *
   * @param fields that together say where it ends
   */
  Reply newest(AdminCall call, List<Map<String, Object>> items, String... fields) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("items", items);
    if (items.size() == limit(call)) {
      Map<String, Object> last = items.getLast();
      body.put(
          "nextCursor",
          cursorOf(
              Stream.of(fields)
                  .map(field -> String.valueOf(last.get(field)))
                  .collect(Collectors.joining(" "))));
    }
    return Reply.json(200, body);
  }
}
