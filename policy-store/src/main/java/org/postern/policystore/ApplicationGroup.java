package org.postern.policystore;

import java.util.List;

/// Applications that rules speak of together. Its name is its id.
///
/// @param applications names of the members, sorted
public record ApplicationGroup(String name, List<String> applications) {
  /// Copies the list.
  public ApplicationGroup {
    applications = List.copyOf(applications);
  }
}
