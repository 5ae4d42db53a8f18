package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AddressRange;
import org.postern.policystore.Application;
import org.postern.policystore.ApplicationGroup;
import org.postern.policystore.ApplicationTraits;
import org.postern.policystore.ConditionText;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.Group;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.Label;
import org.postern.policystore.Obligations;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.SecretSealer;
import org.postern.policystore.Server;
import org.postern.policystore.ServerGroup;
import org.postern.policystore.TrustedNetwork;
import org.postern.policystore.yaml.TestText;

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
    delete("access_rule", difference.sessionRules.gone());
    delete("access_rule", difference.forwardingRules.gone());
    delete("application", difference.applications.gone());
    delete("application_group", difference.applicationGroups.gone());
    delete("server_group", difference.serverGroups.gone());
    delete("trusted_network", difference.trustedNetworks.gone());
    delete("user_group", difference.groups.gone());
    delete("connector_group", difference.connectorGroups.gone());
    delete("domain", difference.domains.gone());
    delete("policy_test", difference.tests.gone());

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
    small(difference);
    insert(
        "insert into policy_test (name, definition)"
            + " select * from unnest(cast(? as text[]), cast(? as text[]))",
        difference.tests.fresh().stream()
            .map(test -> List.of(test.name(), TestText.write(test)))
            .toList(),
        2);
    RuleTables.insert(connection, difference.rules.fresh());
    RuleTables.insert(connection, difference.sessionRules.fresh());
    RuleTables.insert(connection, difference.forwardingRules.fresh());
    RuleTables.order(connection, "access", after.rules());
    RuleTables.order(connection, "session", after.sessionRules());
    RuleTables.order(connection, "forwarding", after.forwardingRules());
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
      ApplicationTraits traits = application.traits();
      rows.add(
          List.of(
              name,
              Long.toString(obligations.idleTimeout().toSeconds()),
              Long.toString(obligations.ageMax().toSeconds()),
              Boolean.toString(obligations.allowLoopback()),
              Boolean.toString(obligations.allowLinkLocal()),
              Boolean.toString(obligations.lanePerFlow()),
              lines(traits.labels(), Label::toString),
              ConditionText.word(traits.matching()),
              ConditionText.word(traits.health()),
              lines(traits.exists(), ConditionText::word),
              ConditionText.word(traits.bypass()),
              String.join("\n", application.serverGroups())));
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
            + " allow_link_local, lane_per_flow, labels, matching, health, exists_for, bypass,"
            + " server_groups) select name, idle, age, loopback, link_local, lane_per_flow,"
            + " string_to_array(labels, chr(10)), matching, health,"
            + " string_to_array(exists_for, chr(10)), bypass,"
            + " string_to_array(server_groups, chr(10))"
            + " from unnest(cast(? as text[]), cast(? as int[]), cast(? as int[]),"
            + " cast(? as boolean[]), cast(? as boolean[]), cast(? as boolean[]),"
            + " cast(? as text[]), cast(? as text[]), cast(? as text[]), cast(? as text[]),"
            + " cast(? as text[]), cast(? as text[])) as fresh (name, idle, age, loopback,"
            + " link_local, lane_per_flow, labels, matching, health, exists_for, bypass,"
            + " server_groups)",
        rows,
        12);
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
        "insert into user_group (name, sources)"
            + " select name, string_to_array(sources, chr(10))"
            + " from unnest(cast(? as text[]), cast(? as text[])) as fresh (name, sources)",
        groups.stream()
            .map(group -> List.of(group.name(), String.join("\n", group.sourceTexts())))
            .toList(),
        2);
    insert(
        "insert into user_group_member (user_group, email)"
            + " select * from unnest(cast(? as text[]), cast(? as text[]))",
        members,
        2);
  }

  private void small(ConfigurationDifference difference) throws SQLException {
    List<@Nullable Object[]> rows = new ArrayList<>();
    for (ApplicationGroup group : difference.applicationGroups.fresh()) {
      rows.add(new @Nullable Object[] {group.name(), group.applications()});
    }
    Database.batch(
        connection, "insert into application_group (name, applications) values (?, ?)", rows);
    rows.clear();
    for (TrustedNetwork network : difference.trustedNetworks.fresh()) {
      List<String> sources = network.sources().stream().map(AddressRange::toString).toList();
      rows.add(new @Nullable Object[] {network.name(), sources});
    }
    Database.batch(connection, "insert into trusted_network (name, sources) values (?, ?)", rows);
    rows.clear();
    for (ServerGroup group : difference.serverGroups.fresh()) {
      List<String> servers = group.servers().stream().map(Server::text).toList();
      rows.add(
          new @Nullable Object[] {group.name(), group.dynamic(), servers, group.connectorGroups()});
    }
    Database.batch(
        connection,
        "insert into server_group (name, dynamic, servers, connector_groups) values (?, ?, ?, ?)",
        rows);
  }

  /// Arrays of arrays have to be even; lines of text need not. No label or name has a line break.
  private static <T> String lines(Collection<T> values, Function<T, String> text) {
    return values.stream().map(text).collect(Collectors.joining("\n"));
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
