package org.postern.broker.scim;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.unboundid.scim2.common.exceptions.ScimException;
import com.unboundid.scim2.common.filters.Filter;
import com.unboundid.scim2.server.utils.ResourceTypeDefinition;
import com.unboundid.scim2.server.utils.SchemaAwareFilterEvaluator;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Lists resources page by page, in the order of their ids, which never changes: a page by cursor
 * (RFC 9865) begins after the last id of the one before, whatever came or went between the two.
 *
 * @param <S> a stored resource
 */
final class Listing<S> {
  private static final String RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
  private static final int BATCH = 500;
  private static final int BINDING_CHARACTERS = 16;

  /** Where the resources come from: those that an index finds, a superset of what the filter is. */
  interface Source<S> {
    List<S> page(String after, int skip, int max);

    int count();

    String id(S stored);

    /** With everything that the filter or the client may look at. */
    ObjectNode resource(S stored);
  }

  private final ResourceTypeDefinition type;
  private final ScimLimits limits;

  Listing(ResourceTypeDefinition type, ScimLimits limits) {
    this.type = type;
    this.limits = limits;
  }

  /**
   * The page.
   *
   * @param remaining what the index does not answer; empty when the source is exact
   */
  ObjectNode answer(ScimQuery query, Source<S> source, Optional<Filter> remaining) {
    return query.cursor().isPresent()
        ? byCursor(query, source, remaining)
        : byIndex(query, source, remaining);
  }

  private ObjectNode byIndex(ScimQuery query, Source<S> source, Optional<Filter> remaining) {
    ArrayNode found = ScimJson.array();
    int total = 0;
    if (remaining.isEmpty()) {
      total = source.count();
      for (S stored :
          query.count() == 0 ? List.<S>of() : source.page("", query.skip(), query.count())) {
        found.add(query.trim(type, source.resource(stored)));
      }
    } else {
      Scan scan = new Scan(source, "", remaining.get());
      for (ObjectNode next = scan.next(); next != null; next = scan.next()) {
        if (total >= query.skip() && found.size() < query.count()) {
          found.add(query.trim(type, next));
        }
        total++;
      }
    }
    ObjectNode answer = response(found);
    answer.put("totalResults", total);
    answer.put("startIndex", query.skip() + 1);
    return answer;
  }

  private ObjectNode byCursor(ScimQuery query, Source<S> source, Optional<Filter> remaining) {
    String text = query.cursor().orElse("");
    String after = text.isEmpty() ? "" : position(text, query);
    ArrayNode found = ScimJson.array();
    String last = after;
    boolean more = false;
    Scan scan = new Scan(source, after, remaining.orElse(null));
    for (ObjectNode next = scan.next(); next != null; next = scan.next()) {
      if (found.size() == query.count()) {
        more = true;
        break;
      }
      last = scan.lastId();
      found.add(query.trim(type, next));
    }
    ObjectNode answer = response(found);
    if (remaining.isEmpty()) {
      answer.put("totalResults", source.count());
    }
    if (more) {
      answer.put("nextCursor", cursor(last, query));
    }
    return answer;
  }

  private static ObjectNode response(ArrayNode found) {
    ObjectNode answer = ScimJson.object();
    answer.set("schemas", ScimJson.array().add(RESPONSE));
    answer.put("itemsPerPage", found.size());
    answer.set("Resources", found);
    return answer;
  }

  /** Goes over the source in batches and leaves out what the filter does. */
  private final class Scan {
    private final Source<S> source;
    private final @Nullable Filter filter;
    private final SchemaAwareFilterEvaluator evaluator = new SchemaAwareFilterEvaluator(type);
    private List<S> batch = List.of();
    private int at;
    private String last;
    private int scanned;
    private boolean ended;

    Scan(Source<S> source, String after, @Nullable Filter filter) {
      this.source = source;
      this.last = after;
      this.filter = filter;
    }

    String lastId() {
      return last;
    }

    @Nullable ObjectNode next() {
      while (true) {
        if (at == batch.size()) {
          if (ended) {
            return null;
          }
          batch = source.page(last, 0, BATCH);
          at = 0;
          ended = batch.size() < BATCH;
          if (batch.isEmpty()) {
            return null;
          }
        }
        S stored = batch.get(at++);
        last = source.id(stored);
        if (filter == null) {
          return source.resource(stored);
        }
        if (++scanned > limits.scannedMax()) {
          throw ScimRefusal.tooMany(
              "the filter would look at more than %d resources; filter by an indexed attribute"
                  .formatted(limits.scannedMax()));
        }
        ObjectNode resource = source.resource(stored);
        if (matches(filter, resource)) {
          return resource;
        }
      }
    }

    private boolean matches(Filter wanted, ObjectNode resource) {
      try {
        return wanted.visit(evaluator, resource);
      } catch (ScimException e) {
        throw ScimRefusal.of(e);
      }
    }
  }

  // -- cursors: a position, bound to the question that it belongs to

  private String cursor(String lastId, ScimQuery query) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString((binding(query) + lastId).getBytes(StandardCharsets.UTF_8));
  }

  private String position(String cursor, ScimQuery query) {
    try {
      String text = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
      if (text.length() > BINDING_CHARACTERS && text.startsWith(binding(query))) {
        return text.substring(BINDING_CHARACTERS);
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw ScimRefusal.invalid(
        "invalidCursor", "the cursor is none of ours, or belongs to another filter");
  }

  private String binding(ScimQuery query) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest((type.getName() + " " + query.filterText()).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash).substring(0, BINDING_CHARACTERS);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
