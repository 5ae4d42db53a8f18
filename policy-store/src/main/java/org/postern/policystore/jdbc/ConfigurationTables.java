package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.postern.policystore.AccessRule;
import org.postern.policystore.AddressRange;
import org.postern.policystore.Application;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.Group;
import org.postern.policystore.HostPattern;
import org.postern.policystore.Obligations;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.RuleMatch;

/// Reads the configuration out of its tables, in canonical order.
final class ConfigurationTables {
  private ConfigurationTables() {}

  static PolicyConfiguration read(Connection connection) throws SQLException {
    return new PolicyConfiguration(
            sorted(Database.list(connection, row -> row.getString(1), "select name from domain")),
            sorted(
                    Database.list(
                        connection, row -> row.getString(1), "select name from connector_group"))
                .stream()
                .map(ConnectorGroup::new)
                .toList(),
            applications(connection),
            groups(connection),
            rules(connection),
            IdentityProviderTable.read(connection))
        .withPostureProfiles(PostureTables.read(connection));
  }

  private static List<String> sorted(List<String> values) {
    List<String> sorted = new ArrayList<>(values);
    // The database's collation may have its own idea of order.
    sorted.sort(Comparator.naturalOrder());
    return sorted;
  }

  /// The second column's values by the first's.
  private static Map<String, List<String>> children(Connection connection, String sql)
      throws SQLException {
    Map<String, List<String>> children = new HashMap<>();
    Database.list(
        connection,
        row ->
            children
                .computeIfAbsent(row.getString(1), key -> new ArrayList<>())
                .add(row.getString(2)),
        sql);
    children.values().forEach(list -> list.sort(Comparator.naturalOrder()));
    return children;
  }

  private static List<Application> applications(Connection connection) throws SQLException {
    Map<String, List<String>> hosts =
        children(connection, "select application, pattern from application_host");
    Map<String, List<String>> connectorGroups =
        children(
            connection, "select application, connector_group from application_connector_group");
    Map<String, List<PortRange>> ports = new HashMap<>();
    Database.list(
        connection,
        row ->
            ports
                .computeIfAbsent(
                    row.getString("transport") + " " + row.getString("application"),
                    key -> new ArrayList<>())
                .add(new PortRange(row.getInt("low"), row.getInt("high"))),
        "select application, transport, low, high from application_port order by low");
    List<Application> applications =
        new ArrayList<>(
            Database.list(
                connection,
                row -> {
                  String name = row.getString("name");
                  return new Application(
                      name,
                      hosts.getOrDefault(name, List.of()).stream()
                          .map(ConfigurationTables::host)
                          .toList(),
                      ports.getOrDefault("tcp " + name, List.of()),
                      ports.getOrDefault("udp " + name, List.of()),
                      connectorGroups.getOrDefault(name, List.of()),
                      obligations(row));
                },
                "select name, idle_timeout_seconds, age_max_seconds, allow_loopback,"
                    + " allow_link_local, lane_per_flow from application"));
    applications.sort(Comparator.comparing(Application::name));
    return applications;
  }

  private static Obligations obligations(ResultSet row) throws SQLException {
    Obligations obligations =
        new Obligations(
            Duration.ofSeconds(row.getInt("idle_timeout_seconds")),
            Duration.ofSeconds(row.getInt("age_max_seconds")),
            row.getBoolean("allow_loopback"),
            row.getBoolean("allow_link_local"),
            row.getBoolean("lane_per_flow"));
    return obligations.equals(Obligations.NONE) ? Obligations.NONE : obligations;
  }

  private static HostPattern host(String text) {
    if (text.startsWith("*.")) {
      return new HostPattern.WildcardName(text.substring(2));
    }
    return AddressRange.parse(text)
        .<HostPattern>map(HostPattern.Addresses::new)
        .orElseGet(() -> new HostPattern.ExactName(text));
  }

  private static List<Group> groups(Connection connection) throws SQLException {
    Map<String, List<String>> members =
        children(connection, "select user_group, email from user_group_member");
    return sorted(Database.list(connection, row -> row.getString(1), "select name from user_group"))
        .stream()
        .map(name -> new Group(name, members.getOrDefault(name, List.of())))
        .toList();
  }

  private static List<AccessRule> rules(Connection connection) throws SQLException {
    Map<String, List<String>> applications =
        children(connection, "select access_rule, application from access_rule_application");
    Map<String, List<String>> groups =
        children(connection, "select access_rule, user_group from access_rule_group");
    Map<String, List<String>> users =
        children(connection, "select access_rule, email from access_rule_user");
    return Database.list(
        connection,
        row -> {
          String name = row.getString("name");
          return new AccessRule(
              name,
              AccessRule.Action.valueOf(row.getString("action").toUpperCase(Locale.ROOT)),
              applications.getOrDefault(name, List.of()),
              new RuleMatch.Subjects(
                  row.getBoolean("anyone"),
                  groups.getOrDefault(name, List.of()),
                  users.getOrDefault(name, List.of())));
        },
        "select name, action, anyone from access_rule order by position");
  }
}
