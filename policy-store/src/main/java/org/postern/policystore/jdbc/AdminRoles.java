package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;

/// The deployment's own roles, and settings of administration. Blocking; any thread.
public final class AdminRoles {
  /// One role.
  ///
  /// @param permissions `resource:verb` each, either part may be `*`
  /// @param labels `key=value` each; empty: not narrowed
  public record Role(
      String name, String description, List<String> permissions, List<String> labels) {
    /// Copies the lists.
    public Role {
      permissions = List.copyOf(permissions);
      labels = List.copyOf(labels);
    }
  }

  /// Roles that every deployment has.
  public static final Set<String> BUILT_IN =
      Set.of("owner", "policy-editor", "auditor", "operator", "approver");

  private final Database database;
  private final InstantSource clock;

  /// Over a data source.
  public AdminRoles(DataSource source, InstantSource clock) {
    this.database = new Database(source);
    this.clock = clock;
  }

  /// All of them, by name.
  public List<Role> list() {
    return database.list("list roles", AdminRoles::read, "select * from admin_role order by name");
  }

  /// The names of all roles, built in and own.
  public Set<String> names() {
    return database.transaction("read the names of roles", AdminRoles::names);
  }

  static Set<String> names(Connection connection) throws SQLException {
    Set<String> names = new HashSet<>(BUILT_IN);
    names.addAll(
        Database.list(connection, row -> row.getString("name"), "select name from admin_role"));
    return names;
  }

  /// One role.
  public Optional<Role> find(String name) {
    return database.first(
        "read a role", AdminRoles::read, "select * from admin_role where name = ?", name);
  }

  private static Role read(ResultSet row) throws SQLException {
    return new Role(
        row.getString("name"),
        row.getString("description"),
        Database.texts(row, "permissions"),
        Database.texts(row, "labels"));
  }

  /// Makes a role, or makes it another.
  public void put(Role role) {
    database.update(
        "write a role",
        "insert into admin_role (name, description, permissions, labels, created_at)"
            + " values (?, ?, ?, ?, ?) on conflict (name) do update set"
            + " description = excluded.description, permissions = excluded.permissions,"
            + " labels = excluded.labels",
        role.name(),
        role.description(),
        role.permissions(),
        role.labels(),
        clock.instant());
  }

  /// Whether a live token or client has this role.
  public boolean isUsed(String name) {
    return database
        .first(
            "read who has a role",
            row -> row.getBoolean(1),
            "select exists (select from admin_token where role = ? and revoked_at is null)"
                + " or exists (select from api_client where role = ? and revoked_at is null)",
            name,
            name)
        .orElseThrow();
  }

  /// Takes a role away.
  ///
  /// @return whether it was there
  public boolean remove(String name) {
    return database.update("remove a role", "delete from admin_role where name = ?", name) == 1;
  }

  /// A setting of administration.
  public Optional<String> setting(String name) {
    return database.first(
        "read a setting",
        row -> row.getString(1),
        "select value from admin_setting where name = ?",
        name);
  }

  /// Changes a setting.
  public void set(String name, String value) {
    database.update(
        "write a setting",
        "insert into admin_setting (name, value) values (?, ?)"
            + " on conflict (name) do update set value = excluded.value",
        name,
        value);
  }
}
