package org.postern.policystore;

import java.util.List;

/// Allow or deny, who, which applications. Rules are asked in order, the first that matches
/// decides, and without one the answer is no.
public record AccessRule(String name, Action action, List<String> applications, Subjects subjects) {

  /// Copies the list.
  public AccessRule {
    applications = List.copyOf(applications);
  }

  /// What a matching rule says.
  public enum Action {
    /// The flow may be opened.
    ALLOW,
    /// The flow may not be opened, whatever later rules say.
    DENY
  }

  /// Who a rule is about: anyone signed in, or members of one of the groups, or one of the users.
  ///
  /// @param users e-mail addresses in lower case
  public record Subjects(boolean anyone, List<String> groups, List<String> users) {
    /// Copies the lists.
    public Subjects {
      groups = List.copyOf(groups);
      users = List.copyOf(users);
    }
  }
}
