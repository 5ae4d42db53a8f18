package org.postern.policystore.decision;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.DenyReason;
import org.postern.policystore.Group;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.IpLiterals;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.Transport;

/// The configuration, made ready for being asked. Does not depend on people, so it is shared by all
/// snapshots of one configuration version.
final class CompiledPolicy {
  private static final int[] NO_RULES = {};

  final PolicyConfiguration configuration;
  final Map<String, CompiledApplication> applications;
  final Map<String, List<Application>> applicationsByConnectorGroup;
  final Set<String> connectorGroups;
  private final int words;
  private final int[] rulesForAnyone;
  private final Map<String, int[]> rulesByGroup;
  private final Map<String, int[]> rulesByEmail;
  private final Map<String, List<String>> groupsByEmail;
  private final Map<String, IdentityProvider> providers;
  private final HostTable hosts;
  private final AddressTable addresses;
  private final CompiledApplication nowhere;
  private final HostEntry nowhereEntry;

  CompiledPolicy(PolicyConfiguration configuration) {
    this.configuration = configuration;
    this.words = Math.max(1, (configuration.rules().size() + 63) >>> 6);
    this.nowhere = new CompiledApplication(null, NO_RULES, new Decision[0], words);
    this.nowhereEntry = new HostEntry(nowhere);
    this.applications = compileApplications(configuration, words);
    this.applicationsByConnectorGroup = byConnectorGroup(configuration.applications());
    this.connectorGroups = new HashSet<>();
    for (ConnectorGroup group : configuration.connectorGroups()) {
      connectorGroups.add(group.name());
    }
    HostTable.Builder hostTable = new HostTable.Builder();
    AddressTable.Builder addressTable = new AddressTable.Builder();
    for (CompiledApplication application : applications.values()) {
      addHosts(application, hostTable, addressTable);
    }
    this.hosts = hostTable.build();
    this.addresses = addressTable.build();

    Map<String, List<Integer>> byGroup = new HashMap<>();
    Map<String, List<Integer>> byEmail = new HashMap<>();
    List<Integer> anyone = new ArrayList<>();
    for (int i = 0; i < configuration.rules().size(); i++) {
      RuleMatch.Subjects subjects = configuration.rules().get(i).match().subjects();
      if (subjects.anyone()) {
        anyone.add(i);
      }
      for (String group : subjects.groups()) {
        byGroup.computeIfAbsent(group, key -> new ArrayList<>()).add(i);
      }
      for (String email : subjects.users()) {
        byEmail.computeIfAbsent(email, key -> new ArrayList<>()).add(i);
      }
    }
    this.rulesForAnyone = ints(anyone);
    this.rulesByGroup = new HashMap<>();
    for (Group group : configuration.groups()) {
      rulesByGroup.put(group.name(), ints(byGroup.getOrDefault(group.name(), List.of())));
    }
    this.rulesByEmail = new HashMap<>();
    byEmail.forEach((email, rules) -> rulesByEmail.put(email, ints(rules)));
    this.groupsByEmail = groupsByEmail(configuration.groups());
    this.providers = new HashMap<>();
    for (IdentityProvider provider : configuration.identityProviders()) {
      providers.put(provider.name(), provider);
    }
  }

  private static Map<String, CompiledApplication> compileApplications(
      PolicyConfiguration configuration, int words) {
    Map<String, List<Integer>> rulesByApplication = new HashMap<>();
    for (int i = 0; i < configuration.rules().size(); i++) {
      for (String application : configuration.rules().get(i).match().targets().applications()) {
        rulesByApplication.computeIfAbsent(application, key -> new ArrayList<>()).add(i);
      }
    }
    Map<String, CompiledApplication> compiled = new HashMap<>();
    for (Application application : configuration.applications()) {
      int[] rules = ints(rulesByApplication.getOrDefault(application.name(), List.of()));
      Decision[] decisions = new Decision[rules.length];
      for (int i = 0; i < rules.length; i++) {
        AccessRule rule = configuration.rules().get(rules[i]);
        decisions[i] =
            switch (rule.action()) {
              case ALLOW -> Decision.Allow.of(rule, application, java.time.Duration.ZERO);
              case DENY, STEP_UP, REQUIRE_APPROVAL ->
                  new Decision.Deny(rule, DenyReason.POLICY_DENIED);
            };
      }
      compiled.put(
          application.name(), new CompiledApplication(application, rules, decisions, words));
    }
    return compiled;
  }

