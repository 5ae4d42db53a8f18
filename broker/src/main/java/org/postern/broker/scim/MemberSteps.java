package org.postern.broker.scim;

import com.fasterxml.jackson.databind.JsonNode;
import com.unboundid.scim2.common.Path;
import com.unboundid.scim2.common.filters.Filter;
import com.unboundid.scim2.common.filters.FilterType;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.jdbc.ScimGroups.MemberStep;

/** The steps of a PATCH that change who is in a group. */
final class MemberSteps {
  private final ScimLimits limits;

  MemberSteps(ScimLimits limits) {
    this.limits = limits;
  }

  MemberStep of(PatchDialect.Step step) {
    Path path = step.path();
    if (path.size() > 1) {
      throw ScimRefusal.invalid(
          "mutability", "a member cannot be changed; remove it and add another one");
    }
    Filter filter = path.getElement(0).getValueFilter();
    @Nullable JsonNode value = step.value();
    return switch (step.kind()) {
      case ADD -> new MemberStep.Add(ids(value));
      case REPLACE -> {
        if (filter != null) {
          throw ScimRefusal.invalid(
              "mutability", "a member cannot be changed; remove it and add another one");
        }
        yield new MemberStep.Replace(ids(value));
      }
      case REMOVE -> {
        if (filter != null) {
          Set<String> named = new LinkedHashSet<>();
          named(filter, named);
          yield new MemberStep.Remove(named);
        }
        yield value == null ? new MemberStep.Replace(Set.of()) : new MemberStep.Remove(ids(value));
      }
    };
  }

  /** {@code value eq "a" or value eq "b"}. */
  private void named(Filter filter, Set<String> named) {
    if (filter.getFilterType() == FilterType.OR) {
      Known.parts(filter).forEach(part -> named(part, named));
      return;
    }
    boolean isValue =
        filter.getFilterType() == FilterType.EQUAL
            && Known.path(filter).size() == 1
            && Known.path(filter).getElement(0).getAttribute().equalsIgnoreCase("value");
    if (!isValue) {
      throw ScimRefusal.invalid(
          "invalidFilter", "members are removed by value (expected: members[value eq \"ID\"])");
    }
    named.add(Known.value(filter).asText());
  }

  /** The ids of a list of members; users only. */
  Set<String> ids(@Nullable JsonNode members) {
    Set<String> ids = new LinkedHashSet<>();
    if (members == null || members.isNull()) {
      return ids;
    }
    for (JsonNode member : members.isObject() || members.isTextual() ? List.of(members) : members) {
      JsonNode value = member.isTextual() ? member : member.get("value");
      if (value == null || !value.isTextual()) {
        throw ScimRefusal.invalid("invalidValue", "a member has no value");
      }
      if (member.path("type").asText("User").toLowerCase(Locale.ROOT).equals("group")) {
        throw ScimRefusal.invalid(
            "invalidValue",
            "groups in groups are not kept; provision the users of %s as members"
                .formatted(Text.shown(value.textValue())));
      }
      ids.add(value.textValue());
    }
    if (ids.size() > limits.membersMax()) {
      throw ScimRefusal.tooMany(
          "%d members in one request (expected: at most %d)"
              .formatted(ids.size(), limits.membersMax()));
    }
    return ids;
  }
}
