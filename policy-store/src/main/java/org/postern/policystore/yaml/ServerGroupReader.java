package org.postern.policystore.yaml;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.postern.policystore.HostPattern;
import org.postern.policystore.Server;
import org.postern.policystore.ServerGroup;

/// Reads server groups, and what an application says of them.
final class ServerGroupReader {
  static final List<String> KEYS = List.of("name", "dynamic", "servers", "connectorGroups");

  private ServerGroupReader() {}

  static Optional<ServerGroup> read(Fields fields) {
    Optional<String> name = fields.name("server group", Grammar::name);
    String place = "server group " + name.orElse("?");
    boolean dynamic = fields.flag("dynamic");
    List<Server> servers = fields.list("servers", ServerGroupReader::server, place + " server ");
    servers.sort(Comparator.comparing(Server::text));
    List<String> connectorGroups =
        fields.list("connectorGroups", Grammar::name, place + " connector group ");
    connectorGroups.sort(Comparator.naturalOrder());
    DocumentReader.requireItems(
        fields, "connectorGroups", "the groups whose connectors reach the servers");
    int count = fields.items("servers").size();
    if (dynamic && count > 0) {
      fields.problem(
          "servers",
          "servers stand beside dynamic: true (expected: one or the other; dynamic means that the"
              + " name that is asked for is looked up)");
    } else if (!dynamic && count == 0) {
      String expected = "servers, as in servers: [10.0.0.1, \"10.0.0.2:8443\"], or dynamic: true";
      fields.problem("servers", "no servers (expected: " + expected + ")");
    } else if (count > Server.PER_GROUP_MAX) {
      fields.problem(
          "servers", count + " entries (expected: at most " + Server.PER_GROUP_MAX + ")");
    }
    return name.map(text -> new ServerGroup(text, dynamic, servers, connectorGroups));
  }

  /// The names of an application's server groups; without them it needs connector groups.
  static List<String> ofApplication(Fields fields, String place) {
    List<String> groups = fields.list("serverGroups", Grammar::name, place + " server group ");
    groups.sort(Comparator.naturalOrder());
    if (groups.size() > ServerGroup.PER_APPLICATION_MAX) {
      fields.problem(
          "serverGroups",
          groups.size() + " entries (expected: at most " + ServerGroup.PER_APPLICATION_MAX + ")");
    }
    if (fields.items("serverGroups").isEmpty()) {
      DocumentReader.requireItems(
          fields,
          "connectorGroups",
          "the groups whose connectors reach it; or serverGroups, which say that themselves");
    }
    return groups;
  }

  private static Grammar.Read<Server> server(String text) {
    Optional<Server> server = Server.parse(text);
    if (server.isPresent()
        && Grammar.host(server.get().host()) instanceof Grammar.Read.Good<HostPattern>(var host)
        && isSingle(host)) {
      return new Grammar.Read.Good<>(new Server(host.text(), server.get().port()));
    }
    return new Grammar.Read.Bad<>(
        Problems.quote(text)
            + " (expected: a DNS name or an address, and a port behind it if it is not the one that"
            + " is asked for, as in 10.0.0.1, db1.vpc.local:5432 or [2001:db8::1]:8443)");
  }

  /// Whether it is one name or one address.
  static boolean isSingle(HostPattern host) {
    return switch (host) {
      case HostPattern.ExactName exact -> true;
      case HostPattern.WildcardName wildcard -> false;
      case HostPattern.Glob glob -> false;
      case HostPattern.Addresses(var range) -> range.prefixLength() == (range.ipv6() ? 128 : 32);
    };
  }
}
