package org.postern.policystore;

import java.util.List;

/// Users that rules speak of together: the members listed here, by e-mail address in lower case,
/// and those whose identity provider says so under the same name.
public record Group(String name, List<String> members) {
  /// Copies the list.
  public Group {
    members = List.copyOf(members);
  }
}