  private static Map<String, List<Application>> byConnectorGroup(List<Application> applications) {
    Map<String, List<Application>> served = new HashMap<>();
    for (Application application : applications) {
      for (String group : application.connectorGroups()) {
        served.computeIfAbsent(group, key -> new ArrayList<>()).add(application);
      }
    }
    served.values().forEach(list -> list.sort(Comparator.comparing(Application::name)));
    return served;
  }

  private static void addHosts(
      CompiledApplication compiled, HostTable.Builder hosts, AddressTable.Builder addresses) {
    Application application = compiled.application();
    if (application == null) {
      return;
    }
    for (HostPattern host : application.hosts()) {
      switch (host) {
        case HostPattern.ExactName(String name) -> hosts.exact(name, compiled);
        case HostPattern.WildcardName(String suffix) -> hosts.below(suffix, compiled);
        case HostPattern.Glob glob -> {}
        case HostPattern.Addresses(var range) -> addresses.add(range, compiled);
      }
    }
  }

  private static Map<String, List<String>> groupsByEmail(List<Group> groups) {
    Map<String, List<String>> byEmail = new HashMap<>();
    for (Group group : groups) {
      for (String member : group.members()) {
        byEmail.computeIfAbsent(member, key -> new ArrayList<>()).add(group.name());
      }
    }
    return byEmail;
  }

  private static int[] ints(List<Integer> values) {
    return values.stream().distinct().mapToInt(Integer::intValue).toArray();
  }

  /// No rule at all.
  long[] noRules() {
    return new long[words];
  }

  /// The rules whose subject side matches.
  ///
  /// @param email already known to count; empty if it does not
  long[] rulesOf(String email, List<String> providerGroups) {
    long[] bits = new long[words];
    set(bits, rulesForAnyone);
    set(bits, rulesByEmail.getOrDefault(email, NO_RULES));
    for (String group : groupsByEmail.getOrDefault(email, List.of())) {
      set(bits, rulesByGroup.getOrDefault(group, NO_RULES));
    }
    for (String group : providerGroups) {
      set(bits, rulesByGroup.getOrDefault(group, NO_RULES));
    }
    return bits;
  }

  private static void set(long[] bits, int[] rules) {
    for (int rule : rules) {
      bits[rule >>> 6] |= 1L << rule;
    }
  }

  boolean hasProvider(String provider) {
    return providers.containsKey(provider);
  }

  /// Whether rules may rely on an address that this provider asserts: the address lies in one of
  /// its domains, or it names none and is the only provider. Otherwise a second provider could make
  /// anyone a member of anything.
  boolean emailCounts(String provider, String email) {
    int at = email.lastIndexOf('@');
    IdentityProvider configured = providers.get(provider);
    if (at < 0 || configured == null) {
      return false;
    }
    return configured.domains().isEmpty()
        ? providers.size() == 1
        : configured.domains().contains(email.substring(at + 1));
  }

  /// The application of a host and port, or the one that stands for none.
  CompiledApplication application(String host, int port, Transport transport) {
    return entry(host).withPort(port, transport, nowhere);
  }

  /// The applications of a host's most specific pattern, or an entry that stands for none.
  HostEntry entry(String host) {
    HostEntry found = lookUp(host);
    return found == null ? nowhereEntry : found;
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

  /// Whether a name lies below one of our domains.
  boolean isBelowOurDomains(String name) {
    for (String domain : configuration.domains()) {
      if (name.length() > domain.length()
          && name.endsWith(domain)
          && name.charAt(name.length() - domain.length() - 1) == '.') {
        return true;
      }
    }
    return false;
  }
}
