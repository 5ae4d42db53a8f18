package org.postern.policystore.jdbc;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// SCIM groups of a provider and who is in them. A change of members costs what it changes, not the
/// size of the group. What lasts, and when, is as with [ScimUsers]. Blocking; any thread.
public final class ScimGroups {
  private static final String COLUMNS =
      "select id, display_name, external_id, resource, version, created_at, modified_at"
          + " from scim_group ";

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;

  /// Over a data source.
  public ScimGroups(DataSource source, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
  }

  /// A resource as it is stored.
  ///
  /// @param resource JSON without members and what is computed
  public record Stored(
      String id,
      String displayName,
      Optional<String> externalId,
      String resource,
      long version,
      Instant createdAt,
      Instant modifiedAt) {}

  /// What a resource is to be.
  public record Content(String displayName, Optional<String> externalId, String resource) {}

  /// A step of a change of members, in the order in which the client sent them.
  public sealed interface MemberStep {
    /// These become members; who is one already stays one.
    record Add(Set<String> userIds) implements MemberStep {}

    /// These are no members afterwards.
    record Remove(Set<String> userIds) implements MemberStep {}

    /// Exactly these are members afterwards.
    record Replace(Set<String> userIds) implements MemberStep {}
  }

  /// A change of a group.
  ///
  /// @param content empty: everything but the members stays
  public record Edit(Optional<Content> content, List<MemberStep> members) {
    /// Copies the list.
    public Edit {
      members = List.copyOf(members);
    }
  }

  /// A member, as clients are shown it.
  public record Member(String userId, String userName) {}

  /// A group of a user.
  public record Membership(String groupId, String displayName) {}

  /// What became of a change.
  public sealed interface Outcome {
    /// It is committed.
    record Done(Stored group) implements Outcome {}

    /// Another group of this provider has the displayName.
    record NameTaken(String displayName) implements Outcome {}

    /// There is no such group.
    record Missing() implements Outcome {}

    /// These are no users of this provider.
    record NoSuchMembers(List<String> userIds) implements Outcome {}
  }

  /// Which groups a list is of.
  public sealed interface Match {
    /// All of them.
    record Every() implements Match {}

    /// At most one, in any case.
    record DisplayName(String value) implements Match {}

    /// To the letter.
    record ExternalId(String value) implements Match {}

    /// At most one.
    record Id(String value) implements Match {}

    /// Those that a user is in.
    record MemberOf(String userId) implements Match {}
  }

  private Outcome undoable(String what, Database.Work<Outcome> work) {
    try {
      return database.hasty(what, work);
    } catch (GroupMembers.Undo undo) {
      return undo.outcome();
    }
  }

  /// Makes a group with its members.
  public Outcome create(String provider, Content content, Set<String> members) {
    return undoable(
        "create a SCIM group",
        connection -> {
          String id = tokens.id("g-");
          Instant now = clock.instant();
          int inserted =
              Database.update(
                  connection,
                  "insert into scim_group (id, provider, display_name, display_name_key,"
                      + " external_id, resource, created_at, modified_at)"
                      + " values (?, ?, ?, ?, ?, ?, ?, ?)"
                      + " on conflict (provider, display_name_key) do nothing",
                  id,
                  provider,
                  content.displayName(),
                  ScimUsers.key(content.displayName()),
                  content.externalId().orElse(null),
                  content.resource(),
                  now,
                  now);
          if (inserted == 0) {
            return new Outcome.NameTaken(content.displayName());
          }
          Stored group = find(connection, provider, id).orElseThrow();
          GroupMembers.change(connection, provider, group, List.of(new MemberStep.Add(members)))
              .decide(connection);
          return new Outcome.Done(group);
        });
  }

  /// One group by id.
  public Optional<Stored> find(String provider, String id) {
    return database.transaction("read a SCIM group", c -> find(c, provider, id));
  }

  private static Optional<Stored> find(Connection connection, String provider, String id)
      throws SQLException {
    return Database.first(
        connection, ScimGroups::read, COLUMNS + "where provider = ? and id = ?", provider, id);
  }

  /// Changes a group; changes of one group come one after the other.
  ///
  /// @param edit of the stored group; what it throws undoes everything
  public Outcome change(String provider, String id, Function<Stored, Edit> edit) {
    return undoable(
        "change a SCIM group",
        connection -> {
          Optional<Stored> stored = lock(connection, provider, id);
          if (stored.isEmpty()) {
            return new Outcome.Missing();
          }
          Edit wanted = edit.apply(stored.get());
          boolean changed = false;
          Stored group = stored.get();
          if (wanted.content().isPresent()) {
            changed = write(connection, provider, group, wanted.content().get());
            group = find(connection, provider, id).orElseThrow();
          }
          GroupMembers.Moves moves =
              GroupMembers.change(connection, provider, group, wanted.members());
          if (changed || moves.any()) {
            Database.update(
                connection,
                "update scim_group set version = version + 1, modified_at = ? where id = ?",
                clock.instant(),
                id);
          }
          Stored done = find(connection, provider, id).orElseThrow();
          moves.decide(connection);
          return new Outcome.Done(done);
        });
  }

  private static Optional<Stored> lock(Connection connection, String provider, String id)
      throws SQLException {
    return Database.first(
        connection,
        ScimGroups::read,
        COLUMNS + "where provider = ? and id = ? for update",
        provider,
        id);
  }

