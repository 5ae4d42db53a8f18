package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.postern.policystore.AccessRule;
import org.postern.policystore.AddressRange;
import org.postern.policystore.Application;
import org.postern.policystore.ApplicationGroup;
import org.postern.policystore.ApplicationTraits;
import org.postern.policystore.ClientType;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.ForwardingRule;
import org.postern.policystore.Group;
import org.postern.policystore.HostPattern;
import org.postern.policystore.Obligations;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyTest;
import org.postern.policystore.PortRange;
import org.postern.policystore.Rule;
import org.postern.policystore.Server;
import org.postern.policystore.ServerGroup;
import org.postern.policystore.SessionRule;
import org.postern.policystore.TrustedNetwork;
import org.postern.policystore.yaml.TestText;

/// Reads the configuration out of its tables, in canonical order, and again only what changed
/// since. What stays the same stays the same object. Not thread-safe.
final class ConfigurationTables {
  private static final long EVERYTHING = -1;

  private final TreeMap<String, Application> applications = new TreeMap<>();
  private final TreeMap<String, Group> groups = new TreeMap<>();
  private final Map<String, RuleTables.Placed> rules = new HashMap<>();
  private Set<String> testDefinitions = Set.of();
  private List<PolicyTest> tests = List.of();
  private PolicyConfiguration last = PolicyConfiguration.EMPTY;
  private long version = EVERYTHING;

  static PolicyConfiguration read(Connection connection) throws SQLException {
    return new ConfigurationTables().newest(connection, 0);
  }

  /// The configuration as the connection sees it. After an exception the object is of no use.
  ///
  /// @param now the policy version that the connection sees
  PolicyConfiguration newest(Connection connection, long now) throws SQLException {
    boolean anyApplications = forget(connection, "application", applications);
    boolean anyGroups = forget(connection, "user_group", groups);
    boolean anyRules = forget(connection, "access_rule", rules);
    for (Application application : newerApplications(connection)) {
      applications.put(application.name(), application);
      anyApplications = true;
    }
    for (Group group : newerGroups(connection)) {
      groups.put(group.name(), group);
      anyGroups = true;
    }
    for (RuleTables.Placed placed : RuleTables.newer(connection, version)) {
      rules.put(placed.rule().name(), placed);
      anyRules = true;
    }
    last =
        new PolicyConfiguration(
            same(
                last.domains(),
                sorted(
                    Database.list(connection, row -> row.getString(1), "select name from domain"))),
            same(last.connectorGroups(), connectorGroups(connection)),
            same(last.serverGroups(), serverGroups(connection)),
            same(last.trustedNetworks(), trustedNetworks(connection)),
            same(last.postureProfiles(), PostureTables.read(connection)),
            anyApplications ? List.copyOf(applications.values()) : last.applications(),
            same(last.applicationGroups(), applicationGroups(connection)),
            anyGroups ? List.copyOf(groups.values()) : last.groups(),
            anyRules ? same(last.rules(), inOrder(AccessRule.class)) : last.rules(),
            anyRules ? same(last.sessionRules(), inOrder(SessionRule.class)) : last.sessionRules(),
            anyRules
                ? same(last.forwardingRules(), inOrder(ForwardingRule.class))
                : last.forwardingRules(),
            same(last.identityProviders(), IdentityProviderTable.read(connection)),
            tests(connection));
    version = now;
    return last;
  }

  private boolean forget(Connection connection, String kind, Map<String, ?> known)
      throws SQLException {
    List<String> gone =
        Database.list(
            connection,
            row -> row.getString(1),
            "select name from configuration_gone where kind = ? and row_version > ?",
            kind,
            version);
    return known.keySet().removeAll(gone);
  }

  /// The list that is known, if it says the same.
  private static <T> List<T> same(List<T> known, List<T> read) {
    return known.equals(read) ? known : read;
  }

  private <R extends Rule> List<R> inOrder(Class<R> kind) {
    return rules.values().stream()
        .filter(placed -> kind.isInstance(placed.rule()))
        .sorted(Comparator.comparingLong(RuleTables.Placed::position))
        .map(placed -> kind.cast(placed.rule()))
        .toList();
  }

  private static List<ConnectorGroup> connectorGroups(Connection connection) throws SQLException {
    return sorted(
            Database.list(connection, row -> row.getString(1), "select name from connector_group"))
        .stream()
        .map(ConnectorGroup::new)
        .toList();
  }

  private static List<ServerGroup> serverGroups(Connection connection) throws SQLException {
    return Database.list(
            connection,
            row ->
                new ServerGroup(
                    row.getString("name"),
                    row.getBoolean("dynamic"),
                    Database.texts(row, "servers").stream()
                        .map(text -> Server.parse(text).orElseThrow())
                        .toList(),
                    Database.texts(row, "connector_groups")),
            "select name, dynamic, servers, connector_groups from server_group")
        .stream()
        .sorted(Comparator.comparing(ServerGroup::name))
        .toList();
  }

  private static List<TrustedNetwork> trustedNetworks(Connection connection) throws SQLException {
    return Database.list(
            connection,
            row ->
                new TrustedNetwork(
                    row.getString("name"),
                    Database.texts(row, "sources").stream()
                        .map(text -> AddressRange.parse(text).orElseThrow())
                        .toList()),
            "select name, sources from trusted_network")
        .stream()
        .sorted(Comparator.comparing(TrustedNetwork::name))
        .toList();
  }

