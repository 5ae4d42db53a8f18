package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.postern.policystore.jdbc.ScimGroups.MemberStep;
import org.postern.policystore.jdbc.ScimGroups.Outcome;
import org.postern.policystore.jdbc.ScimGroups.Stored;

/// Who is in a group, changed inside the transaction that changes the group.
final class GroupMembers {
  private GroupMembers() {}

  /// Undoes the transaction and becomes its outcome.
  static final class Undo extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Outcome outcome;

    Undo(Outcome outcome) {
      super(null, null, false, false);
      this.outcome = outcome;
    }

    Outcome outcome() {
      return outcome;
    }
  }

  static List<String> ids(Connection connection, String groupId) throws SQLException {
    return Database.list(
        connection,
        row -> row.getString(1),
        "select user_id from scim_group_member where group_id = ?",
        groupId);
  }

  /// The rows first, the version afterwards: see [Sessions#revokeAll].
  static void lockPeople(Connection connection, Collection<String> ids) throws SQLException {
    Database.list(
        connection,
        row -> "",
        "select id from app_user where id = any(?) order by id for no key update",
        new ArrayList<>(ids));
  }

  /// Who came and who went.
  record Moves(String name, List<String> joined, List<String> left) {
    boolean any() {
      return !joined.isEmpty() || !left.isEmpty();
    }

    /// Tells those who decide. The version moves here, so this comes last: its lock is held for as
    /// short as possible.
    void decide(Connection connection) throws SQLException {
      if (any()) {
        TreeSet<String> changed = new TreeSet<>(joined);
        changed.addAll(left);
        lockPeople(connection, changed);
      }
      if (!joined.isEmpty()) {
        Database.update(
            connection,
            "update app_user set scim_groups = array_append(array_remove(scim_groups, ?), ?)"
                + " where id = any(?)",
            name,
            name,
            joined);
      }
      if (!left.isEmpty()) {
        Database.update(
            connection,
            "update app_user set scim_groups = array_remove(scim_groups, ?) where id = any(?)",
            name,
            left);
      }
    }
  }

  /// The steps, in order, as the one difference that they amount to; decisions hear of it by
  /// [Moves#decide].
  static Moves change(Connection connection, String provider, Stored group, List<MemberStep> steps)
      throws SQLException {
    Set<String> added = new TreeSet<>();
    Set<String> removed = new TreeSet<>();
    for (MemberStep step : steps) {
      switch (step) {
        case MemberStep.Add(Set<String> ids) -> {
          added.addAll(ids);
          removed.removeAll(ids);
        }
        case MemberStep.Remove(Set<String> ids) -> {
          removed.addAll(ids);
          added.removeAll(ids);
        }
        case MemberStep.Replace(Set<String> ids) -> {
          removed.addAll(ids(connection, group.id()));
          removed.removeAll(ids);
          added.clear();
          added.addAll(ids);
        }
      }
    }
    checkKnown(connection, provider, added);
    Set<String> touched = new TreeSet<>(added);
    touched.addAll(removed);
    if (touched.isEmpty()) {
      return new Moves(group.displayName(), List.of(), List.of());
    }
    List<String> joined =
        Database.list(
            connection,
            row -> row.getString(1),
            "insert into scim_group_member (group_id, user_id) select ?, unnest(?)"
                + " on conflict do nothing returning user_id",
            group.id(),
            List.copyOf(added));
    List<String> left =
        Database.list(
            connection,
            row -> row.getString(1),
            "delete from scim_group_member where group_id = ? and user_id = any(?)"
                + " returning user_id",
            group.id(),
            List.copyOf(removed));
    return new Moves(group.displayName(), joined, left);
  }

  private static void checkKnown(Connection connection, String provider, Set<String> ids)
      throws SQLException {
    if (ids.isEmpty()) {
      return;
    }
    TreeSet<String> unknown = new TreeSet<>(ids);
    // Shared, so that nobody deletes a user whom we are about to name.
    Database.list(
            connection,
            row -> row.getString(1),
            "select user_id from scim_user where provider = ? and user_id = any(?)"
                + " order by user_id for key share",
            provider,
            List.copyOf(ids))
        .forEach(unknown::remove);
    if (!unknown.isEmpty()) {
      throw new Undo(new Outcome.NoSuchMembers(List.copyOf(unknown)));
    }
  }
}
