package org.postern.policystore;

import java.util.List;

/// When a rule matches: its targets, its subjects and all of its conditions.
public record RuleMatch(Targets targets, Subjects subjects, List<Condition> conditions) {

  /// Copies the list.
  public RuleMatch {
    conditions = List.copyOf(conditions);
  }

  /// These applications, these subjects, no more conditions.
  public static RuleMatch of(List<String> applications, Subjects subjects) {
    return new RuleMatch(
        new Targets(false, applications, List.of(), List.of()), subjects, List.of());
  }

  /// What a rule is about: any application, or one that is named, or in a named group, or bears a
  /// named label.
  public record Targets(
      boolean any, List<String> applications, List<String> groups, List<Label> labels) {
    /// Every application.
    public static final Targets ANY = new Targets(true, List.of(), List.of(), List.of());

    /// Copies the lists.
    public Targets {
      applications = List.copyOf(applications);
      groups = List.copyOf(groups);
      labels = List.copyOf(labels);
    }
  }

  /// Who a rule is about: anyone signed in, or members of one of the groups, or one of the users,
  /// or one of the workloads. A workload is never anyone: it must be named.
  ///
  /// @param users e-mail addresses in lower case
  public record Subjects(
      boolean anyone, List<String> groups, List<String> users, List<String> workloads) {
    /// Everybody who is signed in.
    public static final Subjects ANYONE = new Subjects(true, List.of(), List.of(), List.of());

    /// People only.
    public Subjects(boolean anyone, List<String> groups, List<String> users) {
      this(anyone, groups, users, List.of());
    }

    /// Copies the lists.
    public Subjects {
      groups = List.copyOf(groups);
      users = List.copyOf(users);
      workloads = List.copyOf(workloads);
    }
  }
}
