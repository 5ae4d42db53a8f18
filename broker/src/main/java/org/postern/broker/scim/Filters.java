package org.postern.broker.scim;

import com.fasterxml.jackson.databind.JsonNode;
import com.unboundid.scim2.common.Path;
import com.unboundid.scim2.common.filters.Filter;
import com.unboundid.scim2.common.filters.FilterType;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Finds the part of a filter that an index answers.
 *
 * @param <M> which resources an index finds
 * @param match those
 * @param remaining the filter that each of them has to pass; empty when the index says it all
 */
record Filters<M>(M match, Optional<Filter> remaining) {

  /** What an index makes of {@code attribute eq value}, if it knows the attribute. */
  interface Index<M> extends BiFunction<String, String, Optional<Exact<M>>> {}

  /**
   * An index's answer.
   *
   * @param exact whether it finds nothing else than the comparison does
   */
  record Exact<M>(M match, boolean exact) {}

  static <M> Filters<M> of(Optional<Filter> filter, M all, Index<M> index) {
    if (filter.isEmpty()) {
      return new Filters<>(all, Optional.empty());
    }
    Filter whole = filter.get();
    Optional<Exact<M>> direct = comparison(whole, index);
    if (direct.isPresent()) {
      return new Filters<>(
          direct.get().match(), direct.get().exact() ? Optional.empty() : Optional.of(whole));
    }
    if (whole.getFilterType() == FilterType.AND) {
      for (Filter part : Known.parts(whole)) {
        Optional<Exact<M>> one = comparison(part, index);
        if (one.isPresent()) {
          return new Filters<>(one.get().match(), Optional.of(whole));
        }
      }
    }
    return new Filters<>(all, Optional.of(whole));
  }

  private static <M> Optional<Exact<M>> comparison(Filter filter, Index<M> index) {
    if (filter.getFilterType() == FilterType.COMPLEX_VALUE) {
      // emails[type eq "work" and value eq "a@b"]: the index finds who has the address at all.
      String outer = name(Known.path(filter));
      Filter inner = Known.inner(filter);
      List<Filter> parts =
          inner.getFilterType() == FilterType.AND ? Known.parts(inner) : List.of(inner);
      for (Filter part : parts) {
        Optional<Exact<M>> found = equality(part, outer + ".", index);
        if (found.isPresent()) {
          return Optional.of(new Exact<>(found.get().match(), false));
        }
      }
      return Optional.empty();
    }
    return equality(filter, "", index);
  }

  private static <M> Optional<Exact<M>> equality(Filter filter, String outer, Index<M> index) {
    JsonNode value = filter.getFilterType() == FilterType.EQUAL ? Known.value(filter) : null;
    return value == null || !value.isTextual()
        ? Optional.empty()
        : index.apply(outer + name(Known.path(filter)), value.textValue());
  }

  private static String name(Path path) {
    StringBuilder name = new StringBuilder();
    for (Path.Element element : path) {
      if (element.getValueFilter() != null) {
        return "";
      }
      name.append(name.isEmpty() ? "" : ".").append(element.getAttribute());
    }
    return name.toString().toLowerCase(Locale.ROOT);
  }
}
