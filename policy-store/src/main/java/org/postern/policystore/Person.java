package org.postern.policystore;

import java.util.List;
import java.util.Map;

/// What a provider says about a person, checked.
///
/// @param subject the provider's own, stable name for them
/// @param email only when the provider's word on it counts, else empty
/// @param name for people to read
/// @param groups names from the provider; those that no configured group bears mean nothing
/// @param attributes under the names that the provider's configuration gives
public record Person(
    String subject,
    String email,
    String name,
    List<String> groups,
    Map<String, List<String>> attributes) {
  /// Copies the collections.
  public Person {
    groups = List.copyOf(groups);
    attributes = Map.copyOf(attributes);
  }
}
