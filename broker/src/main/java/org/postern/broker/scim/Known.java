package org.postern.broker.scim;

import com.fasterxml.jackson.databind.node.ValueNode;
import com.unboundid.scim2.common.Path;
import com.unboundid.scim2.common.filters.Filter;
import com.unboundid.scim2.common.types.SchemaResource;
import com.unboundid.scim2.server.utils.ResourceTypeDefinition;
import java.util.List;
import java.util.Objects;

/** What the library may leave out, where by its kind it is there. */
final class Known {
  private Known() {}

  /** Of a comparison or a complex value. */
  static Path path(Filter filter) {
    return Objects.requireNonNull(filter.getAttributePath());
  }

  /** Of a comparison. */
  static ValueNode value(Filter filter) {
    return Objects.requireNonNull(filter.getComparisonValue());
  }

  /** Of and, or. */
  static List<Filter> parts(Filter filter) {
    return Objects.requireNonNull(filter.getCombinedFilters());
  }

  /** Of not. */
  static Filter inverted(Filter filter) {
    return Objects.requireNonNull(filter.getInvertedFilter());
  }

  /** Of a complex value. */
  static Filter inner(Filter filter) {
    return Objects.requireNonNull(filter.getValueFilter());
  }

  /** Of the core schema. */
  static String urn(ResourceTypeDefinition type) {
    return urn(Objects.requireNonNull(type.getCoreSchema()));
  }

  /** Of a schema that was checked. */
  static String urn(SchemaResource schema) {
    return Objects.requireNonNull(schema.getId());
  }
}