  private boolean write(Connection connection, String provider, Stored before, Content content)
      throws SQLException {
    boolean taken =
        Database.first(
                connection,
                row -> "",
                "select 1 from scim_group where provider = ? and display_name_key = ? and id <> ?",
                provider,
                ScimUsers.key(content.displayName()),
                before.id())
            .isPresent();
    if (taken) {
      throw new GroupMembers.Undo(new Outcome.NameTaken(content.displayName()));
    }
    boolean changed =
        Database.update(
                connection,
                "update scim_group set display_name = ?, display_name_key = ?, external_id = ?,"
                    + " resource = ? where id = ? and (display_name <> ? or external_id is distinct"
                    + " from ? or resource <> ?)",
                content.displayName(),
                ScimUsers.key(content.displayName()),
                content.externalId().orElse(null),
                content.resource(),
                before.id(),
                content.displayName(),
                content.externalId().orElse(null),
                content.resource())
            == 1;
    if (!before.displayName().equals(content.displayName())) {
      List<String> all = GroupMembers.ids(connection, before.id());
      GroupMembers.lockPeople(connection, all);
      Database.update(
          connection,
          "update app_user set scim_groups = array_replace(scim_groups, ?, ?) where id = any(?)",
          before.displayName(),
          content.displayName(),
          all);
    }
    return changed;
  }

  /// Takes a group away, and its name from those who were in it.
  ///
  /// @param check looks at the stored one first; what it throws undoes everything
  /// @return whether there was one
  public boolean delete(String provider, String id, Function<Stored, Boolean> check) {
    return database.hasty(
        "delete a SCIM group",
        connection -> {
          Optional<Stored> stored = lock(connection, provider, id);
          if (stored.isEmpty() || !check.apply(stored.get())) {
            return false;
          }
          List<String> all = GroupMembers.ids(connection, id);
          Database.update(connection, "delete from scim_group where id = ?", id);
          GroupMembers.lockPeople(connection, all);
          Database.update(
              connection,
              "update app_user set scim_groups = array_remove(scim_groups, ?) where id = any(?)",
              stored.get().displayName(),
              all);
          return true;
        });
  }

  /// The members, all of them, by id.
  public List<Member> members(String groupId) {
    return database.list(
        "read members",
        row -> new Member(row.getString("user_id"), row.getString("user_name")),
        "select m.user_id, u.user_name from scim_group_member m"
            + " join scim_user u on u.user_id = m.user_id where m.group_id = ? order by m.user_id",
        groupId);
  }

  /// Whether a user is a member.
  public boolean isMember(String groupId, String userId) {
    return database
        .first(
            "read members",
            row -> "",
            "select 1 from scim_group_member where group_id = ? and user_id = ?",
            groupId,
            userId)
        .isPresent();
  }

  /// The groups of a user, all of them, by name.
  public List<Membership> groupsOf(String userId) {
    return database.list(
        "read groups",
        row -> new Membership(row.getString("id"), row.getString("display_name")),
        "select g.id, g.display_name from scim_group_member m join scim_group g on g.id ="
            + " m.group_id where m.user_id = ? order by g.display_name",
        userId);
  }

  /// Groups in the order of their ids; see [ScimUsers#list].
  public List<Stored> list(String provider, Match match, String after, int skip, int max) {
    Condition condition = condition(provider, match);
    condition.parameters().add(after);
    condition.parameters().add(skip);
    condition.parameters().add(max);
    return database.list(
        "read SCIM groups",
        ScimGroups::read,
        COLUMNS + condition.sql() + " and id > ? order by id offset ? limit ?",
        condition.parameters().toArray());
  }

  /// How many there are.
  public int count(String provider, Match match) {
    Condition condition = condition(provider, match);
    return database
        .first(
            "count SCIM groups",
            row -> row.getInt(1),
            "select count(*) from scim_group " + condition.sql(),
            condition.parameters().toArray())
        .orElse(0);
  }

  private record Condition(String sql, List<@Nullable Object> parameters) {}

  private static Condition condition(String provider, Match match) {
    List<@Nullable Object> parameters = new ArrayList<>();
    parameters.add(provider);
    String sql =
        switch (match) {
          case Match.Every all -> "";
          case Match.DisplayName(String value) ->
              with(parameters, "display_name_key = ?", ScimUsers.key(value));
          case Match.ExternalId(String value) -> with(parameters, "external_id = ?", value);
          case Match.Id(String value) -> with(parameters, "id = ?", value);
          case Match.MemberOf(String value) ->
              with(
                  parameters,
                  "id in (select group_id from scim_group_member where user_id = ?)",
                  value);
        };
    return new Condition("where provider = ?" + sql, parameters);
  }

  private static String with(List<@Nullable Object> parameters, String condition, String value) {
    parameters.add(value);
    return " and " + condition;
  }

  static Stored read(ResultSet row) throws SQLException {
    return new Stored(
        row.getString("id"),
        row.getString("display_name"),
        Optional.ofNullable(row.getString("external_id")),
        row.getString("resource"),
        row.getLong("version"),
        Database.instant(row, "created_at"),
        Database.instant(row, "modified_at"));
  }
}
