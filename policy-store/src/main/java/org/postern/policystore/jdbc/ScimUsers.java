package org.postern.policystore.jdbc;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AsciiCase;

/// SCIM users of a provider. Each change of a resource and what decisions need of it are one
/// transaction, seen by all when a method returns. It outlives a crash of the database once a
/// transaction that is not a SCIM change has been committed after it, as that of the audit log.
/// Blocking; any thread.
public final class ScimUsers {
  private static final String COLUMNS =
      "select user_id, user_name, external_id, active, resource, version, created_at, modified_at"
          + " from scim_user ";
  private static final String PROVISIONED = "inactive by SCIM";

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;

  /// Over a data source.
  public ScimUsers(DataSource source, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
  }

  /// A resource as it is stored.
  ///
  /// @param resource JSON without what is computed
  /// @param version grows by one with each change
  public record Stored(
      String id,
      String userName,
      Optional<String> externalId,
      boolean active,
      String resource,
      long version,
      Instant createdAt,
      Instant modifiedAt) {}

  /// What a resource is to be.
  ///
  /// @param email the address that policy may use; empty for none
  /// @param name for people to read
  public record Content(
      String userName,
      Optional<String> externalId,
      boolean active,
      String email,
      String name,
      String resource) {}

  /// What became of a change.
  public sealed interface Outcome {
    /// It is committed.
    record Done(Stored user) implements Outcome {}

    /// Another user of this provider has the userName.
    record NameTaken(String userName) implements Outcome {}

    /// There is no such user.
    record Missing() implements Outcome {}
  }

  /// Which users a list is of; the text is compared as SCIM says.
  public sealed interface Match {
    /// All of them.
    record Everyone() implements Match {}

    /// At most one, in any case.
    record UserName(String value) implements Match {}

    /// To the letter.
    record ExternalId(String value) implements Match {}

    /// The address that policy uses, in any case.
    record Email(String value) implements Match {}

    /// At most one.
    record Id(String value) implements Match {}
  }

  /// Makes a user; the person who signed in before, if it is theirs.
  public Outcome create(String provider, Content content) {
    return database.hasty(
        "create a SCIM user",
        connection -> {
          Optional<String> known =
              UserLinks.signedInBefore(
                  connection, provider, content.externalId().orElse(null), content.userName());
          String id = known.orElseGet(() -> tokens.id("u-"));
          Instant now = clock.instant();
          int inserted =
              Database.update(
                  connection,
                  "insert into scim_user (user_id, provider, user_name, user_name_key, external_id,"
                      + " email, active, resource, created_at, modified_at)"
                      + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                      + " on conflict (provider, user_name_key) do nothing",
                  id,
                  provider,
                  content.userName(),
                  key(content.userName()),
                  content.externalId().orElse(null),
                  content.email(),
                  content.active(),
                  content.resource(),
                  now,
                  now);
          if (inserted == 0) {
            return new Outcome.NameTaken(content.userName());
          }
          Stored made = find(connection, provider, id).orElseThrow();
          if (known.isPresent()) {
            decide(connection, id, content);
          } else {
            insertPerson(connection, id, provider, content, now);
          }
          return new Outcome.Done(made);
        });
  }

  private static void insertPerson(
      Connection connection, String id, String provider, Content content, Instant now)
      throws SQLException {
    Database.update(
        connection,
        "insert into app_user (id, provider, subject, subject_pending, email, name, inactive,"
            + " created_at) values (?, ?, ?, true, ?, ?, ?, ?)",
        id,
        provider,
        "pending:" + id,
        content.email(),
        content.name(),
        !content.active(),
        now);
  }

  /// Copies what decisions need; ends the sessions of who is no longer active. The version moves
  /// here, last, so that it is held for as short as possible.
  private void decide(Connection connection, String id, Content content) throws SQLException {
    if (!content.active()) {
      endSessions(connection, id);
    }
    Database.update(
        connection,
        "update app_user set email = ?, name = ?, inactive = ? where id = ?",
        content.email(),
        content.name(),
        !content.active(),
        id);
  }

  private void endSessions(Connection connection, String id) throws SQLException {
    Database.list(
        connection, row -> "", "select id from app_user where id = ? for no key update", id);
    UserLinks.lockSessions(connection, id);
    Database.update(
        connection,
        "update session set revoked_at = ?, revoked_because = ?"
            + " where user_id = ? and revoked_at is null",
        clock.instant(),
        PROVISIONED,
        id);
  }

  /// One user by id.
  public Optional<Stored> find(String provider, String id) {
    return database.transaction("read a SCIM user", c -> find(c, provider, id));
  }

  private static Optional<Stored> find(Connection connection, String provider, String id)
      throws SQLException {
    return Database.first(
        connection, ScimUsers::read, COLUMNS + "where provider = ? and user_id = ?", provider, id);
  }

