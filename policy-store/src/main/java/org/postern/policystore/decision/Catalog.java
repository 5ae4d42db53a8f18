package org.postern.policystore.decision;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Application;
import org.postern.policystore.ApplicationGroup;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IpLiterals;
import org.postern.policystore.Label;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.ServerGroup;

/// The applications, found by name, host, group and label. Depends on nothing else, so snapshots
/// share it until an application changes.
final class Catalog {
  private static final int MIXING = 0x9e3779b9;

  final CompiledApplication[] applications;
  private final HostEntry[] strangers;
  private final List<Application> source;
  private final List<ApplicationGroup> sourceGroups;
  private final List<ServerGroup> sourceServers;
  private final ServerTable servers;
  private final Map<String, CompiledApplication> byName = new HashMap<>();
  private final Map<String, List<CompiledApplication>> byGroup = new HashMap<>();
  private final Map<Label, List<CompiledApplication>> byLabel = new HashMap<>();
  private final Map<String, List<Application>> byConnectorGroup = new HashMap<>();
  private final HostTable hosts;
  private final AddressTable addresses;

  Catalog(PolicyConfiguration configuration) {
    this.source = configuration.applications();
    this.sourceGroups = configuration.applicationGroups();
    this.sourceServers = configuration.serverGroups();
    this.servers = new ServerTable(configuration);
    this.applications = new CompiledApplication[source.size()];
    this.strangers = new HostEntry[source.size()];
    HostTable.Builder hostTable = new HostTable.Builder();
    AddressTable.Builder addressTable = new AddressTable.Builder();
    for (int i = 0; i < applications.length; i++) {
      Application application = servers.complete(source.get(i));
      CompiledApplication compiled = new CompiledApplication(i, application);
      applications[i] = compiled;
      strangers[i] = HostEntry.of(compiled);
      byName.put(application.name(), compiled);
      for (Label label : application.traits().labels()) {
        byLabel.computeIfAbsent(label, key -> new ArrayList<>()).add(compiled);
      }
      for (String group : application.connectorGroups()) {
        byConnectorGroup.computeIfAbsent(group, key -> new ArrayList<>()).add(application);
      }
      addHosts(compiled, hostTable, addressTable);
    }
    for (ApplicationGroup group : sourceGroups) {
      List<CompiledApplication> members = new ArrayList<>();
      group.applications().forEach(name -> addIfKnown(byName.get(name), members));
      byGroup.put(group.name(), members);
    }
    byConnectorGroup.values().forEach(list -> list.sort(Comparator.comparing(Application::name)));
    this.hosts = hostTable.build();
    this.addresses = addressTable.build();
  }

  private static void addIfKnown(
      @Nullable CompiledApplication application, List<CompiledApplication> members) {
    if (application != null) {
      members.add(application);
    }
  }

  private static void addHosts(
      CompiledApplication compiled, HostTable.Builder hosts, AddressTable.Builder addresses) {
    for (HostPattern host : compiled.application.hosts()) {
      switch (host) {
        case HostPattern.ExactName(String name) -> hosts.exact(name, compiled);
        case HostPattern.WildcardName(String suffix) -> hosts.below(suffix, compiled);
        case HostPattern.Glob(String pattern) -> hosts.glob(pattern, compiled);
        case HostPattern.Addresses(var range) -> addresses.add(range, compiled);
      }
    }
  }

  /// Whether it is that of these applications. Asks for the same objects, which whoever changes
  /// something else hands on.
  @SuppressWarnings("ReferenceEquality") // The same object is known to be the same without looking.
  boolean isOf(PolicyConfiguration configuration) {
    return source == configuration.applications()
        && sourceGroups == configuration.applicationGroups()
        && sourceServers == configuration.serverGroups();
  }

  @Nullable CompiledApplication application(String name) {
    return byName.get(name);
  }

  List<CompiledApplication> inGroup(String group) {
    return byGroup.getOrDefault(group, List.of());
  }

  List<CompiledApplication> labelled(Label label) {
    return byLabel.getOrDefault(label, List.of());
  }

  /// By connector group; empty for an application without server groups.
  Map<String, DialTargets> targets(String application) {
    return servers.targets(application);
  }

  List<Application> servedBy(String connectorGroup) {
    return List.copyOf(byConnectorGroup.getOrDefault(connectorGroup, List.of()));
  }

  /// Some application, any, the same for the same host.
  HostEntry stranger(String host) {
    return strangers.length == 0
        ? HostEntry.NOWHERE
        : strangers[((host.hashCode() * MIXING) >>> 1) % strangers.length];
  }

  /// The applications of a host, or an entry that stands for none.
  HostEntry entry(String host) {
    HostEntry found = lookUp(host);
    return found == null ? HostEntry.NOWHERE : found;
  }

  private @Nullable HostEntry lookUp(String host) {
    if (host.indexOf(':') >= 0) {
      IpLiterals.Parsed parsed = IpLiterals.parse(host);
      if (parsed == null) {
        return null;
      }
      return parsed.ipv6()
          ? addresses.find6(parsed.high(), parsed.low())
          : addresses.find4(parsed.low());
    }
    long address = IpLiterals.ipv4(host);
    if (address != IpLiterals.NOT_IPV4) {
      return addresses.find4(address);
    }
    String name = HostNames.canonical(host);
    return name == null ? null : hosts.find(name);
  }

  /// The applications of a pattern, listed or not, then those of each wider pattern over it.
  List<List<CompiledApplication>> levels(HostPattern pattern) {
    return pattern instanceof HostPattern.Addresses(var range)
        ? addresses.levels(range)
        : hosts.levels(pattern);
  }

  /// The applications of a pattern as a whole.
  HostEntry entry(HostPattern pattern) {
    return pattern instanceof HostPattern.Addresses(var range)
        ? addresses.ofRange(range)
        : hosts.ofPattern(pattern.text());
  }
}
