package org.postern.policystore;

import java.util.ArrayList;
import java.util.List;

/// Whom of a provider's people an administrator's role is given to. In a provider's list the first
/// that fits counts; whoever fits none is no administrator.
///
/// @param attribute one of the provider's named attributes; empty: a group
/// @param value the group, or what the attribute holds, exactly as the provider says it
/// @param role built in, or one of the deployment's own
public record RoleMapping(String attribute, String value, String role) {
  /// How many a provider may have.
  public static final int MAX = 100;

  /// Whether it fits a person, by what the provider says now.
  public boolean fits(Person person) {
    return attribute.isEmpty()
        ? person.groups().contains(value)
        : person.attributes().getOrDefault(attribute, List.of()).contains(value);
  }

  /// Why somebody has the role, for people.
  public String reason() {
    return attribute.isEmpty() ? "group " + value : attribute + "=" + value;
  }

  /// A list of them as tables keep it.
  public static List<String> flat(List<RoleMapping> mappings) {
    List<String> flat = new ArrayList<>();
    for (RoleMapping each : mappings) {
      flat.addAll(List.of(each.attribute(), each.value(), each.role()));
    }
    return flat;
  }

  /// The list again.
  public static List<RoleMapping> ofFlat(List<String> flat) {
    List<RoleMapping> mappings = new ArrayList<>();
    for (int i = 0; i + 2 < flat.size(); i += 3) {
      mappings.add(new RoleMapping(flat.get(i), flat.get(i + 1), flat.get(i + 2)));
    }
    return mappings;
  }
}