  /// Changes a user. Two changes of one user come one after the other, and the second sees the
  /// first.
  ///
  /// @param edit makes the new content of the stored one; nothing: all stays as it is, version
  ///   included. What it throws undoes everything.
  public Outcome change(String provider, String id, Function<Stored, Optional<Content>> edit) {
    return database.hasty(
        "change a SCIM user",
        connection -> {
          Optional<Stored> stored =
              Database.first(
                  connection,
                  ScimUsers::read,
                  COLUMNS + "where provider = ? and user_id = ? for no key update",
                  provider,
                  id);
          if (stored.isEmpty()) {
            return new Outcome.Missing();
          }
          Optional<Content> wanted = edit.apply(stored.get());
          if (wanted.isEmpty()) {
            return new Outcome.Done(stored.get());
          }
          Content content = wanted.get();
          boolean renamed = !key(content.userName()).equals(key(stored.get().userName()));
          if (renamed && isTaken(connection, provider, id, content.userName())) {
            return new Outcome.NameTaken(content.userName());
          }
          Database.update(
              connection,
              "update scim_user set user_name = ?, user_name_key = ?, external_id = ?, email = ?,"
                  + " active = ?, resource = ?, version = version + 1, modified_at = ?"
                  + " where user_id = ?",
              content.userName(),
              key(content.userName()),
              content.externalId().orElse(null),
              content.email(),
              content.active(),
              content.resource(),
              clock.instant(),
              id);
          Stored changed = find(connection, provider, id).orElseThrow();
          decide(connection, id, content);
          return new Outcome.Done(changed);
        });
  }

  private static boolean isTaken(Connection connection, String provider, String id, String name)
      throws SQLException {
    return Database.first(
            connection,
            row -> "",
            "select 1 from scim_user where provider = ? and user_name_key = ? and user_id <> ?",
            provider,
            key(name),
            id)
        .isPresent();
  }

  /// Takes a resource away. The person stays, inactive and without sessions, so that what names
  /// them stays true.
  ///
  /// @param check looks at the stored one first; what it throws undoes everything
  /// @return whether there was one
  public boolean delete(String provider, String id, Function<Stored, Boolean> check) {
    return database.hasty(
        "delete a SCIM user",
        connection -> {
          Optional<Stored> stored =
              Database.first(
                  connection,
                  ScimUsers::read,
                  COLUMNS + "where provider = ? and user_id = ? for update",
                  provider,
                  id);
          if (stored.isEmpty() || !check.apply(stored.get())) {
            return false;
          }
          Database.update(connection, "delete from scim_user where user_id = ?", id);
          endSessions(connection, id);
          Database.update(
              connection,
              "update app_user set inactive = true, scim_groups = '{}' where id = ?",
              id);
          return true;
        });
  }

  /// Users in the order of their ids.
  ///
  /// @param after the id before the first one wanted; empty to begin
  /// @param skip how many to leave out
  /// @param max how many at most
  public List<Stored> list(String provider, Match match, String after, int skip, int max) {
    Condition condition = condition(provider, match);
    condition.parameters().add(after);
    condition.parameters().add(skip);
    condition.parameters().add(max);
    return database.list(
        "read SCIM users",
        ScimUsers::read,
        COLUMNS + condition.sql() + " and user_id > ? order by user_id offset ? limit ?",
        condition.parameters().toArray());
  }

  /// How many there are.
  public int count(String provider, Match match) {
    Condition condition = condition(provider, match);
    return database
        .first(
            "count SCIM users",
            row -> row.getInt(1),
            "select count(*) from scim_user " + condition.sql(),
            condition.parameters().toArray())
        .orElse(0);
  }

  private record Condition(String sql, List<@Nullable Object> parameters) {}

  private static Condition condition(String provider, Match match) {
    List<@Nullable Object> parameters = new ArrayList<>();
    parameters.add(provider);
    String sql =
        switch (match) {
          case Match.Everyone all -> "";
          case Match.UserName(String value) -> with(parameters, "user_name_key", key(value));
          case Match.ExternalId(String value) -> with(parameters, "external_id", value);
          case Match.Email(String value) -> with(parameters, "email", AsciiCase.fold(value));
          case Match.Id(String value) -> with(parameters, "user_id", value);
        };
    return new Condition("where provider = ?" + sql, parameters);
  }

  private static String with(List<@Nullable Object> parameters, String column, String value) {
    parameters.add(value);
    return " and " + column + " = ?";
  }

  static String key(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  static Stored read(ResultSet row) throws SQLException {
    return new Stored(
        row.getString("user_id"),
        row.getString("user_name"),
        Optional.ofNullable(row.getString("external_id")),
        row.getBoolean("active"),
        row.getString("resource"),
        row.getLong("version"),
        Database.instant(row, "created_at"),
        Database.instant(row, "modified_at"));
  }
}