  private static List<ApplicationGroup> applicationGroups(Connection connection)
      throws SQLException {
    return Database.list(
            connection,
            row -> new ApplicationGroup(row.getString("name"), Database.texts(row, "applications")),
            "select name, applications from application_group")
        .stream()
        .sorted(Comparator.comparing(ApplicationGroup::name))
        .toList();
  }

  /// Read again only when one is another one: brokers have no use for them but this.
  private List<PolicyTest> tests(Connection connection) throws SQLException {
    List<String> read =
        Database.list(connection, row -> row.getString(1), "select definition from policy_test");
    Set<String> definitions = new TreeSet<>(read);
    if (!definitions.equals(testDefinitions)) {
      tests = TestText.read(definitions);
      testDefinitions = definitions;
    }
    return tests;
  }

  private static List<String> sorted(List<String> values) {
    List<String> sorted = new ArrayList<>(values);
    // The database's collation may have its own idea of order.
    sorted.sort(Comparator.naturalOrder());
    return sorted;
  }

  /// The second column's values by the first's.
  private static Map<String, List<String>> children(
      Connection connection, String sql, List<String> of) throws SQLException {
    Map<String, List<String>> children = new HashMap<>();
    Database.list(
        connection,
        row ->
            children
                .computeIfAbsent(row.getString(1), key -> new ArrayList<>())
                .add(row.getString(2)),
        sql,
        of);
    children.values().forEach(list -> list.sort(Comparator.naturalOrder()));
    return children;
  }

  private List<String> newer(Connection connection, String table) throws SQLException {
    return Database.list(
        connection,
        row -> row.getString(1),
        "select name from " + table + " where row_version > ?",
        version);
  }

  private List<Application> newerApplications(Connection connection) throws SQLException {
    List<String> names = newer(connection, "application");
    if (names.isEmpty()) {
      return List.of();
    }
    Map<String, List<String>> hosts =
        children(
            connection,
            "select application, pattern from application_host where application = any (?)",
            names);
    Map<String, List<String>> connectorGroups =
        children(
            connection,
            "select application, connector_group from application_connector_group"
                + " where application = any (?)",
            names);
    Map<String, List<PortRange>> ports = ports(connection, names);
    return Database.list(
        connection,
        row -> {
          String name = row.getString("name");
          return new Application(
              name,
              hosts.getOrDefault(name, List.of()).stream().map(ConfigurationTables::host).toList(),
              ports.getOrDefault("tcp " + name, List.of()),
              ports.getOrDefault("udp " + name, List.of()),
              connectorGroups.getOrDefault(name, List.of()),
              obligations(row),
              traits(row),
              Database.texts(row, "server_groups"));
        },
        "select * from application where name = any (?)",
        names);
  }

  private static Map<String, List<PortRange>> ports(Connection connection, List<String> names)
      throws SQLException {
    Map<String, List<PortRange>> ports = new HashMap<>();
    Database.list(
        connection,
        row ->
            ports
                .computeIfAbsent(
                    row.getString("transport") + " " + row.getString("application"),
                    key -> new ArrayList<>())
                .add(new PortRange(row.getInt("low"), row.getInt("high"))),
        "select application, transport, low, high from application_port"
            + " where application = any (?) order by low",
        names);
    return ports;
  }

  private static ApplicationTraits traits(ResultSet row) throws SQLException {
    ApplicationTraits traits =
        new ApplicationTraits(
            RuleTables.labels(row),
            ApplicationTraits.Matching.valueOf(RuleTables.constant(row.getString("matching"))),
            ApplicationTraits.HealthMode.valueOf(RuleTables.constant(row.getString("health"))),
            Database.texts(row, "exists_for").stream()
                .map(word -> ClientType.valueOf(RuleTables.constant(word)))
                .toList(),
            ApplicationTraits.Bypass.valueOf(RuleTables.constant(row.getString("bypass"))));
    return traits.equals(ApplicationTraits.DEFAULT) ? ApplicationTraits.DEFAULT : traits;
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
    boolean wildcard = text.startsWith("*.");
    String name = wildcard ? text.substring(2) : text;
    if (name.indexOf('*') >= 0 || name.indexOf('?') >= 0) {
      return new HostPattern.Glob(text);
    }
    return wildcard
        ? new HostPattern.WildcardName(name)
        : AddressRange.parse(text)
            .<HostPattern>map(HostPattern.Addresses::new)
            .orElseGet(() -> new HostPattern.ExactName(text));
  }

  private List<Group> newerGroups(Connection connection) throws SQLException {
    List<String> names = newer(connection, "user_group");
    if (names.isEmpty()) {
      return List.of();
    }
    Map<String, List<String>> members =
        children(
            connection,
            "select user_group, email from user_group_member where user_group = any (?)",
            names);
    return Database.list(
        connection,
        row -> {
          String name = row.getString("name");
          return new Group(
              name,
              members.getOrDefault(name, List.of()),
              Database.texts(row, "sources").stream()
                  .map(text -> Group.Source.parse(text, name))
                  .toList());
        },
        "select name, sources from user_group where name = any (?)",
        names);
  }
}
