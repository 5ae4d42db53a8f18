package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.Group;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.Obligations;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.SecretSealer;

/// Writes the difference between two configurations into the tables. What changed is deleted and
/// written anew, many rows to a statement; references are checked at commit.
final class ConfigurationWriter {
  private final Connection connection;
  private final SecretSealer sealer;

  ConfigurationWriter(Connection connection, SecretSealer sealer) {
    this.connection = connection;
    this.sealer = sealer;
  }

  /// Writes the difference.
  ///
  /// @param after what the configuration is to be
  void write(ConfigurationDifference difference, PolicyConfiguration after) throws SQLException {
    delete("access_rule", difference.rules.gone());
    delete("application", difference.applications.gone());
    delete("user_group", difference.groups.gone());
    delete("connector_group", difference.connectorGroups.gone());
    delete("domain", difference.domains.gone());

    insert(
        "insert into domain (name) select * from unnest(cast(? as text[]))",
        difference.domains.fresh().stream().map(List::of).toList(),
        1);
    insert(
        "insert into connector_group (name) select * from unnest(cast(? as text[]))",
        difference.connectorGroups.fresh().stream()
            .map(ConnectorGroup::name)
            .map(List::of)
            .toList(),
        1);
    PostureTables.write(
        connection, difference.postureProfiles.gone(), difference.postureProfiles.fresh());
    applications(difference.applications.fresh());
    groups(difference.groups.fresh());
    rules(difference.rules.fresh(), after.rules());
    identityProviders(difference.identityProviders, after.identityProviders());
  }

  private void delete(String table, Set<String> names) throws SQLException {
    if (!names.isEmpty()) {
      Database.update(
          connection, "delete from " + table + " where name = any (?)", List.copyOf(names));
    }
  }

  /// One statement for all rows; each parameter is a column.
  private void insert(String sql, List<List<String>> rows, int columns) throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    @Nullable Object[] parameters = new @Nullable Object[columns];
    for (int i = 0; i < columns; i++) {
      List<String> column = new ArrayList<>(rows.size());
      for (List<String> row : rows) {
        column.add(row.get(i));
      }
      parameters[i] = column;
    }
    Database.update(connection, sql, parameters);
  }

  private void applications(List<Application> applications) throws SQLException {
    List<List<String>> rows = new ArrayList<>();
    List<List<String>> hosts = new ArrayList<>();
    List<List<String>> ports = new ArrayList<>();
    List<List<String>> connectorGroups = new ArrayList<>();
    for (Application application : applications) {
      String name = application.name();
      Obligations obligations = application.obligations();
      rows.add(
          List.of(
              name,
              Long.toString(obligations.idleTimeout().toSeconds()),
              Long.toString(obligations.ageMax().toSeconds()),
              Boolean.toString(obligations.allowLoopback()),
              Boolean.toString(obligations.allowLinkLocal()),
              Boolean.toString(obligations.lanePerFlow())));
      for (HostPattern host : application.hosts()) {
        hosts.add(List.of(name, host.text()));
      }
      for (PortRange range : application.tcp()) {
        ports.add(port(name, "tcp", range));
      }
      for (PortRange range : application.udp()) {
        ports.add(port(name, "udp", range));
      }
      for (String group : application.connectorGroups()) {
        connectorGroups.add(List.of(name, group));
      }
    }
    insert(
        "insert into application (name, idle_timeout_seconds, age_max_seconds, allow_loopback,"
            + " allow_link_local, lane_per_flow) select * from unnest(cast(? as text[]),"
            + " cast(? as int[]), cast(? as int[]), cast(? as boolean[]), cast(? as boolean[]),"
            + " cast(? as boolean[]))",
        rows,
        6);
    insert(
        "insert into application_host (application, pattern)"
            + " select * from unnest(cast(? as text[]), cast(? as text[]))",
        hosts,
        2);
    insert(
        "insert into application_port (application, transport, low, high)"
            + " select * from unnest(cast(? as text[]), cast(? as text[]), cast(? as int[]),"
            + " cast(? as int[]))",
        ports,
        4);
    insert(
        "insert into application_connector_group (application, connector_group)"
            + " select * from unnest(cast(? as text[]), cast(? as text[]))",
        connectorGroups,
        2);
  }

  private static List<String> port(String application, String transport, PortRange range) {
    return List.of(
        application, transport, Integer.toString(range.low()), Integer.toString(range.high()));
  }

  private void groups(List<Group> groups) throws SQLException {
    List<List<String>> members = new ArrayList<>();
    for (Group group : groups) {
      for (String member : group.members()) {
        members.add(List.of(group.name(), member));
      }
    }
    insert(
        "insert into user_group (name) select * from unnest(cast(? as text[]))",
        groups.stream().map(Group::name).map(List::of).toList(),
        1);
    insert(
        "insert into user_group_member (user_group, email)"
            + " select * from unnest(cast(? as text[]), cast(? as text[]))",
        members,
        2);
  }

  private void rules(List<AccessRule> fresh, List<AccessRule> all) throws SQLException {
    List<List<String>> rows = new ArrayList<>();
    List<List<String>> applications = new ArrayList<>();
    List<List<String>> groups = new ArrayList<>();
    List<List<String>> users = new ArrayList<>();
    for (AccessRule rule : fresh) {
      String action = rule.action().name().toLowerCase(Locale.ROOT);
      rows.add(List.of(rule.name(), action, Boolean.toString(rule.match().subjects().anyone())));
      rule.match()
          .targets()
          .applications()
          .forEach(name -> applications.add(List.of(rule.name(), name)));
      rule.match().subjects().groups().forEach(name -> groups.add(List.of(rule.name(), name)));
      rule.match().subjects().users().forEach(email -> users.add(List.of(rule.name(), email)));
    }
    // The right position comes with the statement below; until commit nobody checks.
    insert(
        "insert into access_rule (name, action, anyone, position)"
            + " select t.*, 0 from unnest(cast(? as text[]), cast(? as text[]),"
            + " cast(? as boolean[])) t",
        rows,
        3);
    insert(
        "insert into access_rule_application (access_rule, application)"
            + " select * from unnest(cast(? as text[]), cast(? as text[]))",
        applications,
        2);
    insert(
        "insert into access_rule_group (access_rule, user_group)"
            + " select * from unnest(cast(? as text[]), cast(? as text[]))",
        groups,
        2);
    insert(
        "insert into access_rule_user (access_rule, email)"
            + " select * from unnest(cast(? as text[]), cast(? as text[]))",
        users,
        2);
    Database.update(
        connection,
        "update access_rule r set position = o.position"
            + " from unnest(cast(? as text[])) with ordinality o (name, position)"
            + " where r.name = o.name and r.position <> o.position",
        all.stream().map(AccessRule::name).toList());
  }

  private void identityProviders(
      ConfigurationDifference.Kind<IdentityProvider> difference, List<IdentityProvider> all)
      throws SQLException {
    List<String> names = all.stream().map(IdentityProvider::name).toList();
    if (!difference.gone().isEmpty()) {
      Database.update(connection, "delete from identity_provider where not name = any (?)", names);
    }
    for (IdentityProvider provider : difference.fresh()) {
      IdentityProviderTable.write(connection, sealer, provider);
    }
  }
}
